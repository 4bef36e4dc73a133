import { isSqlState } from "../../engines/postgres/driver.ts";
import type { ActionContext } from "../../model/action.ts";
import type { Advice } from "../../model/advice.ts";
import { DbwrightError } from "../../model/error.ts";
import type { WorkloadQuery } from "../../model/workload.ts";
import { affectedQueries, rewriteKey, withMeasurements } from "../../tune/measured-advice.ts";
import type { Measurements } from "../../tune/measurements.ts";
import type { Selection } from "../../tune/selection/selection.ts";
import type { TwinServer } from "../server.ts";
import { indexStatements } from "./index-plan.ts";
import { measure } from "./measure.ts";
import type { MeasureRequest, TimedRewrite } from "./measure.ts";
import { rowsDatabase } from "./rows-database.ts";
import type { RowsDatabase } from "./rows-database.ts";
import type { Situation } from "./situation.ts";

/** Whether and how far advice is measured on rows. */
export interface MeasureLimits {
  /** Rows that are drawn from statistics, at most; null: only the source's own rows are measured on; 0: nothing is. */
  readonly rowsMax: number | null;
  /** What running queries may take, all together. */
  readonly measure_ms: number;
}

/** What measuring needs besides the advice. */
export interface AdviceToMeasure extends Pick<MeasureLimits, "measure_ms"> {
  readonly situation: Situation;
  readonly selection: Selection;
  readonly queries: readonly WorkloadQuery[];
  readonly server: TwinServer;
  /** Null: nothing is measured. */
  readonly rows: RowsDatabase | null;
}

/** A database with rows, for the caller to drop, where they are wanted and can be made. */
export interface RowsAtHand {
  readonly rows: RowsDatabase | null;
  /** Why there are none although they were wanted. */
  readonly notes: readonly string[];
}

/**
 * Makes rows to measure on, where that is wanted: advice that was found without them holds all the same where they
 * cannot be made. Throws the signal's reason, and errors of the connection.
 */
export async function rowsAtHand(
  situation: Situation,
  server: TwinServer,
  { rowsMax }: Pick<MeasureLimits, "rowsMax">,
  { signal, progress }: Pick<ActionContext, "signal" | "progress">,
): Promise<RowsAtHand> {
  const wanted = rowsMax === null ? situation.rowsDatabase !== null : rowsMax > 0;
  if (!wanted) return { rows: null, notes: [] };
  try {
    return { rows: await rowsDatabase(situation, server, { rowsMax: rowsMax ?? 0, signal, progress }), notes: [] };
  } catch (error) {
    signal.throwIfAborted();
    return { rows: null, notes: [notMeasured(error)] };
  }
}

// What was found without rows holds all the same.
function notMeasured(error: unknown): string {
  if (!(error instanceof DbwrightError) && !isSqlState((error as { code?: unknown }).code)) throw error;
  return `nothing was measured on rows: ${(error as Error).message}`;
}

/**
 * Advice with what was measured of it on rows, where there are some and there is something to measure; as it was else,
 * with a note. Throws the signal's reason, and errors of the connection.
 */
export async function measuredAdvice(
  advice: Advice,
  { situation, selection, queries, server, rows, measure_ms }: AdviceToMeasure,
  { signal, progress }: Pick<ActionContext, "signal" | "progress">,
): Promise<{ readonly advice: Advice; readonly notes: readonly string[] }> {
  if (rows === null || advice.indexes.length + advice.rewrites.length === 0) return { advice, notes: [] };
  const byId = new Map(queries.map((query) => [query.id, query]));
  const request: MeasureRequest = {
    situation,
    server,
    rows,
    indexes: await Promise.all(
      advice.indexes.map(async ({ index }) => ({ index, statements: await indexStatements(index, situation.catalog) })),
    ),
    drops: advice.drops,
    queries: affectedQueries(selection).flatMap((id) => byId.get(id) ?? []),
    rewrites: advice.rewrites.flatMap((one): TimedRewrite[] => {
      const before = (byId.get(one.query)?.executions ?? []).filter(({ sql }) => sql === one.before);
      if (before.length === 0) return [];
      return [{ id: rewriteKey(one), before, after: before.map(({ values }) => ({ sql: one.after, values })) }];
    }),
    options: { time_ms: measure_ms, signal, progress },
  };
  let measured: Measurements;
  try {
    measured = await measure(request);
  } catch (error) {
    signal.throwIfAborted();
    return { advice, notes: [notMeasured(error)] };
  }
  return { advice: withMeasurements(advice, measured), notes: measured.notes };
}
