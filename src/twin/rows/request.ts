import type { Catalog, TableObject } from "../../model/catalog.ts";
import type { TableVolume } from "../../model/design.ts";
import type { Progress } from "../../model/progress.ts";

/** What is known of a catalog beyond its constraints. All of it may be absent. */
export interface RowHints {
  /** What a column holds (a `DesignedColumn` meaning), or null. */
  readonly meaning: (schema: string | null, table: string, column: string) => string | null;
  readonly volume: (schema: string | null, table: string) => TableVolume | null;
  readonly tenancy: {
    readonly table: { readonly schema: string | null; readonly table: string };
    readonly column: string;
  } | null;
}

/** What rows are asked for. */
export interface RowRequest {
  readonly catalog: Catalog;
  readonly hints: RowHints;
  /** How many rows a table is to get. */
  readonly rows: (table: TableObject, volume: TableVolume | null) => number;
  readonly seed: number;
  /** The end of the history that timestamps spread over; null for the start of the server's current day. */
  readonly now: Date | null;
  /** Rows per table to draw beyond those and keep back; 0 where nobody wants them. */
  readonly spare: number;
  /** Told of each table as soon as it has its rows: what is there when a later table fails. */
  readonly onTable?: (table: GeneratedTable) => void;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** What one table got. */
export interface GeneratedTable {
  readonly schema: string | null;
  readonly table: string;
  readonly rows: number;
  readonly asked: number;
  readonly seconds: number;
  /** Why there are fewer rows than were asked for, or null. */
  readonly note: string | null;
  /** Rows drawn and judged like the others, and not loaded: each could still be inserted. Values in the server's text form. */
  readonly spare: readonly SpareRow[];
}

/** One row by column name; columns that the server computes are not in it. */
export type SpareRow = Readonly<Record<string, string | null>>;
