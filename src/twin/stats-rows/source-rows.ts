import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import type { PlannerStatistics, RelationSize } from "../../model/planner-statistics.ts";
import { qualified } from "../../sql/identifier.ts";
import { tableKey } from "../rows/order.ts";

/** Rows of a page where nothing ever counted them: rows of about 100 bytes with their header. */
const PAGE_ROWS = 60;

/**
 * Rows of each table of the source as its planner would take them: counted rows of a page times the pages there are
 * now; of a partitioned table those of its partitions. Tables that the statistics do not hold are told apart.
 */
export function sourceRowsOf(
  view: CatalogView,
  statistics: PlannerStatistics,
  roots: readonly TableView[],
): { readonly known: ReadonlyMap<string, number>; readonly unknown: readonly { table: string; why: string }[] } {
  const sizes = new Map(statistics.relations.map((size) => [tableKey(size.schema, size.name), size]));
  const parts = new Map<string, TableView["table"][]>();
  for (const { table } of view.tables) {
    if (table.partitionOf === null) continue;
    const key = tableKey(table.partitionOf.schema, table.partitionOf.table);
    parts.set(key, [...(parts.get(key) ?? []), table]);
  }
  const rowsOf = (table: TableView["table"]): number | null => {
    const key = tableKey(table.schema, table.name);
    if (table.partitionBy === null) {
      const size = sizes.get(key);
      return size === undefined ? null : currentRows(size);
    }
    const below = (parts.get(key) ?? []).map(rowsOf);
    return below.every((rows) => rows === null) ? null : below.reduce<number>((sum, rows) => sum + (rows ?? 0), 0);
  };
  const known = new Map<string, number>();
  const unknown: { table: string; why: string }[] = [];
  for (const { table } of roots) {
    const rows = rowsOf(table);
    if (rows !== null) known.set(tableKey(table.schema, table.name), Math.round(rows));
    else if (table.partitionBy === null || (parts.get(tableKey(table.schema, table.name)) ?? []).length > 0)
      unknown.push({ table: qualified(table.schema, table.name), why: "the statistics do not tell its size" });
  }
  return { known, unknown };
}

function currentRows({ rows, pages, countedPages }: RelationSize): number {
  if (rows < 0) return pages * PAGE_ROWS;
  return countedPages > 0 && pages > 0 ? (rows / countedPages) * pages : rows;
}
