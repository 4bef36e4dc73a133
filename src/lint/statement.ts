import type { Effect } from "../model/plan.ts";
import { afterBlank } from "../sql/lex.ts";
import type { Node } from "../sql/nodes.ts";
import { byteToIndex, parseSql, syntaxErrorAt } from "../sql/parse.ts";
import type { ParsedStatement, SqlSyntaxError } from "../sql/parse.ts";
import { scriptParts, splitScript } from "../sql/split.ts";
import type { LintScript } from "./script.ts";

/** The body a statement stands in. */
export interface Body {
  /** `do`: it runs with the migration; `function`: it runs when somebody calls it. */
  readonly kind: "do" | "function";
  /** As messages name it: "the body of function public.f", "a DO block". */
  readonly name: string;
}

/** A statement as rules look at it. Indexes are UTF-16 indexes of the script's text. */
export interface LintStatement {
  readonly script: LintScript;
  readonly node: Node;
  /** From its first token, without the semicolon. */
  readonly sql: string;
  /** Of its first token. */
  readonly start: number;
  /** After its last character, before the semicolon. */
  readonly end: number;
  /** Where the blanks and comments before it begin. */
  readonly from: number;
  readonly body: Body | null;
  /** Whether it is the only statement of its script. */
  readonly alone: boolean;
  /** What it does, with all that is known when it runs. Set by the runner. */
  readonly effect: Effect;
  /** The place in the text that a `location` of the tree means; the statement's start where there is none. */
  indexOf(location: number | undefined): number;
}

/** A statement as it was read, before its effect is known. */
export type ReadStatement = Omit<LintStatement, "effect">;

/** A script's statements, and those that the grammar refuses. */
export interface ReadStatements {
  readonly statements: readonly ReadStatement[];
  /** In the order of the text. */
  readonly errors: readonly SqlSyntaxError[];
}

/**
 * Parses a script with the server's grammar; commands of psql and rows of COPY are passed over, and so is a statement
 * that does not parse.
 */
export async function readStatements(script: LintScript): Promise<ReadStatements> {
  const { statements, text, refused, errors } = await readable(script.text);
  const toIndex = byteToIndex(text);
  const read = statements.map(({ node, start: place, end }, nth): ReadStatement => {
    const start = Math.min(afterBlank(text, place), end);
    const from = Math.max(statements[nth - 1]?.end ?? 0, ...refused.filter((one) => one <= start));
    const sql = text.slice(start, end).trimEnd();
    const indexOf = (location: number | undefined): number => {
      const index = location === undefined || location < 0 ? start : toIndex(location);
      return index >= start && index < end ? index : start;
    };
    const alone = statements.length === 1 && errors.length === 0;
    return { script, node, sql, start, end: start + sql.length, from, body: null, alone, indexOf };
  });
  return { statements: read, errors };
}

/** Each error costs another look at the whole script. */
const ERRORS_MAX = 100;

interface Readable {
  readonly statements: readonly ParsedStatement[];
  /** The script with blanks for what was not read, so that every index is one of the script. */
  readonly text: string;
  /** Where statements end that were refused. */
  readonly refused: readonly number[];
  readonly errors: readonly SqlSyntaxError[];
}

async function readable(script: string): Promise<Readable> {
  let parsed = await parseSql(script);
  let text = script;
  if (!parsed.ok) {
    text = withoutPsql(script) ?? script;
    if (text !== script) parsed = await parseSql(text);
  }
  const refused: number[] = [];
  const errors: SqlSyntaxError[] = [];
  while (!parsed.ok) {
    const { index, message } = parsed.error;
    errors.push(syntaxErrorAt(script, index, message));
    const without = errors.length < ERRORS_MAX ? withoutStatementAt(text, index) : null;
    if (without === null) return { statements: [], text, refused, errors };
    refused.push(without.end);
    text = without.text;
    parsed = await parseSql(text);
  }
  return { statements: parsed.value, text, refused, errors };
}

// The script with blanks for the statement in which the grammar met an error; null where there is none.
function withoutStatementAt(text: string, index: number): { readonly text: string; readonly end: number } | null {
  let [start, end, at] = [-1, text.length, 0];
  try {
    for (const part of scriptParts(text)) {
      // An error at the end of the text is one of the last statement.
      if (part.kind !== "blank") [start, end] = [at, at + part.text.length];
      at += part.text.length;
      if (index < at && start >= 0) break;
    }
  } catch {
    // Something is not closed, and so all that follows belongs to it.
    [start, end] = [at, text.length];
  }
  if (start < 0) return null;
  // A parenthesis that is not closed takes in the statements that follow, but the grammar stops at the semicolon.
  if (text[index] === ";" && index >= start && index < end) end = index + 1;
  const blanked = text.slice(start, end).replaceAll(/[^\n\r]/g, " ");
  return blanked === text.slice(start, end) ? null : { text: text.slice(0, start) + blanked + text.slice(end), end };
}

// The script with blanks for what is no SQL; null where there is nothing of the kind, or it cannot be told.
function withoutPsql(text: string): string | null {
  if (!/^\s*\\|\bstdin\b/im.test(text)) return null;
  let found = false;
  try {
    const parts = splitScript(text).map((part) => {
      if (part.kind !== "meta" && part.kind !== "data") return part.text;
      found = true;
      return part.text.replaceAll(/[^\n\r]/g, " ");
    });
    return found ? parts.join("") : null;
  } catch {
    return null;
  }
}
