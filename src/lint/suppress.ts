import { afterBlank, afterLineComment } from "../sql/lex.ts";
import type { LintScript } from "./script.ts";
import type { LintStatement } from "./statement.ts";

/** A comment by which findings are set aside: ours with a reason, or another tool's own. */
export interface Ignore {
  /** Ids of rules here, or of rules elsewhere (`eugene:E5`); empty for all. */
  readonly ids: readonly string[];
  /** Null for comments of other tools, which ask for none. */
  readonly reason: string | null;
  readonly ours: boolean;
  /** Index in the script. */
  readonly at: number;
}

const OURS = /^dbwright-ignore\b[ \t]*([^:]*)(?::[ \t]*(.*))?$/s;

// Comments of other tools whose users come here, with the name their rules have in `equivalents`.
const THEIRS: readonly { readonly tool: string; readonly pattern: RegExp }[] = [
  { tool: "eugene", pattern: /^eugene:[ \t]*ignore\b[ \t]*(.*)$/is },
  { tool: "squawk", pattern: /^squawk-ignore(?!-file)\b[ \t]*(.*)$/is },
  { tool: "atlas", pattern: /^atlas:nolint\b[ \t]*(.*)$/is },
];
const SQUAWK_FILE = /^squawk-ignore-file\b[ \t]*(.*)$/is;

const words = (list: string): string[] => list.split(/[\s,]+/).filter((word) => word !== "");

function ignoreOf(comment: string, at: number): Ignore | null {
  const text = comment.trim();
  const own = OURS.exec(text);
  if (own !== null) return { ids: words(own[1] ?? ""), reason: (own[2] ?? "").trim(), ours: true, at };
  for (const { tool, pattern } of THEIRS) {
    const match = pattern.exec(text);
    if (match !== null)
      return { ids: words(match[1] ?? "").map((id) => `${tool}:${id}`), reason: null, ours: false, at };
  }
  return null;
}

interface Comment {
  readonly text: string;
  readonly at: number;
}

// The comments between two indexes of a text, where no string or name is.
function* commentsIn(text: string, from: number, to: number): Generator<Comment> {
  let at = from;
  while (at < to) {
    if (text.startsWith("--", at)) {
      const end = afterLineComment(text, at);
      yield { text: text.slice(at + 2, end), at };
      at = end;
    } else if (text.startsWith("/*", at)) {
      const end = Math.max(afterBlank(text, at), at + 2);
      const close = text.indexOf("*/", at);
      yield { text: text.slice(at + 2, close < 0 ? end : close), at };
      at = close < 0 ? end : close + 2;
    } else at++;
  }
}

/** The comments that speak of one statement: above it, and behind it on its last line. */
export function ignoresOf(statement: LintStatement): readonly Ignore[] {
  const { text } = statement.script;
  const found: Ignore[] = [];
  const look = (from: number, to: number): void => {
    for (const comment of commentsIn(text, from, to)) {
      const ignore = ignoreOf(comment.text, comment.at);
      if (ignore !== null) found.push(ignore);
    }
  };
  // A comment on the last line of the statement before belongs to that one.
  const lineEnd = text.indexOf("\n", statement.from);
  const before = statement.from === 0 ? statement.from : lineEnd < 0 ? statement.start : lineEnd;
  look(Math.min(before, statement.start), statement.start);
  const last = text.indexOf("\n", statement.end);
  look(statement.end, last < 0 ? text.length : last);
  // Within the statement, comments stand between its lines; a string may hold the same marks, and does no harm here.
  for (const line of statement.sql.matchAll(/--[^\n]*/g))
    look(statement.start + line.index, statement.start + line.index + line[0].length);
  return found;
}

/** Comments of ours below the last statement of a script, which speak of none. */
export function ignoresBelow(last: LintStatement): readonly Ignore[] {
  const { text } = last.script;
  const lineEnd = text.indexOf("\n", last.end);
  if (lineEnd < 0) return [];
  return [...commentsIn(text, lineEnd, text.length)].flatMap(({ text: comment, at }) => {
    const ignore = ignoreOf(comment, at);
    return ignore?.ours === true ? [ignore] : [];
  });
}

/** The comments of a script without statements. */
export function ignoresIn({ text }: LintScript): readonly Ignore[] {
  return [...commentsIn(text, 0, text.length)].flatMap(({ text: comment, at }) => ignoreOf(comment, at) ?? []);
}

/** Rules that a file sets aside as a whole, by another tool's comment: their ids there; null for none. */
export function ignoredInFile(script: LintScript): readonly string[] | null {
  for (const comment of commentsIn(script.text, 0, script.text.length)) {
    const match = SQUAWK_FILE.exec(comment.text.trim());
    if (match === null) continue;
    const ids = words(match[1] ?? "");
    return ids.length === 0 ? ["squawk:*"] : ids.map((id) => `squawk:${id}`);
  }
  return null;
}

/** Whether an ignore covers a rule with these equivalents. */
export function covers(ids: readonly string[], rule: string, equivalents: readonly string[]): boolean {
  if (ids.length === 0) return true;
  return ids.some(
    (id) =>
      id === rule ||
      equivalents.includes(id) ||
      (id.endsWith(":*") && equivalents.some((one) => one.startsWith(id.slice(0, -1)))),
  );
}
