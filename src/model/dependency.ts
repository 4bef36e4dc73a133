/** A functional dependency: the attributes on the left determine those on the right. */
export interface Dependency {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** What a decomposition aims at. */
export type TargetForm = "3NF" | "BCNF";

/** A relation and its dependencies as somebody stated them, checked: every name is one of `attributes`. */
export interface StatedDependencies {
  readonly attributes: readonly string[];
  readonly dependencies: readonly Dependency[];
  /** Null where nothing was said. */
  readonly target: TargetForm | null;
}

/** One column of some rows, without its values: equal values have equal numbers. */
export interface EncodedColumn {
  readonly name: string;
  /** The type as the engine names it. */
  readonly type: string;
  /** One number per row, 0 up to `distinct` - 1; NULL counts as one value like any other. */
  readonly codes: Int32Array;
  readonly distinct: number;
}

/** Rows of one table in which values are numbers: enough to look for dependencies, nothing to give away. */
export interface EncodedRows {
  readonly columns: readonly EncodedColumn[];
  readonly rows: number;
}

/** A table, view or foreign table whose rows can be read. */
export interface ReadableTable {
  readonly schema: string;
  readonly table: string;
}

/** Rows of a table as numbers, with what is known of them. */
export interface RowsRead {
  readonly rows: EncodedRows;
  /** True when there are more rows than were read. */
  readonly sampled: boolean;
  /** The engine's estimate; null when it has none. */
  readonly rowsEstimated: number | null;
  /** Sets of columns that a constraint or index keeps unique, none of them nullable. */
  readonly declaredKeys: readonly (readonly string[])[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}
