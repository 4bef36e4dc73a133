import type { DraftTable } from "./draft-model.ts";
import { rowBytes } from "./volumes.ts";

/** Up to how many rows at the horizon a table may be read whole by a query. */
export const SMALL_ROWS_MAX = 10_000;

// The planner's own arithmetic (costs of PostgreSQL 15 to 18: a page 1, a row 0.01, a condition 0.0025, a random
// page 4): below two random pages and a little, reading the whole table is cheaper than any index.
const INDEX_COST = 9;

/** Whether a table is so small that the planner reads it whole whatever indexes it has. */
export function wholeRead(table: DraftTable): boolean {
  const rows = table.volume.horizon_rows;
  const pages = Math.ceil((rows * rowBytes(table)) / 8192);
  return pages + rows * 0.0125 < INDEX_COST;
}
