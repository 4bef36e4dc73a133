import type { DropAdvice } from "../model/advice.ts";
import type { IndexObject } from "../model/catalog.ts";
import type { CatalogView } from "../model/catalog-view.ts";
import type { Finding } from "../model/finding.ts";
import { verdictOf } from "../model/proof.ts";
import type { Proof, ProofStep } from "../model/proof.ts";
import { refKey } from "../model/ref.ts";
import type { Dialect } from "../model/statement.ts";
import { extendsIndex, sameKey } from "./extends-index.ts";
import type { ChosenIndex, WeighedQuery } from "./selection/selection.ts";
import type { TriedIndex, WhatIf } from "./what-if.ts";

/** What advice on dropping rests on. */
export interface DropFacts {
  readonly view: CatalogView;
  readonly dialect: Dialect;
  readonly whatIf: WhatIf;
  readonly queries: readonly WeighedQuery[];
  /** Indexes that are advised, which are taken to be there. */
  readonly chosen: readonly ChosenIndex[];
  /** What the rules of the catalog found: duplicates, prefixes of others, and what counters say was never read. */
  readonly findings: readonly Finding[];
  readonly twin: Proof["twin"];
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** Drops, and those that were considered and cost too much. */
export interface Drops {
  readonly drops: readonly DropAdvice[];
  readonly notAdvised: readonly { readonly what: string; readonly why: string }[];
}

const CAUSES: Readonly<Record<string, DropAdvice["cause"]>> = {
  "duplicate-index": "duplicate",
  "redundant-prefix-index": "redundant-prefix",
  "unused-index": "unused",
};
/** A query may get this much dearer by a drop: what an index that is a little wider costs to read. */
const DEARER_MAX = 1.05;

interface Proposal {
  readonly tried: TriedIndex;
  readonly cause: DropAdvice["cause"];
  readonly reason: string;
  readonly by?: string;
}

/**
 * Which existing indexes can go: those that a rule found, and those that an advised index makes needless. Each is
 * taken away on the twin, one after the other, and every query is planned without it: a drop that makes one dearer is
 * not advised, with the query's number of times. What stands behind a constraint, what a foreign key rests on and the
 * only index that begins with a foreign key's columns stay.
 */
export async function dropAdvice(facts: DropFacts): Promise<Drops> {
  const { whatIf, queries, chosen, view, dialect } = facts;
  const present = new Set([...whatIf.existing, ...chosen.map(({ tried }) => tried)].map(({ id }) => id));
  const drops: DropAdvice[] = [];
  // Those that went because others find the same rows.
  const served: IndexObject[] = [];
  const notAdvised: { what: string; why: string }[] = [];
  let before = await costsOf(whatIf, queries, present);
  for (const { tried, cause, reason, by } of proposals(facts)) {
    const why = whyKept(tried, present, facts) ?? whyNeeded(tried, present, served, facts);
    if (why !== null) {
      notAdvised.push({ what: `drop ${tried.id}`, why });
      continue;
    }
    const without = new Set([...present].filter((id) => id !== tried.id));
    const after = await costsOf(whatIf, queries, without);
    const worst = worstOf(before, after);
    if (worst !== null && worst.times > DEARER_MAX) {
      notAdvised.push({
        what: `drop ${tried.id}`,
        why: `${reason}; but query ${worst.id} gets ${worst.times.toFixed(2)} times dearer without it`,
      });
      continue;
    }
    present.delete(tried.id);
    before = after;
    if (cause !== "unused") served.push(tried.index);
    drops.push({
      schema: tried.index.schema ?? "",
      name: tried.index.name,
      sql: dialect
        .change({ type: "drop", object: tried.index }, view.catalog)
        .map(({ sql }) => sql)
        .join(";\n"),
      bytes: tried.bytes,
      reason,
      cause,
      ...(by === undefined ? {} : { by }),
      proof: proofOf(tried, queries.length, worst, facts),
    });
  }
  return { drops, notAdvised };
}

function proposals({ findings, whatIf, chosen }: DropFacts): readonly Proposal[] {
  const existing = new Map(whatIf.existing.map((tried) => [refKey(tried.index), tried]));
  const found = new Map<string, Proposal>();
  for (const { rule, ref, message } of findings) {
    const cause = CAUSES[rule];
    const tried = existing.get(refKey(ref));
    if (cause !== undefined && tried !== undefined && !found.has(tried.id))
      found.set(tried.id, { tried, cause, reason: message });
  }
  for (const { tried: added } of chosen) {
    for (const tried of whatIf.existing) {
      if (found.has(tried.id) || !beginsWith(added.index, tried.index)) continue;
      const reason = `${added.id}, which is advised, begins with its keys and finds the same rows`;
      found.set(tried.id, { tried, cause: "replaced", reason, by: added.id });
    }
  }
  return [...found.values()];
}

// Only a B-tree finds rows by its first keys alone as well as a shorter one does.
const beginsWith = (wide: IndexObject, narrow: IndexObject): boolean =>
  wide.method === "btree" && extendsIndex(wide, narrow);

// Why an index stays whatever plans say; null when it may go.
function whyKept({ index }: TriedIndex, present: ReadonlySet<string>, facts: DropFacts): string | null {
  const { view, whatIf, chosen } = facts;
  if (index.constraint !== null) return `it stands behind the constraint ${index.constraint}`;
  if (index.unique) return "it keeps values unique";
  if (index.replicaIdentity === true) return "it identifies changed rows to subscribers";
  if (index.clustered === true) return "CLUSTER orders its table by it";
  const needed = view.of("constraint").find(({ dependsOn }) => dependsOn.includes(refKey(index)));
  if (needed !== undefined) return `the constraint ${needed.name} of ${needed.table} rests on it`;
  const others = [...whatIf.existing, ...chosen.map(({ tried }) => tried)].filter(
    (one) =>
      present.has(one.id) &&
      one.index !== index &&
      one.index.schema === index.schema &&
      one.index.table === index.table,
  );
  for (const { type, columns, name } of view.table(index.schema, index.table ?? "")?.constraints ?? []) {
    if (type !== "foreign key" || !helps(index, columns)) continue;
    if (!others.some((other) => helps(other.index, columns)))
      return `it is the only index that serves the foreign key ${name} when rows are deleted that it refers to`;
  }
  return null;
}

// A dropped index's queries need not be in the workload: what took its place has to stay.
function whyNeeded(
  { id, index }: TriedIndex,
  present: ReadonlySet<string>,
  served: readonly IndexObject[],
  { whatIf, chosen }: DropFacts,
): string | null {
  const others = [...whatIf.existing, ...chosen.map(({ tried }) => tried)].filter(
    (one) => one.id !== id && present.has(one.id),
  );
  const alone = served.find((gone) => covers(index, gone) && !others.some((other) => covers(other.index, gone)));
  return alone === undefined ? null : `it stands in for ${alone.schema}.${alone.name}, which is dropped`;
}

const covers = (wide: IndexObject, narrow: IndexObject): boolean =>
  beginsWith(wide, narrow) ||
  (wide.schema === narrow.schema &&
    wide.table === narrow.table &&
    wide.method === narrow.method &&
    wide.predicate === narrow.predicate &&
    wide.keys.length === narrow.keys.length &&
    wide.keys.every((key, at) => sameKey(key, narrow.keys[at])));

function helps(index: IndexObject, columns: readonly string[]): boolean {
  const first = new Set(index.keys.slice(0, columns.length).map((key) => key.column));
  return index.predicate === null && columns.every((column) => first.has(column));
}

async function costsOf(
  whatIf: WhatIf,
  queries: readonly WeighedQuery[],
  seen: ReadonlySet<string>,
): Promise<ReadonlyMap<string, number>> {
  const costs = new Map<string, number>();
  for (const { id, executions } of queries) {
    const outcomes = await whatIf.plans(executions, seen);
    const known = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value.cost] : []));
    if (known.length > 0 && known.length === outcomes.length)
      costs.set(id, known.reduce((sum, cost) => sum + cost, 0) / known.length);
  }
  return costs;
}

