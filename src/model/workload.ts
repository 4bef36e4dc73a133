/*
 * What a database is asked to do: statements with how often and how long. Read by `formats/workload` from files and
 * logs and by an engine's `workload.ts` from a live server; tuning takes it as a value.
 */

/** One statement that can be planned: text with `$n` where values are bound, and the values in their text form. */
export interface Execution {
  readonly sql: string;
  readonly values: readonly (string | null)[];
}

/** What a statement does to rows. `other` (SET, CREATE, CALL …) is never planned nor run. */
export type Verb = "select" | "insert" | "update" | "delete" | "merge" | "other";

/** Where a statement was seen: a file with its line, `pg_stat_statements`, a log. Holds no value of a row. */
export interface WorkloadOrigin {
  readonly where: string;
  readonly line: number | null;
}

/** All statements that differ in constants only. */
export interface WorkloadQuery {
  /** The grammar's fingerprint: the same for statements of the same form. */
  readonly id: string;
  /** The statement with its constants replaced by `$n`: what may be shown and stored. */
  readonly text: string;
  readonly verb: Verb;
  /** How often it ran in the span observed, or its stated weight. */
  readonly calls: number;
  /** Time of all calls; null where nobody measured. */
  readonly total_ms: number | null;
  /** Rows given or written by all calls; null where not counted. */
  readonly rows: number | null;
  /** Concrete forms to plan with, several draws where values vary. Empty: only a generic plan can be had. */
  readonly executions: readonly Execution[];
  /** Whether the application prepares it, so that the server may plan it without seeing values. */
  readonly prepared: boolean;
  readonly origins: readonly WorkloadOrigin[];
}

/** A way of asking that no index mends. */
export interface WorkloadPattern {
  readonly kind: "n-plus-one" | "duplicate-round-trip" | "unbounded-result" | "deep-offset";
  /** Ids of the queries concerned: the repeated one first, then its parent where known. */
  readonly queries: readonly string[];
  /** One sentence with its numbers. */
  readonly message: string;
  readonly remedy: string;
}

/** A workload with what was left out of it. */
export interface Workload {
  /** What it was read from, for people. */
  readonly source: string;
  /** Seconds over which calls were counted; null where not known. */
  readonly span_s: number | null;
  readonly queries: readonly WorkloadQuery[];
  readonly patterns: readonly WorkloadPattern[];
  /** Statements and places that were not used, and why, with how many they stand for. */
  readonly leftOut: readonly { readonly what: string; readonly why: string; readonly count: number }[];
}
