import { asksForNoTransaction, directionMarkOf, hasDirectionMarks } from "../sql/migration-marks.ts";
import { withoutOuterTransaction } from "../sql/outer-transaction.ts";
import type { LintScript, SaidTransaction, ScriptMarks } from "./script.ts";

/*
 * The marks by which migration tools tell, in a SQL file, what goes up and what goes down, and whether the file runs in
 * one transaction. What is not to be looked at is blanked, so that lines and columns stay those of the file.
 */

const SQUAWK_WITHOUT_TRANSACTION = /^[ \t]*--[ \t]*squawk-disable-assume-in-transaction\b/im;
const CHANGESET_WITHOUT_TRANSACTION = /\brunInTransaction:[ \t]*false/i;
const LIQUIBASE = /^[ \t]*--[ \t]*liquibase formatted sql\b/im;
const CHANGESET = /^--[ \t]*changeset[ \t]+(.*)$/i;
const LIQUIBASE_ROLLBACK = /^--[ \t]*rollback\b/i;
// Several files in one text, each under its name: `-- 1.sql`.
const PART = /^--[ \t]*[\w][\w.-]*\.sql[ \t]*$/;
const blank = (line: string): string => line.replaceAll(/[^\r]/g, " ");

/** Which direction of a migration is looked at. */
export type Direction = "up" | "down";

/** The scripts in a file's text, in the order in which they run. */
export function scriptsIn(file: string, text: string, direction: Direction = "up"): readonly LintScript[] {
  // A byte order mark is no SQL; a blank keeps its place.
  const bare = text.replace(/^\uFEFF/, " ");
  if (LIQUIBASE.test(bare)) return changesets(file, bare);
  const parts = partsOf(bare);
  return parts.flatMap((part) => {
    const script = directed(file, part, direction);
    return script === null ? [] : [script];
  });
}

function directed(file: string, written: string, direction: Direction): LintScript | null {
  const text = withoutOuterTransaction(written);
  const said: SaidTransaction =
    text !== written || asksForNoTransaction(text) || SQUAWK_WITHOUT_TRANSACTION.test(text) ? "no" : "unsaid";
  if (!hasDirectionMarks(text)) {
    return direction === "down" ? null : { file, text, transaction: said, marks: "plain" };
  }
  let current: Direction = "up";
  let marks: ScriptMarks = "plain";
  let transaction = said;
  const lines = text.split("\n").map((line) => {
    const mark = directionMarkOf(line);
    if (mark !== null) {
      marks = mark.tool;
      current = mark.direction;
      if (current === direction && mark.withoutTransaction) transaction = "no";
    }
    return current === direction ? line : blank(line);
  });
  return { file, text: lines.join("\n"), transaction: transaction === "unsaid" ? "yes" : transaction, marks };
}

// Each changeset of Liquibase runs in a transaction of its own.
function changesets(file: string, text: string): readonly LintScript[] {
  const lines = text.split("\n");
  const starts = lines.flatMap((line, index) => (CHANGESET.test(line) ? [index] : []));
  return starts.map((start, number): LintScript => {
    const end = starts[number + 1] ?? lines.length;
    const own = lines.map((line, index) => {
      if (index < start || index >= end || LIQUIBASE_ROLLBACK.test(line)) return blank(line);
      return line;
    });
    const said = CHANGESET_WITHOUT_TRANSACTION.test(CHANGESET.exec(lines[start] ?? "")?.[1] ?? "");
    return { file, text: own.join("\n"), transaction: said ? "no" : "yes", marks: "liquibase" };
  });
}

function partsOf(text: string): readonly string[] {
  const lines = text.split("\n");
  const starts = lines.flatMap((line, index) => (PART.test(line) ? [index] : []));
  const first = lines.findIndex((line) => line.trim() !== "");
  if (starts.length < 2 || starts[0] !== first) return [text];
  return starts.map((start, number) => {
    const end = starts[number + 1] ?? lines.length;
    return lines.map((line, index) => (index >= start && index < end ? line : blank(line))).join("\n");
  });
}
