import type { ColumnStatistics, Statistics, TableStatistics } from "../model/statistics.ts";

/** Statistics by address; everything is undefined where no server was asked. */
export interface StatisticsIndex {
  table(schema: string | null, table: string): TableStatistics | undefined;
  column(schema: string | null, table: string, column: string): ColumnStatistics | undefined;
  /**
   * Whether some table has rows in earnest. Where none has, this is a database to develop or test with, and
   * a small table says nothing about the real one.
   */
  readonly inEarnest: boolean;
}

/** More rows than people make for a test by hand. */
const ROWS_IN_EARNEST = 100_000;

/** Makes lookups constant. Linear in the number of columns. */
export function indexStatistics(statistics: Statistics | null): StatisticsIndex {
  const tables = new Map(statistics?.tables.map((each) => [JSON.stringify([each.schema, each.table]), each]));
  const columns = new Map(
    statistics?.columns.map((each) => [JSON.stringify([each.schema, each.table, each.column]), each]),
  );
  return {
    table: (schema, table) => tables.get(JSON.stringify([schema, table])),
    inEarnest: (statistics?.tables ?? []).some((each) => (each.rows ?? 0) >= ROWS_IN_EARNEST),
    column: (schema, table, column) => columns.get(JSON.stringify([schema, table, column])),
  };
}
