import type { ColumnDistribution } from "./planner-statistics.ts";

/** A text column of which nothing is known, but for what is said. */
export function distribution(parts: Partial<ColumnDistribution>): ColumnDistribution {
  return {
    schema: "public",
    relation: "t",
    column: "c",
    type: "text",
    inherited: false,
    nullShare: 0,
    width_bytes: 8,
    distinct: -1,
    common: null,
    histogram: null,
    correlation: null,
    elements: null,
    elementCounts: null,
    rangeBounds: null,
    rangeLengths: null,
    rangeEmptyShare: null,
    ...parts,
  };
}
