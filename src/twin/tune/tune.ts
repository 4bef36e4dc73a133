import { postgres } from "../../engines/postgres/dialect.ts";
import type { ActionContext } from "../../model/action.ts";
import type { Advice } from "../../model/advice.ts";
import type { WorkloadPattern, WorkloadQuery } from "../../model/workload.ts";
import { indexAdvice } from "../../tune/advise-indexes.ts";
import { candidatesFor } from "../../tune/candidates/candidates.ts";
import type { Candidates } from "../../tune/candidates/candidates.ts";
import { relevantIndexes } from "../../tune/candidates/relevance.ts";
import { select } from "../../tune/selection/select.ts";
import type { Selection, WeighedQuery } from "../../tune/selection/selection.ts";
import { upkeepOf } from "../../tune/selection/upkeep.ts";
import { weightsOf, writesOf } from "../../tune/weights.ts";
import type { TriedIndex, WhatIf } from "../../tune/what-if.ts";
import { patternsOf } from "../../tune/workload/patterns.ts";
import { LazyServer } from "../lazy-server.ts";
import { buildTwin } from "../open/build-twin.ts";
import { solveProgram } from "../what-if/solver.ts";
import { openWhatIf } from "../what-if/what-if.ts";
import { readSituation } from "./situation.ts";
import type { Situation, SituationRequest } from "./situation.ts";

/** What is wanted of the advice. */
export interface TuneRequest extends SituationRequest {
  /** Bytes that new indexes may take together; null for no limit. */
  readonly budget_bytes: number | null;
  /** What the choice of indexes may take. */
  readonly timeLimit_ms: number;
  /** What a unit of writing counts against one of reading: 1 as the planner's costs are. */
  readonly writeWeight: number;
}

/** Advice with what it was made from. */
export interface Tuned {
  readonly advice: Advice;
  readonly patterns: readonly WorkloadPattern[];
  readonly queries: readonly WorkloadQuery[];
  readonly workload: {
    readonly source: string;
    readonly span_s: number | null;
    readonly leftOut: Situation["workload"]["leftOut"];
  };
  readonly selection: Pick<Selection, "bound" | "gap" | "time_ms" | "asked" | "finished">;
  readonly candidates: number;
  readonly notes: readonly string[];
}

/** Queries that are planned, the costliest first: each takes some milliseconds for each choice that is tried. */
const QUERIES_MAX = 200;

/**
 * Reads a database and its workload, and tries on a twin with production's statistics what would help. The database
 * is only read. Throws `invalid` (exit 2), `unavailable` (exit 3), or the signal's reason; the twin is gone whatever
 * happens.
 */
export async function tune(request: TuneRequest, context: ActionContext): Promise<Tuned> {
  const server = new LazyServer({ engine: request.engine }, context);
  try {
    const situation = await readSituation(request, server, context);
    for (const note of situation.notes) context.progress.note(note);
    return await adviseOn(situation, request, server, context);
  } finally {
    await server.close();
  }
}

async function adviseOn(
  situation: Situation,
  request: TuneRequest,
  lazy: LazyServer,
  context: ActionContext,
): Promise<Tuned> {
  const { catalog, statistics, workload, searchPath } = situation;
  const { signal, progress } = context;
  const server = await lazy.open(catalog);
  const { database, notes: built } = await buildTwin(server, { catalog, statistics }, { signal, progress });
  const whatIf = await openWhatIf(database, server, catalog, {
    searchPath: searchPath.map((name) => postgres.ident(name)).join(", "),
  });
  try {
    const queries = workload.queries.filter(({ verb }) => verb !== "other").slice(0, QUERIES_MAX);
    const found = await candidatesFor(queries, catalog, { dialect: postgres, searchPath, statistics });
    const choosing = progress.start(
      `choosing among ${found.candidates.length} candidate indexes for ${queries.length} queries`,
    );
    const { tried, refused } = await made(whatIf, found);
    const selection = await chosen({ situation, request, whatIf, queries, found, tried, signal });
    choosing.done(`${selection.chosen.length} chosen`);
    const notes = [...situation.notes, ...built];
    return {
      advice: adviceOf(situation, request, {
        found,
        selection,
        refused,
        queries,
        server: server.description,
        version: server.version,
      }),
      patterns: await patternsOf(workload, situation.view),
      queries,
      workload: { source: workload.source, span_s: workload.span_s, leftOut: leftOutOf(situation, queries.length) },
      selection,
      candidates: found.candidates.length,
      notes,
    };
  } finally {
    await whatIf.close();
  }
}

