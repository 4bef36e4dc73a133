import type { Session } from "../../engines/postgres/driver.ts";
import type { RewriteAdvice } from "../../model/advice.ts";
import type { Proof, ProofStep } from "../../model/proof.ts";
import { verdictOf } from "../../model/proof.ts";
import type { WorkloadQuery } from "../../model/workload.ts";
import { rewritingsOf } from "../../tune/rewrites/registry.ts";
import type { Equivalence } from "../../tune/rewrites/rewrite.ts";
import type { WhatIf } from "../../tune/what-if.ts";
import { tryEquivalent } from "../differential/differential.ts";
import type { IndexChoice } from "./choose-indexes.ts";
import type { Situation } from "./situation.ts";
import { rewriteContext } from "./suggest.ts";

/** What trying rewrites needs. */
export interface RewriteTrial {
  readonly situation: Situation;
  readonly queries: readonly WorkloadQuery[];
  readonly choice: IndexChoice;
  readonly whatIf: WhatIf;
  /** The owner's, in a database that holds the schema and no rows. */
  readonly session: Session;
  readonly twin: Proof["twin"];
  readonly signal: AbortSignal;
  readonly time_ms: number;
}

/** Rewrites to offer, and those that are not, with the reason. */
export interface TriedRewrites {
  readonly rewrites: readonly RewriteAdvice[];
  readonly notAdvised: readonly { readonly what: string; readonly why: string }[];
}

/** Queries that are looked at, the costliest first. */
const QUERIES_MAX = 50;
/** What a rewrite must save of a query's cost to be worth the change. */
const COST_SHARE_MAX = 0.9;

/**
 * Writes queries differently, and offers what is cheaper (with the advised indexes in place) and gave the same on
 * hundreds of small databases. What differs is not offered; the rows that show it are kept.
 */
export async function tryRewrites(trial: RewriteTrial): Promise<TriedRewrites> {
  const { situation, queries, choice, whatIf, signal } = trial;
  const configuration = new Set(
    [...whatIf.existing, ...choice.selection.chosen.map(({ tried }) => tried)].map(({ id }) => id),
  );
  const rewrites: RewriteAdvice[] = [];
  const notAdvised: { what: string; why: string }[] = [];
  const context = rewriteContext(situation);
  const until = performance.now() + trial.time_ms;
  for (const query of queries.slice(0, QUERIES_MAX)) {
    signal.throwIfAborted();
    if (query.verb !== "select") continue;
    const before = query.executions[0]?.sql ?? query.text;
    for (const one of await rewritingsOf(before, context)) {
      const costs = await costsOf(whatIf, query, one.after, configuration);
      if (costs === null || costs.after > costs.before * COST_SHARE_MAX) continue;
      const left_ms = until - performance.now();
      if (left_ms <= 0) {
        notAdvised.push({
          what: `${one.rule.id} of ${shortened(query.text)}`,
          why: "there was no time left to try it",
        });
        continue;
      }
      const found = await tryEquivalent(
        trial.session,
        situation.view,
        { before, after: one.after, ordered: one.ordered },
        { signal, time_ms: left_ms },
      );
      if (found.verdict === "equivalent-on-twin") rewrites.push(adviceOf(query, before, one, costs, found, trial));
      else notAdvised.push({ what: `${one.rule.id} of ${shortened(query.text)}`, why: whyNot(found) });
    }
  }
  return {
    rewrites: rewrites.toSorted((a, b) => b.costBefore - b.costAfter - (a.costBefore - a.costAfter)),
    notAdvised,
  };
}

type Rewritten = Awaited<ReturnType<typeof rewritingsOf>>[number];

interface Costs {
  readonly before: number;
  readonly after: number;
}

