/*
 * What was timed and weighed on a twin with rows: see `twin/tune/measure.ts`, which runs it, and `measured-advice.ts`,
 * which says it.
 */

/** One index that was built on rows. */
export interface MeasuredIndex {
  /** `TriedIndex.id`. */
  readonly id: string;
  /** Why the server did not build it; null when it did. The figures below are 0 then. */
  readonly refused: string | null;
  /** As it lies on the twin, all parts of a partitioned one together. */
  readonly bytes: number;
  /** Rows of its table on the twin. */
  readonly rows: number;
  /** Rows of production's table for each row on the twin. */
  readonly ratio: number;
  /** `bytes` times the ratio. */
  readonly bytesScaled: number;
  readonly build_ms: number;
  /** Of production's rows: sorting them grows a little faster than they do. */
  readonly buildScaled_s: number;
}

/** A statement that was run several times, once without and once with what is tried, in turns. */
export interface MeasuredTrial {
  /** `WorkloadQuery.id`, or the key of a rewrite. */
  readonly id: string;
  /** Draws of parameters that ended both ways. */
  readonly draws: number;
  /** Runs of each draw, at least; their median counts. */
  readonly runs: number;
  /** Means over the draws that ended both ways; null without any. */
  readonly msBefore: number | null;
  readonly msAfter: number | null;
  /** Draws that were cut off, and after how long. */
  readonly cutOff: { readonly before: number; readonly after: number; readonly limit_ms: number };
  /** Ids of the new indexes that its plans read. */
  readonly uses: readonly string[];
  /** Why it was not run, or not to its end; null when it was. */
  readonly why: string | null;
}

/** A batch of writes to one table, without and with all of its new indexes; rolled back. */
export interface MeasuredWrites {
  readonly schema: string;
  readonly table: string;
  readonly verb: "insert" | "update";
  /** Of the batch. */
  readonly rows: number;
  readonly runs: number;
  /** Medians. */
  readonly msWithout: number;
  readonly msWith: number;
}

/** All that was measured. */
export interface Measurements {
  /** Whose rows: the source's own, or some that were drawn from its statistics. */
  readonly origin: "source" | "statistics";
  /** Rows on the twin, and in production. */
  readonly rows: number;
  readonly sourceRows: number;
  readonly server: string;
  readonly version: string;
  readonly indexes: readonly MeasuredIndex[];
  readonly queries: readonly MeasuredTrial[];
  readonly rewrites: readonly MeasuredTrial[];
  readonly writes: readonly MeasuredWrites[];
  /** What was not measured, and why; what the rows are not. */
  readonly notes: readonly string[];
  readonly time_ms: number;
}
