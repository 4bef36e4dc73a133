import type { Batch, ColumnMove, Phase } from "./plan.ts";

/** Whose folder of migrations it is: how files are found, ordered, read and written. */
export type MigrationFormat = "sql" | "flyway" | "knex" | "prisma" | "drizzle" | "node-pg-migrate" | "typeorm";

/** One statement of a migration as its file states it. What the file does not say is null or the default. */
export interface MigrationStep {
  /** From 1, in the order of the file. */
  readonly number: number;
  /** No trailing semicolon. */
  readonly sql: string;
  /** Where it begins in the file, from 1. */
  readonly line: number;
  /** Statements that take it back, in the order in which they run; null where the file states none for it. */
  readonly undo: readonly string[] | null;
  /** Why there is no undo, or what it does not bring back; null where nothing is said. */
  readonly irreversible: string | null;
  readonly phase: Phase;
  readonly transactional: boolean;
  /** Steps that follow one another with the same number run in one transaction; null: by itself. */
  readonly transaction: number | null;
  readonly lockTimeout_ms: number | null;
  readonly statementTimeout_ms: number | null;
  readonly batch: Batch | null;
  readonly cleanup: readonly string[];
  /** What it destroys, in words, or null. */
  readonly losesData: string | null;
  /**
   * What an earlier statement fails with unless every value that this one takes away is held elsewhere; absent: the file
   * names none.
   */
  readonly verified?: string;
  /** The move of a column to another table whose old column the statement drops; absent: the file states none. */
  readonly moves?: ColumnMove;
}

/** One migration of a folder. */
export interface Migration {
  /** What orders it and names it in the history: `20261120120000_add_title`. */
  readonly id: string;
  /** The file (or folder) relative to the migrations folder. */
  readonly file: string;
  readonly format: MigrationFormat;
  /** SHA-256 of what is run, as hex: line ends and trailing blanks do not count. */
  readonly checksum: string;
  readonly steps: readonly MigrationStep[];
  /** A script that takes the whole back, where the steps state no undo of their own; else null. */
  readonly down: string | null;
  /** The ids of the migrations that this one was squashed from, in order; absent where it is no such sum. */
  readonly replaces?: readonly string[];
  /** The id of the migration that it was written to follow, where it says so. */
  readonly after?: string;
}
