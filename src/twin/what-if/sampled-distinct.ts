import type { ColumnDistribution } from "../../model/planner-statistics.ts";
import type { DrawnValues } from "../stats-rows/drawn-values.ts";

/*
 * What a sample of values that were drawn, or computed from values that were, tells of the whole table.
 */

// Distinct values of the whole table as ANALYZE concludes from a sample (Haas and Stokes 1998, the estimator Duj1:
// nd / (n - f + fn/N) with f values met once).
function distinctIn(all: number, { present, values, once }: SampleCounts): number {
  return present === 0 ? 0 : Math.min(all, (present * values) / (present - once + (once * present) / all));
}

/** Values of a sample. */
export interface SampleCounts {
  /** Those that are not NULL. */
  readonly present: number;
  /** Different ones, and of these those that were met once. */
  readonly values: number;
  readonly once: number;
}

function countsOf(values: DrawnValues): SampleCounts {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  const times = [...counts.values()];
  return {
    present: times.reduce((sum, one) => sum + one, 0),
    values: times.length,
    once: times.filter((one) => one === 1).length,
  };
}

/**
 * Different values of an expression in a table of `all` rows, from those met in a sample (`counts`), computed over `drawn`
 * values of `columns`.
 */
export function wholeDistinct(
  all: number,
  counts: SampleCounts,
  columns: readonly ColumnDistribution[],
  drawn: readonly DrawnValues[],
): number {
  const distinct = distinctIn(all, counts);
  const [column, ...more] = columns;
  const [given] = drawn;
  if (column === undefined || given === undefined || more.length > 0 || column.distinct === 0) return distinct;
  // A part of documents that are all different is as likely to be one as to repeat.
  if (/^jsonb?$/.test(column.type) && counts.once === counts.present)
    return Math.min(all, Math.sqrt(counts.present ** 2 * all));
  // What was drawn twice by chance, or cannot be drawn anew, is not what the expression makes equal.
  const own = column.distinct < 0 ? -column.distinct * all : column.distinct;
  const input = countsOf(given);
  const missed = own / Math.max(1, distinctIn(all, input)) - 1;
  return Math.min(own, distinct * (1 + missed * Math.min(1, counts.once / Math.max(1, input.once))));
}
