/*
 * What a live server tells about its contents and use, apart from the schema. Read by an engine's
 * `statistics.ts`; rules and advice take it as a value. Null means "not known", never zero.
 */

/** One table's size and use. */
export interface TableStatistics {
  readonly schema: string;
  readonly table: string;
  /** The planner's estimate; null when the table was never analysed. */
  readonly rows: number | null;
  /** Null where sizes could not be read. */
  readonly bytes: number | null;
  readonly sequentialScans: number | null;
  readonly indexScans: number | null;
  readonly lastAnalysed: string | null;
  /** Null where nobody counts; absent: not read. */
  readonly activity?: TableActivity | null;
}

/** What happened to a table's rows since its counters began, and how far cleaning has come. */
export interface TableActivity {
  readonly inserted: number;
  readonly updated: number;
  /** Updates that stayed on their page and touched no index (heap-only tuples). */
  readonly hotUpdated: number;
  readonly deleted: number;
  readonly liveRows: number;
  readonly deadRows: number;
  /** Rows inserted since it was last vacuumed. */
  readonly insertedSinceVacuum: number;
  /** ISO 8601, UTC; null: never since the counters began. */
  readonly lastVacuum: string | null;
  /** Transactions since its oldest row was frozen at the latest; null for a partitioned table. */
  readonly frozenAge: number | null;
}

/** One index's size and use on this server; replicas are not seen. */
export interface IndexStatistics {
  readonly schema: string;
  readonly index: string;
  readonly bytes: number;
  readonly scans: number | null;
}

/** What the planner knows of one column, from its sample. Holds no value of a row. */
export interface ColumnStatistics {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  /** Share of nulls, 0 to 1. */
  readonly nullShare: number;
  /** Distinct values in the whole table, estimated. */
  readonly distinct: number | null;
  readonly width_bytes: number;
  /**
   * Of the values the planner remembers of a text column, the share that looks like a list of words between
   * commas, 0 to 1; null where it remembers none or the column is no text.
   */
  readonly listShare: number | null;
}

/** How far a counter has come: a sequence, with the columns it feeds. */
export interface SequenceStatistics {
  readonly schema: string;
  readonly sequence: string;
  /** Decimal text. Null when it was never used or may not be read; `Statistics.unseen` names the latter. */
  readonly lastValue: string | null;
  /** Columns whose default or identity draws from it; the only way to name the sequence of an identity. */
  readonly feeds: readonly { readonly schema: string; readonly table: string; readonly column: string }[];
}

/** What a look into sampled rows found, as counts; the values stay on the server side of the driver. */
export interface SampleFinding {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly sampledRows: number;
  /** Values that pass as payment card numbers: right length, known prefix, Luhn digit. */
  readonly cardNumbers: number;
}

/** Everything read from a live server besides its catalog. */
export interface Statistics {
  /** ISO 8601, UTC. */
  readonly readAt: string;
  /** Since when the counters of use run; null where the server does not say. */
  readonly countersSince: string | null;
  /** True when this server follows another, so that its counters show reads of this one only. */
  readonly replica: boolean;
  /** Whether replicas hang on this server; their use of indexes is not in the counters. */
  readonly hasReplicas: boolean;
  readonly tables: readonly TableStatistics[];
  readonly indexes: readonly IndexStatistics[];
  readonly columns: readonly ColumnStatistics[];
  readonly sequences: readonly SequenceStatistics[];
  readonly samples: readonly SampleFinding[];
  /** What could not be looked at, and why: it is not clean, it is unknown. */
  readonly unseen: readonly { readonly what: string; readonly why: string }[];
}
