import { postgres } from "../../engines/postgres/dialect.ts";
import type { ActionContext } from "../../model/action.ts";
import type { Advice, IndexAdvice } from "../../model/advice.ts";
import type { Catalog, IndexObject } from "../../model/catalog.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import type { PlannerStatistics } from "../../model/planner-statistics.ts";
import { silentProgress } from "../../model/progress.ts";
import type { Progress } from "../../model/progress.ts";
import type { Proof } from "../../model/proof.ts";
import type { WorkloadPattern, WorkloadQuery } from "../../model/workload.ts";
import { indexAdvice } from "../../tune/advise-indexes.ts";
import type { Drops } from "../../tune/drops.ts";
import type { Selection } from "../../tune/selection/selection.ts";
import type { RewriteSuggestion } from "../../tune/rewrites/suggestions.ts";
import type { WhatIf } from "../../tune/what-if.ts";
import { patternsOf } from "../../tune/workload/patterns.ts";
import { LazyServer } from "../lazy-server.ts";
import { buildTwin } from "../open/build-twin.ts";
import type { TwinServer } from "../server.ts";
import { openWhatIf } from "../what-if/what-if.ts";
import { chooseIndexes } from "./choose-indexes.ts";
import type { ChoiceLimits, IndexChoice } from "./choose-indexes.ts";
import { findDrops } from "./find-drops.ts";
import { indexStatements } from "./index-plan.ts";
import { measuredAdvice, rowsAtHand } from "./measure-advice.ts";
import type { MeasureLimits } from "./measure-advice.ts";
import { plannedQueries } from "./planned.ts";
import { readSituation } from "./situation.ts";
import type { Situation, SituationRequest } from "./situation.ts";
import { suggest } from "./suggest.ts";
import type { Suggested } from "./suggest.ts";
import { trySettings } from "./try-settings.ts";
import type { TriedSettings } from "./try-settings.ts";
import { withoutRefuted } from "./withdraw.ts";
import { tryRewrites } from "./try-rewrites.ts";
import type { RewriteTrial, TriedRewrites } from "./try-rewrites.ts";

/** What is wanted of the advice. */
export interface TuneRequest extends SituationRequest, Omit<ChoiceLimits, "signal">, MeasureLimits {}

/** Advice with what it was made from. */
export interface Tuned {
  /** The source's schema, which the advice is for. */
  readonly catalog: Catalog;
  readonly advice: Advice;
  readonly patterns: readonly WorkloadPattern[];
  /** Ways of asking otherwise that cannot be tried. */
  readonly suggestions: readonly RewriteSuggestion[];
  readonly queries: readonly WorkloadQuery[];
  readonly workload: {
    readonly source: string;
    readonly span_s: number | null;
    readonly leftOut: Situation["workload"]["leftOut"];
  };
  readonly selection: Pick<Selection, "unplanned" | "spared" | "time_ms" | "asked" | "finished">;
  readonly candidates: number;
  readonly notes: readonly string[];
}

/** Queries that are planned, the costliest first: each takes some milliseconds for each choice that is tried. */
const QUERIES_MAX = 200;

/** What trying rewrites may take. */
const REWRITES_MS_MAX = 20_000;

/** What running queries for their plans with rows may take, and trying what they lead to as much again. */
const SETTINGS_MS_MAX = 20_000;

/**
 * Reads a database and its workload, and tries on a twin with production's statistics what would help. The database
 * is only read. Throws `invalid` (exit 2), `unavailable` (exit 3), or the signal's reason; the twin is gone whatever
 * happens.
 */
export async function tune(request: TuneRequest, context: ActionContext): Promise<Tuned> {
  const lazy = new LazyServer({ engine: request.engine }, context);
  try {
    const situation = await readSituation(request, lazy, context);
    for (const note of situation.notes) context.progress.note(note);
    return await adviseOn(situation, request, await lazy.open(situation.catalog), context);
  } finally {
    await lazy.close();
  }
}

