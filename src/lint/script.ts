/** How a file says whether its statements run in one transaction. */
export type SaidTransaction = "yes" | "no" | "unsaid";

/** The marks of the tool a migration file was written for; they decide how a rewriting leaves the transaction. */
export type ScriptMarks = "plain" | "dbmate" | "goose" | "sql-migrate" | "rambler" | "liquibase";

/**
 * A script to lint: a file, or the part of one that goes up. What is not to be linted is blank in `text`, so that
 * every index and line of it is one of the file.
 */
export interface LintScript {
  /** As findings name it. */
  readonly file: string;
  readonly text: string;
  readonly transaction: SaidTransaction;
  readonly marks: ScriptMarks;
  /**
   * Of statements that a program sent: for each line of `text` the line of the file that findings name. Such a script
   * cannot be rewritten.
   */
  readonly lines?: readonly number[];
}

/** The line of the file that an index of a script's text is on, from 1. */
export function lineOf({ text, lines }: LintScript, index: number): number {
  const own = text.slice(0, index).split("\n").length;
  return lines?.[own - 1] ?? own;
}
