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
import type { Situation } from "./situation.ts";

/** Whether and how far advice is measured on rows. */
export interface MeasureLimits {
  /** Rows that are drawn from statistics, at most; null: only the source's own rows are measured on; 0: nothing is. */
  readonly rowsMax: number | null;
  /** What running queries may take, all together. */
  readonly measure_ms: number;
}

/** What measuring needs besides the advice. */
export interface AdviceToMeasure extends MeasureLimits {
  readonly situation: Situation;
  readonly selection: Selection;
  readonly queries: readonly WorkloadQuery[];
  readonly server: TwinServer;
}

/**
 * Advice with what was measured of it on a twin with rows, where that is wanted and there is something to measure; as
 * it was else, with a note where no rows could be made. Throws the signal's reason, and errors of the connection.
 */
export async function measuredAdvice(
  advice: Advice,
  { situation, selection, queries, server, rowsMax, measure_ms }: AdviceToMeasure,
  { signal, progress }: Pick<ActionContext, "signal" | "progress">,
): Promise<{ readonly advice: Advice; readonly notes: readonly string[] }> {
  const wanted = rowsMax === null ? situation.rowsDatabase !== null : rowsMax > 0;
  if (!wanted || advice.indexes.length + advice.rewrites.length === 0) return { advice, notes: [] };
  const byId = new Map(queries.map((query) => [query.id, query]));
  const request: MeasureRequest = {
    situation,
    server,
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
    options: { rowsMax: rowsMax ?? 0, time_ms: measure_ms, signal, progress },
  };
  let measured: Measurements;
  try {
    measured = await measure(request);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DbwrightError) && !isSqlState((error as { code?: unknown }).code)) throw error;
    // What was found without rows holds all the same.
    return { advice, notes: [`nothing was measured on rows: ${(error as Error).message}`] };
  }
  return { advice: withMeasurements(advice, measured), notes: measured.notes };
}