async function adviseOn(
  situation: Situation,
  request: TuneRequest,
  server: TwinServer,
  { signal, progress }: ActionContext,
): Promise<Tuned> {
  const { catalog, statistics, workload, searchPath, view } = situation;
  const { database, notes: built } = await buildTwin(server, { catalog, statistics }, { signal, progress });
  const whatIf = await openWhatIf(database, server, catalog, {
    searchPath: searchPath.map((name) => postgres.ident(name)).join(", "),
  });
  try {
    const queries = workload.queries.filter(({ verb }) => verb !== "other").slice(0, QUERIES_MAX);
    const { version, description } = server;
    const twin: Proof["twin"] = { engine: "postgres", version, depth: "stats", server: description };
    const choosing = progress.start(`choosing indexes for ${queries.length} queries`);
    const choice = await chooseIndexes(situation, queries, whatIf, { ...request, signal });
    const drops = await findDrops(situation, choice, whatIf, twin);
    choosing.done(`${choice.selection.chosen.length} of ${choice.found.candidates.length} candidates`);
    const rewrites = await rewritesOf({ situation, queries, choice, whatIf, twin, signal }, server, progress);
    const present = presentIn(whatIf, choice.selection);
    const suggested = await suggest(situation, plannable(queries, choice.selection));
    const scripts = await scriptsOf(choice.selection, catalog);
    const { rows, notes: unmade } = await rowsAtHand(situation, server, request, { signal, progress });
    try {
      const settings = await trySettings({
        situation,
        queries,
        plans: await plannedQueries(whatIf, queries, present),
        advised: choice.selection.chosen.map(({ tried }) => tried.index),
        rows,
        twin: rows === null ? twin : { ...twin, depth: "rows" },
        signal,
        time_ms: SETTINGS_MS_MAX,
        limit_ms: SETTINGS_MS_MAX / 4,
      });
      const estimated = adviceOf(situation, request, {
        choice,
        drops,
        rewrites,
        settings,
        suggested,
        queries,
        twin,
        scripts,
      });
      const toMeasure = { ...request, situation, selection: choice.selection, queries, server, rows };
      const { advice: measured, notes } = await measuredAdvice(estimated, toMeasure, { signal, progress });
      const advice = await withoutRefuted(measured, { situation, choice, whatIf, twin });
      return {
        catalog,
        advice,
        patterns: await patternsOf(workload, view),
        suggestions: suggested.suggestions,
        queries,
        workload: { source: workload.source, span_s: workload.span_s, leftOut: leftOutOf(situation, queries.length) },
        selection: choice.selection,
        candidates: choice.found.candidates.length,
        notes: [...situation.notes, ...built, ...unmade, ...notes],
      };
    } finally {
      await rows?.database.drop().catch(() => {});
    }
  } finally {
    await whatIf.close();
  }
}

function plannable(queries: readonly WorkloadQuery[], { unplanned }: Selection): readonly WorkloadQuery[] {
  const refused = new Set(unplanned.map(({ id }) => id));
  return queries.filter(({ id }) => !refused.has(id));
}

// Ids of the indexes that are there once the advice is followed.
const presentIn = ({ existing }: WhatIf, { chosen }: Selection): ReadonlySet<string> =>
  new Set([...existing, ...chosen.map(({ tried }) => tried)].map(({ id }) => id));

async function scriptsOf({ chosen }: Selection, catalog: Catalog): Promise<ReadonlyMap<IndexObject, string>> {
  const scripts = new Map<IndexObject, string>();
  for (const { tried } of chosen) scripts.set(tried.index, (await indexStatements(tried.index, catalog)).join(";\n"));
  return scripts;
}

// Answers are compared in a database of its own, whose tables are as small as they look.
async function rewritesOf(
  trial: Omit<RewriteTrial, "session" | "time_ms">,
  server: TwinServer,
  progress: Progress,
): Promise<TriedRewrites> {
  const { catalog } = trial.situation;
  const { database } = await buildTwin(
    server,
    { catalog, statistics: null },
    { signal: trial.signal, progress: silentProgress },
  );
  const session = await database.connect("owner");
  const task = progress.start("trying rewrites");
  try {
    const tried = await tryRewrites({ ...trial, session, time_ms: REWRITES_MS_MAX });
    task.done(`${tried.rewrites.length} offered`);
    return tried;
  } finally {
    await session.close();
    await database.drop();
  }
}

