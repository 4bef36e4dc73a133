import type { IndexObject } from "./catalog.ts";
import type { Proof, Standing } from "./proof.ts";

/** One query of the workload before and after, in the planner's cost units and, where it was run, in time. */
export interface QueryGain {
  /** `WorkloadQuery.id`. */
  readonly id: string;
  readonly text: string;
  /** Mean over the draws of its parameters. */
  readonly costBefore: number;
  readonly costAfter: number;
  readonly msBefore: number | null;
  readonly msAfter: number | null;
}

/** An index to create. */
export interface IndexAdvice {
  readonly index: IndexObject;
  /** CREATE INDEX CONCURRENTLY …, complete. */
  readonly sql: string;
  readonly bytes: number;
  /** How `bytes` was come by. */
  readonly bytesStanding: Standing;
  readonly buildTime_s: number | null;
  /** Workload cost without it and with it, the others of the advice in place before it. */
  readonly costBefore: number;
  readonly costAfter: number;
  readonly queries: readonly QueryGain[];
  /** Queries that get slower by it, in order of how much. */
  readonly slower: readonly QueryGain[];
  /** Additional cost of the workload's writes, in the planner's cost units. */
  readonly writeCost: number;
  /** Existing indexes that it makes needless, as `schema.name`. */
  readonly replaces: readonly string[];
  /** Why these columns in this order. */
  readonly reason: string;
  readonly proof: Proof;
}

/** An index to drop. */
export interface DropAdvice {
  readonly schema: string;
  readonly name: string;
  readonly sql: string;
  readonly bytes: number | null;
  readonly reason: string;
  /** `replaced`: an index of the advice serves its queries; the others speak for themselves. */
  readonly cause: "duplicate" | "redundant-prefix" | "unused" | "replaced";
  /** The index of the advice that serves its queries, as `schema.name`; absent: none does. */
  readonly by?: string;
  readonly proof: Proof;
}

/** A query to write differently. */
export interface RewriteAdvice {
  readonly rule: string;
  readonly query: string;
  readonly before: string;
  readonly after: string;
  /** Why both mean the same: the preconditions and where they were read. */
  readonly argument: string;
  readonly costBefore: number;
  readonly costAfter: number;
  readonly msBefore: number | null;
  readonly msAfter: number | null;
  readonly proof: Proof;
}

/** A statistics object, target, storage parameter or server setting to change. */
export interface SettingAdvice {
  readonly what: "extended-statistics" | "statistics-target" | "n-distinct" | "autovacuum" | "fillfactor" | "setting";
  readonly sql: string;
  /** Statements without which it has no effect yet: ANALYZE of its table. */
  readonly follow: readonly string[];
  /** Statements that take it back, in order; null where what it was before is not known (settings of the server). */
  readonly undo: readonly string[] | null;
  readonly reason: string;
  /** Figures that it rests on, with their unit last in the name. */
  readonly figures: Readonly<Record<string, number | string>>;
  readonly proof: Proof;
}

/** Everything `tune` says. */
export interface Advice {
  readonly indexes: readonly IndexAdvice[];
  readonly drops: readonly DropAdvice[];
  readonly rewrites: readonly RewriteAdvice[];
  readonly settings: readonly SettingAdvice[];
  /** What was considered and is not advised, with the reason: so that nobody tries it again. */
  readonly notAdvised: readonly { readonly what: string; readonly why: string }[];
  readonly workload: {
    readonly costBefore: number;
    readonly costAfter: number;
    /**
     * The optimum within the budget over the plans that were tried: no choice whose queries all run by those costs
     * less. Null where none was computed.
     */
    readonly bound: number | null;
    /**
     * No choice at all of the candidates within the budget costs less, planned or not, if the planner does no worse
     * for having more indexes. Absent or null where none was computed.
     */
    readonly strictBound?: number | null;
    readonly budget_bytes: number | null;
  };
  /** What could not be looked at, and why. */
  readonly unseen: readonly { readonly what: string; readonly why: string }[];
}
