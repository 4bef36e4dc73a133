import { isOperator, isWord, tokensOf } from "./lex.ts";
import type { Token } from "./lex.ts";

/** One statement of a script, with its tokens (no white space at the ends, no semicolon). */
export interface ScriptStatement {
  readonly text: string;
  readonly tokens: readonly Token[];
  /** The line of its first token, from 1. */
  readonly line: number;
  /** A line for the sqlite3 shell (`.mode csv`), which is no SQL. */
  readonly isCommand: boolean;
}

/**
 * The statements of a script. A semicolon inside a trigger's body does not end the statement: a trigger ends at
 * `; END ;`, by the rule of `sqlite3_complete` (https://sqlite.org/c3ref/complete.html).
 */
export function splitScript(script: string): ScriptStatement[] {
  const statements: ScriptStatement[] = [];
  let pending: Token[] = [];
  // Those of `pending` that are no white space.
  let words: Token[] = [];
  let line = 1;
  let counted = 0;
  const flush = (): void => {
    const first = pending.findIndex((token) => token.kind !== "space");
    const last = pending.findLastIndex((token) => token.kind !== "space");
    const tokens = first < 0 ? [] : pending.slice(first, last + 1);
    pending = [];
    words = [];
    const [start] = tokens;
    if (start === undefined) return;
    for (; counted < start.at; counted++) if (script[counted] === "\n") line++;
    const isCommand = isOperator(start, ".");
    statements.push({ text: tokens.map((token) => token.text).join(""), tokens, line, isCommand });
  };
  for (const token of tokensOf(script)) {
    const inCommand = isOperator(words[0], ".");
    if (inCommand ? token.kind === "space" && token.text.includes("\n") : isOperator(token, ";") && endsHere(words))
      flush();
    else {
      pending.push(token);
      if (token.kind !== "space") words.push(token);
    }
  }
  flush();
  return statements;
}

function endsHere(words: readonly Token[]): boolean {
  if (!startsTrigger(words)) return true;
  return isWord(words.at(-1), "END") && isOperator(words.at(-2), ";");
}

/** Whether the tokens (without white space) begin a CREATE TRIGGER. */
function startsTrigger(words: readonly Token[]): boolean {
  const at = isWord(words[0], "EXPLAIN") ? 1 : 0;
  if (!isWord(words[at], "CREATE")) return false;
  const next = words[at + 1];
  return (
    isWord(next, "TRIGGER") || ((isWord(next, "TEMP") || isWord(next, "TEMPORARY")) && isWord(words[at + 2], "TRIGGER"))
  );
}
