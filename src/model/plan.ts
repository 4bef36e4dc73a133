import type { EngineId } from "./catalog.ts";
import type { Change } from "./change.ts";

/**
 * The table-level lock modes of PostgreSQL, weakest first (manual, "Explicit Locking"). Each conflicts with
 * all that follow `SHARE UPDATE EXCLUSIVE` from some point on; `ACCESS EXCLUSIVE` conflicts with reading, too.
 */
export const LOCK_MODES = [
  "ACCESS SHARE",
  "ROW SHARE",
  "ROW EXCLUSIVE",
  "SHARE UPDATE EXCLUSIVE",
  "SHARE",
  "SHARE ROW EXCLUSIVE",
  "EXCLUSIVE",
  "ACCESS EXCLUSIVE",
] as const;

/** @see LOCK_MODES */
export type LockMode = (typeof LOCK_MODES)[number];

/** A lock that a statement takes on a table, view or index. `relation` is spelled as in SQL: `public.task`. */
export interface RelationLock {
  readonly relation: string;
  readonly mode: LockMode;
}

/** What running one statement does to a database that is in use. Relations are spelled as in SQL. */
export interface Effect {
  /** The strongest lock on each relation, strongest first. What only the statement itself made is left out. */
  readonly locks: readonly RelationLock[];
  /** Relations whose files are written anew. */
  readonly rewrites: readonly string[];
  /** Relations that are read whole while the lock is held. */
  readonly scans: readonly string[];
  /** What is destroyed, in words, or null: "the column public.task.title and its values". */
  readonly losesData: string | null;
}

/**
 * When a step may run in a rollout: `expand` before the new application code (old code does not notice),
 * `migrate` while both run (rows are moved), `contract` once no old code runs.
 */
export type Phase = "expand" | "migrate" | "contract";

/**
 * A statement that touches many rows and is run in slices of the table's key, each in its own transaction.
 * The step's SQL is one UPDATE (or INSERT … SELECT) that would do all rows at once and that may be repeated;
 * the runner adds the slice to its WHERE.
 */
export interface Batch {
  readonly schema: string;
  readonly table: string;
  /** The columns of a unique key without NULLs, in order. */
  readonly key: readonly string[];
}

/** One statement of a plan, with all that somebody who is to run it should know. */
export interface Step extends Effect {
  /** No trailing semicolon. */
  readonly sql: string;
  /** Statements that take the step back, in the order in which they run; null where none can. */
  readonly undo: readonly string[] | null;
  /** Why `undo` is null, or what it does not bring back ("the column returns empty"); else null. */
  readonly irreversible: string | null;
  /** The difference that asks for the step. */
  readonly cause: Change | null;
  /** The id of the strategy that made it, or null where the change is made directly. */
  readonly strategy: string | null;
  readonly phase: Phase;
  /** False when it may not run inside a transaction. */
  readonly transactional: boolean;
  /** Steps that follow one another with the same number run in one transaction; null: each by itself. */
  readonly transaction: number | null;
  /** Longest wait for a lock; null to leave the server's setting. */
  readonly lockTimeout_ms: number | null;
  /** Longest run; null for as long as it takes. */
  readonly statementTimeout_ms: number | null;
  readonly batch: Batch | null;
  /** Statements that remove what a failed attempt leaves behind (an invalid index), to be run before a retry. */
  readonly cleanup: readonly string[];
  /** Whether application code written for the schema before, and for the schema after, works once the step has run. */
  readonly compatible: { readonly old: boolean; readonly new: boolean };
  /** What a person should know, or null. */
  readonly note: string | null;
  /**
   * What an earlier step of the plan fails with unless every value that this one takes away is held elsewhere: so this
   * one destroys nothing. Absent: none has looked, or a value may be lost.
   */
  readonly verified?: string;
  /** The move whose old column the step drops; absent: none. */
  readonly moves?: ColumnMove;
}

/** A rename that nobody has confirmed: the same thing under another name, or a drop and a create. */
export interface LikelyRename {
  /** What to write after `--rename`: `public.task.title=name`, `public.task=public.job`. */
  readonly flag: string;
  readonly kind: "table" | "column";
  readonly from: string;
  readonly to: string;
  /** Why it looks like one: "same type, same position". */
  readonly why: string;
}

/** A column's place: names as the server stores them. */
export interface ColumnPlace {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

/** A column whose values go on in another table, as somebody stated it: it is never inferred. */
export interface ColumnMove {
  readonly from: ColumnPlace;
  readonly to: ColumnPlace;
  /** The columns by which a row of the one table finds its row of the other, equal pair by pair. */
  readonly on: readonly { readonly from: string; readonly to: string }[];
}

/** The way from one catalog to another. Without steps there is nothing to do. */
export interface Plan {
  readonly engine: EngineId;
  readonly steps: readonly Step[];
  /** What cannot be taken back, each with the reason. */
  readonly irreversible: readonly { readonly what: string; readonly why: string }[];
  /** Differences that no statement can make, each with the reason; they remain after the plan. */
  readonly unreachable: readonly { readonly what: string; readonly why: string }[];
  readonly likelyRenames: readonly LikelyRename[];
  /** Columns that the plan moves to other tables; absent: none. */
  readonly moves?: readonly ColumnMove[];
  /** What either side holds and is not modelled, so that it was not compared. */
  readonly uncompared: readonly string[];
}

/** The stronger of two lock modes. */
export function strongerLock(a: LockMode, b: LockMode): LockMode {
  return LOCK_MODES.indexOf(a) >= LOCK_MODES.indexOf(b) ? a : b;
}
