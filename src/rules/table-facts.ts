import type { ColumnStatistics, Statistics, TableStatistics } from "../model/statistics.ts";

/** Statistics by address; everything is undefined where no server was asked. */
export interface StatisticsIndex {
  table(schema: string | null, table: string): TableStatistics | undefined;
  column(schema: string | null, table: string, column: string): ColumnStatistics | undefined;
}

/** Makes lookups constant. Linear in the number of columns. */
export function indexStatistics(statistics: Statistics | null): StatisticsIndex {
  const tables = new Map(statistics?.tables.map((each) => [JSON.stringify([each.schema, each.table]), each]));
  const columns = new Map(
    statistics?.columns.map((each) => [JSON.stringify([each.schema, each.table, each.column]), each]),
  );
  return {
    table: (schema, table) => tables.get(JSON.stringify([schema, table])),
    column: (schema, table, column) => columns.get(JSON.stringify([schema, table, column])),
  };
}
