import type { ColumnDistribution, PlannerStatistics } from "../../model/planner-statistics.ts";

/** What is known of one column; null parts are not known. */
export interface ColumnFigures {
  readonly distinct: number | null;
  readonly nullShare: number | null;
  readonly width_bytes: number | null;
  readonly correlation: number | null;
}

const UNKNOWN: ColumnFigures = { distinct: null, nullShare: null, width_bytes: null, correlation: null };

/** Looks up what the planner's statistics say; all unknown where there are none. */
export class Figures {
  private readonly columns = new Map<string, ColumnDistribution>();
  private readonly sizes = new Map<string, { readonly rows: number; readonly pages: number }>();
  private readonly masked: boolean;

  constructor(statistics: PlannerStatistics | null) {
    this.masked = statistics?.masked ?? true;
    for (const { schema, name, table, rows, pages } of statistics?.relations ?? [])
      if (table === null) this.sizes.set(JSON.stringify([schema, name]), { rows, pages });
    for (const column of statistics?.columns ?? []) {
      const key = JSON.stringify([column.schema, column.relation, column.column]);
      // Of a partitioned table the whole tree's are meant.
      if (column.inherited || !this.columns.has(key)) this.columns.set(key, column);
    }
  }

  column(schema: string, table: string, column: string): ColumnFigures {
    const found = this.columns.get(JSON.stringify([schema, table, column]));
    if (found === undefined) return UNKNOWN;
    const rows = this.rows(schema, table);
    const { distinct, nullShare, width_bytes, correlation } = found;
    const counted = distinct > 0 ? distinct : distinct < 0 && rows !== null ? -distinct * rows : null;
    return { distinct: counted, nullShare, width_bytes, correlation };
  }

  /** Rows of a table; null where not known or never counted. */
  rows(schema: string, table: string): number | null {
    const rows = this.sizes.get(JSON.stringify([schema, table]))?.rows;
    return rows === undefined || rows < 0 ? null : rows;
  }

  /** Pages of a table; null where not known. */
  pages(schema: string, table: string): number | null {
    return this.sizes.get(JSON.stringify([schema, table]))?.pages ?? null;
  }

  /** The share of rows that hold one of these values; null where it is not known. */
  shareOf(schema: string, table: string, column: string, values: readonly string[]): number | null {
    const found = this.columns.get(JSON.stringify([schema, table, column]));
    if (found === undefined) return null;
    const common = new Map(found.common?.values.map((value, index) => [value, found.common?.shares[index] ?? 0]));
    const others = Math.max(0, 1 - found.nullShare - [...common.values()].reduce((sum, share) => sum + share, 0));
    const counted = this.column(schema, table, column).distinct;
    const rest = counted === null ? null : others / Math.max(1, counted - common.size);
    let share = 0;
    for (const value of values) {
      // Masked values are not those of the statement.
      const known = this.masked ? undefined : common.get(value);
      const one = known ?? (this.masked && counted !== null ? 1 / counted : rest);
      if (one === null) return null;
      share += one;
    }
    return Math.min(1, share);
  }
}