function leftOutOf({ workload }: Situation, planned: number): Situation["workload"]["leftOut"] {
  const more = workload.queries.length - planned;
  if (more <= 0) return workload.leftOut;
  const what = "statements that cost least";
  return [...workload.leftOut, { what, why: `only the ${QUERIES_MAX} costliest are planned`, count: more }];
}

interface Outcome {
  readonly choice: IndexChoice;
  readonly drops: Drops;
  readonly rewrites: TriedRewrites;
  readonly settings: TriedSettings;
  readonly suggested: Suggested;
  readonly queries: readonly WorkloadQuery[];
  readonly twin: Proof["twin"];
  /** The statements that build each index. */
  readonly scripts: ReadonlyMap<IndexObject, string>;
}

function adviceOf({ statistics, view, unseen }: Situation, request: TuneRequest, outcome: Outcome): Advice {
  const { choice, drops, rewrites, settings, suggested, queries, twin, scripts } = outcome;
  const { selection, found, refused } = choice;
  const byId = new Map(queries.map((query) => [query.id, query]));
  const indexes = indexAdvice({
    selection,
    candidates: found.candidates,
    queries: byId,
    relations: statistics.relations,
    unknown: ({ tried }) => unknownColumns(tried.index, statistics, view),
    ddl: ({ tried }) => scripts.get(tried.index) ?? tried.index.definition,
    twin,
    at: new Date().toISOString(),
  });
  const unread = [...selection.unplanned.map(({ id, why }) => ({ query: id, why })), ...found.unread];
  return {
    indexes: indexes.map((one) => ({
      ...one,
      replaces: drops.drops.filter(({ by }) => by === nameOf(one)).map(({ schema, name }) => `${schema}.${name}`),
    })),
    drops: drops.drops,
    rewrites: rewrites.rewrites,
    settings: settings.settings,
    notAdvised: [
      ...refused,
      ...sparedOf(selection),
      ...drops.notAdvised,
      ...rewrites.notAdvised,
      ...settings.notAdvised,
      ...suggested.notAdvised,
    ],
    workload: {
      costBefore: selection.costBefore,
      costAfter: selection.costAfter,
      bound: selection.bound,
      strictBound: selection.strictBound,
      budget_bytes: request.budget_bytes,
    },
    unseen: [
      ...unseen,
      ...settings.unseen,
      ...unread.map(({ query, why }) => ({ what: queryName(byId.get(query), query), why })),
    ],
  };
}

// Of a partitioned table the statistics of its partitions do where it has none as a whole.
function unknownColumns(
  { schema, table, keys, include }: IndexObject,
  { columns }: PlannerStatistics,
  view: CatalogView,
): readonly string[] {
  const within = view.tables.flatMap(({ table: one }) =>
    one.partitionOf?.schema === schema && one.partitionOf.table === table ? [one] : [],
  );
  const tables = new Set([{ schema, name: table }, ...within].map((one) => JSON.stringify([one.schema, one.name])));
  const known = new Set(
    columns.flatMap((one) => (tables.has(JSON.stringify([one.schema, one.relation])) ? [one.column] : [])),
  );
  return [...keys.flatMap(({ column }) => column ?? []), ...include].filter((column) => !known.has(column));
}

// Without a budget: those that a budget would take.
function sparedOf({ spared }: Selection): readonly { readonly what: string; readonly why: string }[] {
  const percent = (share: number): string => `${(100 * share).toFixed(share < 0.01 ? 2 : 1)} %`;
  return (spared?.indexes ?? []).map(({ tried, gain, growth }) => ({
    what: tried.index.definition,
    why: `it would save ${percent(gain)} of the cost that is left, and make the database ${percent(growth)} larger`,
  }));
}

const nameOf = ({ index }: IndexAdvice): string => `${index.schema}.${index.name}`;

const NAME_LENGTH_MAX = 60;

// A statement with its constants taken away may be shown.
function queryName(query: WorkloadQuery | undefined, id: string): string {
  const text = (query?.text ?? id).replaceAll(/\s+/g, " ");
  const line = query?.origins[0]?.line ?? null;
  const place = line === null ? "" : ` (${query?.origins[0]?.where ?? ""}:${line})`;
  return `query ${text.length > NAME_LENGTH_MAX ? `${text.slice(0, NAME_LENGTH_MAX)}…` : text}${place}`;
}