async function costsOf(
  whatIf: WhatIf,
  query: WorkloadQuery,
  after: string,
  configuration: ReadonlySet<string>,
): Promise<Costs | null> {
  const executions = query.executions.length > 0 ? query.executions : [{ sql: query.text, values: [] }];
  // A form with its constants written in has a rewriting of its own: the first stands for all.
  const own = executions.filter(({ sql }) => sql === executions[0]?.sql);
  const mean = async (
    all: readonly { readonly sql: string; readonly values: readonly (string | null)[] }[],
  ): Promise<number | null> => {
    const outcomes = await whatIf.plans(all, configuration);
    const costs = outcomes.map((outcome) => (outcome.ok ? outcome.value.cost : null));
    return costs.includes(null) || costs.length === 0
      ? null
      : costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0) / costs.length;
  };
  const [first, second] = [await mean(own), await mean(own.map(({ values }) => ({ sql: after, values })))];
  return first === null || second === null ? null : { before: first, after: second };
}

/** Beyond it the rows of a counterexample are counted only. */
const COUNTEREXAMPLE_CHARACTERS_MAX = 400;

/** Why a rewriting is not offered, with the made-up rows on which it differs where they are short enough to read. */
export function whyNot(found: Exclude<Equivalence, { verdict: "equivalent-on-twin" }>): string {
  if (found.verdict === "not-tried") return `it could not be tried: ${found.why}`;
  const { inserts, before, after, parameters = [] } = found.counterexample;
  const differs = `it is not the same: it differs on ${inserts.length} made-up ${inserts.length === 1 ? "row" : "rows"}`;
  const values = parameters.map((value, index) => ` with $${index + 1} = ${value === null ? "NULL" : `'${value}'`}`);
  const shown = `${inserts.join("; ")}${values.join(",")}`;
  if (shown.length > COUNTEREXAMPLE_CHARACTERS_MAX) return differs;
  return `${differs} (${shown}), where it gives ${rowsText(after)} instead of ${rowsText(before)}`;
}

const ROWS_SHOWN_MAX = 3;

function rowsText(rows: readonly string[]): string {
  if (rows.length === 0) return "no row";
  const more = rows.length - ROWS_SHOWN_MAX;
  return `${rows.slice(0, ROWS_SHOWN_MAX).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function adviceOf(
  query: WorkloadQuery,
  before: string,
  one: Rewritten,
  costs: Costs,
  found: Extract<Equivalence, { verdict: "equivalent-on-twin" }>,
  { twin }: RewriteTrial,
): RewriteAdvice {
  const steps: ProofStep[] = [
    {
      id: "same",
      claim: "both statements give the same rows",
      verdict: "proved",
      standing: "proved",
      observed: `the same on ${found.databases} small databases of adversarial rows, ${found.withRows} of them with an answer that has rows; that the preconditions hold was read from the schema`,
      figures: { databases: found.databases, databases_with_rows: found.withRows },
      duration_ms: 0,
    },
    {
      id: "cheaper",
      claim: "the planner expects it to be cheaper",
      verdict: "proved",
      standing: "estimated",
      observed: `cost ${costs.before.toFixed(1)} before, ${costs.after.toFixed(1)} after, the advised indexes in place`,
      duration_ms: 0,
    },
    {
      id: "time",
      claim: "it takes less time",
      verdict: "not-run",
      standing: "not proved",
      observed: "the twin holds no rows",
      duration_ms: 0,
    },
  ];
  const claim = `${one.rule.id} changes no answer and makes the query cheaper`;
  return {
    rule: one.rule.id,
    query: query.id,
    before,
    after: one.after,
    argument: `${one.argument}${one.preconditions.length === 0 ? "" : ` It rests on: ${one.preconditions.map(({ what, from }) => `${what} (${from})`).join("; ")}.`}`,
    costBefore: costs.before,
    costAfter: costs.after,
    msBefore: null,
    msAfter: null,
    proof: { claim, twin, steps, verdict: verdictOf(steps), at: new Date().toISOString(), duration_ms: 0 },
  };
}

const SHORT = 60;

function shortened(text: string): string {
  const flat = text.replaceAll(/\s+/g, " ");
  return flat.length > SHORT ? `${flat.slice(0, SHORT)}…` : flat;
}