interface Worst {
  readonly id: string;
  readonly times: number;
}

// The query that gets dearest; one that can no longer be planned (ON CONFLICT without its index) beyond all.
function worstOf(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Worst | null {
  let worst: Worst | null = null;
  for (const [id, cost] of before) {
    const now = after.get(id);
    const times = now === undefined ? Infinity : now / Math.max(cost, Number.MIN_VALUE);
    if (worst === null || times > worst.times) worst = { id, times };
  }
  return worst;
}

function proofOf({ id }: TriedIndex, queries: number, worst: Worst | null, { twin, at }: DropFacts): Proof {
  const claim = `no query of the workload needs ${id}`;
  const step: ProofStep =
    worst === null
      ? {
          id: "without",
          claim,
          verdict: "not-run",
          standing: "not proved",
          observed: "no query of the workload could be planned",
          duration_ms: 0,
        }
      : {
          id: "without",
          claim,
          verdict: "proved",
          standing: "estimated",
          observed: `each of ${queries} queries was planned without it; the worst costs ${worst.times.toFixed(2)} times what it did`,
          figures: { queries, dearest_times: worst.times.toFixed(4) },
          duration_ms: 0,
        };
  return { claim, twin, steps: [step], verdict: verdictOf([step]), at, duration_ms: 0 };
}
