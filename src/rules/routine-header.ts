import { afterBlank, afterName, afterQuotedName, afterString, afterWord } from "../sql/lex.ts";

/** What a routine's definition, as the server prints it, says between its arguments and its body. */
export interface RoutineHeader {
  readonly volatility: "immutable" | "stable" | "volatile";
  /** Whether the routine sets its own search_path. */
  readonly searchPath: boolean;
  /** A body that the server keeps parsed (BEGIN ATOMIC or RETURN): names in it were resolved when it was made. */
  readonly parsedBody: boolean;
  /** Where the body begins: the index of AS, BEGIN or RETURN. */
  readonly bodyAt: number;
}

// After a parenthesis that opens at `at`, strings and quoted names in it skipped.
function afterParenthesis(text: string, at: number): number {
  let depth = 0;
  let index = at;
  while (index < text.length) {
    const character = text[index];
    if (character === "(") depth++;
    else if (character === ")" && --depth === 0) return index + 1;
    index = afterToken(text, index);
  }
  return text.length;
}

// After a string, a quoted name, a word, or one character.
function afterToken(text: string, at: number): number {
  const character = text[at];
  let end = at + 1;
  if (character === "'") end = afterString(text, at, /[eE]/.test(text[at - 1] ?? "") && !/\w/.test(text[at - 2] ?? ""));
  else if (character === '"') end = afterQuotedName(text, at);
  else end = Math.max(end, afterWord(text, at));
  return end < 0 ? text.length : end;
}

/** Reads the header of a definition as `pg_get_functiondef` prints it; null where it has another form. */
export function routineHeader(definition: string): RoutineHeader | null {
  const start = /^CREATE OR REPLACE (?:FUNCTION|PROCEDURE) /.exec(definition)?.[0].length;
  if (start === undefined) return null;
  let at = afterName(definition, start);
  if (definition[at] === ".") at = afterName(definition, at + 1);
  if (definition[at] !== "(") return null;
  at = afterParenthesis(definition, at);
  let volatility: RoutineHeader["volatility"] = "volatile";
  let searchPath = false;
  let before = "";
  while (at < definition.length) {
    at = afterBlank(definition, at);
    const end = afterToken(definition, at);
    const token = definition.slice(at, end);
    if (token === "AS") return { volatility, searchPath, parsedBody: false, bodyAt: at };
    if (token === "RETURN" || token === "BEGIN") return { volatility, searchPath, parsedBody: true, bodyAt: at };
    if (token === "IMMUTABLE") volatility = "immutable";
    else if (token === "STABLE") volatility = "stable";
    else if (token === "search_path" && before === "SET") searchPath = true;
    before = token;
    at = token === "(" ? afterParenthesis(definition, at) : end;
  }
  return null;
}
