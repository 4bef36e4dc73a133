import type { TableVolume } from "../model/design.ts";
import { columnOf, tenantColumn } from "./draft.ts";
import type { Draft, DraftTable } from "./draft-model.ts";

// A tuple has a header of 23 bytes padded to 24 and a line pointer of 4 in its page (PostgreSQL manual,
// "Database Page Layout"); values are padded to multiples of up to 8, here taken as two bytes each.
const TUPLE_BYTES = 28;
const PADDING_BYTES = 2;

/** Average bytes of a row with its header: stated, or the sum of its columns' average widths. */
export function rowBytes(table: DraftTable): number {
  if (table.volume.row_bytes !== null) return table.volume.row_bytes;
  const values = table.columns.reduce((sum, column) => sum + column.width_bytes * (column.notNull ? 1 : 0.6), 0);
  return Math.round(TUPLE_BYTES + values + table.columns.length * PADDING_BYTES);
}

/** The volume of every table, partitions apart. */
export function tableVolumes(draft: Draft): readonly TableVolume[] {
  const tenant = tenantColumn(draft);
  return draft.tables.map((table) => ({
    schema: table.schema,
    table: table.name,
    now_rows: table.volume.now_rows,
    per_month_rows: table.volume.per_month_rows,
    horizon_rows: table.volume.horizon_rows,
    row_bytes: rowBytes(table),
    largest_tenant_share:
      tenant !== null && columnOf(table, tenant) !== undefined ? (draft.brief.tenancy?.largestShare ?? null) : null,
    skew: table.volume.skew,
    standing: table.volume.standing,
  }));
}

/** Rows of one table that the largest tenant holds at the horizon; all of them where there is no tenant column. */
export function tenantRows(draft: Draft, table: DraftTable): number {
  const tenant = tenantColumn(draft);
  if (tenant === null || columnOf(table, tenant) === undefined) return table.volume.horizon_rows;
  return Math.ceil(table.volume.horizon_rows * (draft.brief.tenancy?.largestShare ?? 0.2));
}
