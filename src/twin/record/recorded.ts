import type { MigrationFormat } from "../../model/migration.ts";

/** The tools whose migrations are programs. */
export type ProgramFormat = Extract<MigrationFormat, "knex" | "typeorm" | "node-pg-migrate">;

/** A statement that a program sent, with its values in place. */
export interface RecordedStatement {
  readonly sql: string;
  /** The line of the program's file that asked for it, from 1. */
  readonly line: number;
}

/** What a program sent on its way up or down. */
export interface RecordedWay {
  readonly statements: readonly RecordedStatement[];
  /** Whether the tool puts one transaction around all of it; its own BEGIN and COMMIT are then left out. */
  readonly transaction: boolean;
  /** Lines of queries that ask for rows: they were answered with none. */
  readonly asked: readonly number[];
  /** Why the program ended early, with the line it had come to; null where it ran to its end. */
  readonly broken: { readonly line: number; readonly why: string } | null;
}

/** A migration that is a program, as it was run against the recorder. */
export interface RecordedScript {
  /** Relative to the folder. */
  readonly file: string;
  readonly up: RecordedWay;
  /** Null where the program has no way down, or nobody asked for it. */
  readonly down: RecordedWay | null;
}

/** What the recording process is told, as JSON on its standard input. */
export interface RecordTask {
  readonly format: ProgramFormat;
  /** Absolute. */
  readonly dir: string;
  /** Relative to the folder, in the order in which the tool runs them. */
  readonly files: readonly string[];
  /** The entry file of the tool's package as the folder's project has it; null where it is not installed. */
  readonly tool: string | null;
  readonly down: boolean;
}
