import { columnOf } from "./draft.ts";
import type { DraftTable } from "./draft-model.ts";

/** Estimated bytes of an index at the horizon: 8 bytes of tuple header, 4 of line pointer, pages nine tenths full. */
export function indexBytes(table: DraftTable, columns: readonly string[], rows: number): number {
  const width = columns.reduce((sum, column) => sum + (columnOf(table, column)?.width_bytes ?? 16), 0);
  return Math.round((rows * (8 + 4 + Math.ceil(width / 8) * 8)) / 0.9);
}
