import { postgres } from "../../engines/postgres/dialect.ts";
import type { RelationSize } from "../../model/planner-statistics.ts";
import type { QueryPlan } from "../../model/query-plan.ts";
import type { WorkloadQuery } from "../../model/workload.ts";
import { candidatesFor } from "../../tune/candidates/candidates.ts";
import type { Candidates } from "../../tune/candidates/candidates.ts";
import { relevantIndexes } from "../../tune/candidates/relevance.ts";
import { extendsIndex } from "../../tune/extends-index.ts";
import { select } from "../../tune/selection/select.ts";
import type { Selection, WeighedQuery } from "../../tune/selection/selection.ts";
import { upkeepOf } from "../../tune/selection/upkeep.ts";
import { weightsOf, writesOf } from "../../tune/weights.ts";
import type { TriedIndex, WhatIf } from "../../tune/what-if.ts";
import { solveProgram } from "../what-if/solver.ts";
import type { Situation } from "./situation.ts";

/** What bounds the choice. */
export interface ChoiceLimits {
  /** Bytes that new indexes may take together; null for no limit. */
  readonly budget_bytes: number | null;
  /** Whether each index has to be worth its size (see `tune/selection/worth.ts`), whatever room there is. */
  readonly worthOnly: boolean;
  /** What the choice of indexes may take. */
  readonly timeLimit_ms: number;
  /** What a unit of writing counts against one of reading: 1 as the planner's costs are. */
  readonly writeWeight: number;
  readonly signal: AbortSignal;
}

/** What was thought of, what became of it on the twin, and what was chosen. */
export interface IndexChoice {
  readonly found: Candidates;
  readonly refused: readonly { readonly what: string; readonly why: string }[];
  readonly queries: readonly WeighedQuery[];
  readonly selection: Selection;
}

/** Thinks of indexes for the queries, makes them on the twin and chooses among them. */
export async function chooseIndexes(
  situation: Situation,
  queries: readonly WorkloadQuery[],
  whatIf: WhatIf,
  limits: ChoiceLimits,
): Promise<IndexChoice> {
  const { catalog, view, statistics, searchPath } = situation;
  const { costs, plans } = await asIs(whatIf, queries);
  const found = await candidatesFor(queries, catalog, { dialect: postgres, searchPath, statistics, plans });
  const { tried, refused } = await made(whatIf, found);
  const weights = weightsOf(queries, costs);
  const writes = await writesOf(queries, view, weights);
  const rows = new Map(statistics.relations.map((one) => [JSON.stringify([one.schema, one.name]), one.rows]));
  const upkeep = upkeepOf(writes, tried, whatIf.existing, {
    tableRows: (schema, table) => rows.get(JSON.stringify([schema, table])) ?? null,
    versionNumber: statistics.versionNumber,
    writeWeight: limits.writeWeight,
  });
  const demands = new Map(found.demands.map((one) => [one.query, one.demands]));
  const weighed = queries.map((query): WeighedQuery => ({
    id: query.id,
    weight: weights.get(query.id) ?? 1,
    executions: executionsOf(query),
    candidates: relevantIndexes(demands.get(query.id) ?? [], tried),
  }));
  const { budget_bytes, worthOnly, timeLimit_ms, signal } = limits;
  const worth = worthOnly
    ? { databaseBytes: bytesOf(statistics.relations), freed: freedBy(tried, whatIf.existing) }
    : {};
  const selection = await select({ queries: weighed, candidates: tried, budget_bytes, upkeep, ...worth }, whatIf, {
    solve: solveProgram,
    timeLimit_ms,
    now: () => performance.now(),
    signal,
  });
  return { found, refused, queries: weighed, selection };
}

// What `find-drops` will most likely let go once a candidate is there.
function freedBy(candidates: readonly TriedIndex[], existing: readonly TriedIndex[]): ReadonlyMap<string, number> {
  // What another index that is there makes needless is no gain of a new one.
  const loose = existing.filter(
    ({ index }) =>
      !index.unique && index.constraint === null && !existing.some((other) => extendsIndex(other.index, index)),
  );
  return new Map(
    candidates.map(({ id, index }) => [
      id,
      loose.reduce((sum, one) => sum + (extendsIndex(index, one.index) ? one.bytes : 0), 0),
    ]),
  );
}

const PAGE_BYTES = 8192;

const bytesOf = (relations: readonly RelationSize[]): number =>
  relations.reduce(
    (sum, { kind, pages, toastPages }) =>
      kind === "foreign table" ? sum : sum + Math.max(0, pages + toastPages) * PAGE_BYTES,
    0,
  );

// Without values the plan of a prepared statement is all there is; what the application prepares may get that, too.
function executionsOf({ text, executions, prepared }: WorkloadQuery): WorkloadQuery["executions"] {
  const [first] = executions;
  if (first === undefined) return [{ sql: text, values: [] }];
  return prepared && first.values.length > 0 ? [...executions, { sql: first.sql, values: [] }] : executions;
}

interface Made {
  readonly tried: readonly TriedIndex[];
  readonly refused: IndexChoice["refused"];
}

async function made(whatIf: WhatIf, { candidates }: Candidates): Promise<Made> {
  const outcomes = await whatIf.make(candidates.map(({ index }) => index));
  return {
    tried: outcomes.flatMap((outcome) => (outcome.ok ? [outcome.tried] : [])),
    refused: outcomes.flatMap((outcome, place) =>
      outcome.ok ? [] : [{ what: candidates[place]?.index.definition ?? "an index", why: outcome.why }],
    ),
  };
}

interface AsIs {
  /** Mean of a query's executions, by its id. */
  readonly costs: ReadonlyMap<string, number>;
  /** Of a query's first execution: its filters and sorts stand there also where its text hides them. */
  readonly plans: ReadonlyMap<string, QueryPlan>;
}

async function asIs(whatIf: WhatIf, queries: readonly WorkloadQuery[]): Promise<AsIs> {
  const there = new Set(whatIf.existing.map(({ id }) => id));
  const costs = new Map<string, number>();
  const plans = new Map<string, QueryPlan>();
  for (const query of queries) {
    const outcomes = await whatIf.plans(executionsOf(query), there);
    const planned = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value] : []));
    const [first] = planned;
    if (first === undefined) continue;
    plans.set(query.id, first.plan);
    costs.set(query.id, planned.reduce((sum, { cost }) => sum + cost, 0) / planned.length);
  }
  return { costs, plans };
}
