/*
 * What a planner judges by, read from a live server: enough for a twin at depth `stats`, and for advice. Unlike
 * `statistics.ts` it can hold values of rows (most common values, histogram bounds): `masked` says whether they are
 * the real ones. Null means "not known", never zero.
 */

/** One relation's size as the planner is told. */
export interface RelationSize {
  readonly schema: string;
  readonly name: string;
  readonly kind: "table" | "partitioned table" | "materialised view" | "index" | "partitioned index" | "foreign table";
  /** The table of an index; null else. */
  readonly table: string | null;
  /** Length of the main file in pages of 8 KiB: what the planner goes by. */
  readonly pages: number;
  /** `relpages` and `reltuples` as last counted; `rows` is -1 where nothing ever counted. */
  readonly countedPages: number;
  readonly rows: number;
  readonly allVisiblePages: number;
  /** Length of its TOAST table's main file in pages; 0 without. */
  readonly toastPages: number;
  /** Levels of a B-tree above its leaves; null for others and where it is not known. */
  readonly height: number | null;
}

/** Values with the share of rows that each has, 0 to 1, most frequent first. Values are the server's text form. */
export interface CommonValues {
  readonly values: readonly string[];
  readonly shares: readonly number[];
}

/** What is known of one column, or of one expression of an index. */
export interface ColumnDistribution {
  readonly schema: string;
  /** A table, materialised view or (for an expression) index. */
  readonly relation: string;
  /** The column's name; of an index's expression the name of the index's column. */
  readonly column: string;
  /** Its type as the server prints it, which the values are of. */
  readonly type: string;
  /** Of the whole inheritance tree or partitioned table, not of the relation's own rows. */
  readonly inherited: boolean;
  readonly nullShare: number;
  readonly width_bytes: number;
  /** As the server keeps it: a number of values, or when negative a share of the rows. */
  readonly distinct: number;
  readonly common: CommonValues | null;
  /** Bounds of buckets of equal frequency over what is not common, ascending. */
  readonly histogram: readonly string[] | null;
  /** Between the order of values and that of rows on disk, -1 to 1. */
  readonly correlation: number | null;
  /** Of array and text-search columns: elements, the share of rows that hold each, and bounds of distinct counts. */
  readonly elements:
    | (CommonValues & { readonly lowest: number; readonly highest: number; readonly nulls: number | null })
    | null;
  readonly elementCounts: readonly number[] | null;
  /** Of range columns: bounds' histogram (as ranges), lengths, share of empty ranges. */
  readonly rangeBounds: readonly string[] | null;
  readonly rangeLengths: readonly number[] | null;
  readonly rangeEmptyShare: number | null;
  /**
   * The lowest and highest value there are, as an index that leads with the column gives them: the planner asks it where
   * a query reaches beyond the histogram, which is only of a sample and as old as it. Absent: not known.
   */
  readonly extremes?: { readonly lowest: string; readonly highest: string };
}

/** Several columns together (CREATE STATISTICS), as the server prints what it holds. */
export interface ExtendedDistribution {
  readonly schema: string;
  readonly name: string;
  readonly table: string;
  readonly inherited: boolean;
  /** The table's columns that it covers, in the order in which `common` has them; absent: not known. */
  readonly columns?: readonly string[];
  /** Types of those columns and then of its expressions, null for one that is not known; absent: none is. */
  readonly types?: readonly (string | null)[];
  /** What is known of its expressions: `relation` is this object's name, `column` the expression. Absent: nothing. */
  readonly expressions?: readonly ColumnDistribution[];
  /** The text forms of `pg_ndistinct` and `pg_dependencies`; null where absent or not readable. */
  readonly distinct: string | null;
  readonly dependencies: string | null;
  /** Most common combinations: per item one value for each column (null for NULL) and its shares. */
  readonly common: {
    readonly values: readonly (readonly (string | null)[])[];
    readonly shares: readonly number[];
    readonly baseShares: readonly number[];
  } | null;
}

/** How a database orders text where a column says nothing else. */
export interface DatabaseLocale {
  /** E.g. `UTF8`. */
  readonly encoding: string;
  readonly provider: "libc" | "icu" | "builtin";
  /** libc's LC_COLLATE and LC_CTYPE. */
  readonly collate: string;
  readonly ctype: string;
  /** The locale of the other providers; null for libc. */
  readonly locale: string | null;
}

/** Everything a planner judges by besides the schema. */
export interface PlannerStatistics {
  /** ISO 8601, UTC. */
  readonly readAt: string;
  /** E.g. 160004. */
  readonly versionNumber: number;
  /** Whether values were replaced by others of the same order, frequency and length. */
  readonly masked: boolean;
  /** Settings that change plans and parallelism, by name, in the server's units (`current_setting`). */
  readonly settings: Readonly<Record<string, string>>;
  /** Costs that tablespaces state for what lies in them, by tablespace; the database's own is `""`. Absent: none does. */
  readonly tablespaceCosts?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Absent: not known. */
  readonly locale?: DatabaseLocale;
  readonly relations: readonly RelationSize[];
  readonly columns: readonly ColumnDistribution[];
  readonly extended: readonly ExtendedDistribution[];
  /** What could not be looked at, and why: it is unknown, not empty. */
  readonly unseen: readonly { readonly what: string; readonly why: string }[];
}