function leftOutOf({ workload }: Situation, planned: number): Situation["workload"]["leftOut"] {
  const more = workload.queries.length - planned;
  if (more <= 0) return workload.leftOut;
  return [
    ...workload.leftOut,
    { what: "statements that cost least", why: `only the ${QUERIES_MAX} costliest are planned`, count: more },
  ];
}

interface Made {
  readonly tried: readonly TriedIndex[];
  readonly refused: readonly { readonly what: string; readonly why: string }[];
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

interface Choice {
  readonly situation: Situation;
  readonly request: TuneRequest;
  readonly whatIf: WhatIf;
  readonly queries: readonly WorkloadQuery[];
  readonly found: Candidates;
  readonly tried: readonly TriedIndex[];
  readonly signal: AbortSignal;
}

async function chosen({ situation, request, whatIf, queries, found, tried, signal }: Choice): Promise<Selection> {
  const weights = weightsOf(queries, await costsOf(whatIf, queries));
  const writes = await writesOf(queries, situation.view, weights);
  const rows = new Map(situation.statistics.relations.map((one) => [JSON.stringify([one.schema, one.name]), one.rows]));
  const upkeep = upkeepOf(writes, tried, whatIf.existing, {
    tableRows: (schema, table) => rows.get(JSON.stringify([schema, table])) ?? null,
    versionNumber: situation.statistics.versionNumber,
    writeWeight: request.writeWeight,
  });
  const demands = new Map(found.demands.map((one) => [one.query, one.demands]));
  const weighed = queries.map((query): WeighedQuery => {
    const { id, text, executions } = query;
    const candidates = relevantIndexes(demands.get(id) ?? [], tried);
    // Without values the plan of a prepared statement is all there is.
    return {
      id,
      weight: weights.get(id) ?? 1,
      executions: executions.length > 0 ? executions : [{ sql: text, values: [] }],
      candidates,
    };
  });
  const { budget_bytes, timeLimit_ms } = request;
  return await select({ queries: weighed, candidates: tried, budget_bytes, upkeep }, whatIf, {
    solve: solveProgram,
    timeLimit_ms,
    now: () => performance.now(),
    signal,
  });
}

async function costsOf(whatIf: WhatIf, queries: readonly WorkloadQuery[]): Promise<ReadonlyMap<string, number>> {
  const there = new Set(whatIf.existing.map(({ id }) => id));
  const costs = new Map<string, number>();
  for (const { id, executions } of queries) {
    const outcomes = await whatIf.plans(executions, there);
    const planned = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value.cost] : []));
    if (planned.length > 0) costs.set(id, planned.reduce((sum, cost) => sum + cost, 0) / planned.length);
  }
  return costs;
}

interface Outcome {
  readonly found: Candidates;
  readonly selection: Selection;
  readonly refused: Made["refused"];
  readonly queries: readonly WorkloadQuery[];
  readonly server: string;
  readonly version: string;
}

function adviceOf({ catalog, statistics, unseen }: Situation, request: TuneRequest, outcome: Outcome): Advice {
  const { found, selection, refused, queries } = outcome;
  const byId = new Map(queries.map((query) => [query.id, query]));
  return {
    indexes: indexAdvice({
      selection,
      candidates: found.candidates,
      queries: byId,
      relations: statistics.relations,
      ddl: ({ tried }) =>
        postgres
          .change({ type: "create", object: tried.index }, catalog, "online")
          .map(({ sql }) => sql)
          .join(";\n"),
      twin: { engine: "postgres", version: outcome.version, depth: "stats", server: outcome.server },
      at: new Date().toISOString(),
    }),
    drops: [],
    rewrites: [],
    settings: [],
    notAdvised: refused,
    workload: {
      costBefore: selection.costBefore,
      costAfter: selection.costAfter,
      bound: selection.bound,
      budget_bytes: request.budget_bytes,
    },
    unseen: [
      ...unseen,
      ...[...selection.unplanned.map(({ id, why }) => ({ query: id, why })), ...found.unread].map(({ query, why }) => ({
        what: `query ${byId.get(query)?.origins[0]?.where ?? query}${lineOf(byId.get(query))}`,
        why,
      })),
    ],
  };
}

const lineOf = (query: WorkloadQuery | undefined): string => {
  const line = query?.origins[0]?.line ?? null;
  return line === null ? "" : `:${line}`;
};
