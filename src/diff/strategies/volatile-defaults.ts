import { afterString } from "../../sql/lex.ts";

// Functions of the server that give every row of one statement the same value, so that ADD COLUMN need not write rows.
const STEADY: ReadonlySet<string> = new Set([
  "now",
  "transaction_timestamp",
  "statement_timestamp",
  "timezone",
  "date_trunc",
  "date_part",
  "make_interval",
  "make_date",
  "make_timestamp",
  "make_timestamptz",
  "to_char",
  "to_date",
  "to_timestamp",
  "lower",
  "upper",
  "length",
  "abs",
  "round",
  "concat",
  "coalesce",
  "greatest",
  "least",
  "nullif",
  "md5",
  "decode",
  "encode",
  "jsonb_build_object",
  "jsonb_build_array",
  "json_build_object",
  "json_build_array",
  "current_setting",
  "current_schema",
  "current_database",
  "numrange",
  "int4range",
  "int8range",
  "tsrange",
  "tstzrange",
  "daterange",
]);

// What may stand before a parenthesis and is no function.
const WORDS: ReadonlySet<string> = new Set([
  "in",
  "any",
  "all",
  "array",
  "and",
  "or",
  "not",
  "row",
  "case",
  "when",
  "then",
  "else",
  "is",
]);

function withoutStrings(text: string): string {
  let result = "";
  for (let at = 0; at < text.length;) {
    if (text[at] !== "'") {
      result += text[at++] ?? "";
      continue;
    }
    const end = afterString(text, at, text[at - 1] === "E");
    if (end < 0) return text;
    at = end;
    result += " ";
  }
  return result;
}

/**
 * Whether a default, as the server prints it, may give each row another value. Any function that is not known to be
 * steady counts: the way for volatile defaults is right for steady ones, too.
 */
export function mayVary(expression: string): boolean {
  const text = withoutStrings(expression);
  // Types have modifiers in parentheses: numeric(8,2), after a cast.
  const calls = text.replaceAll(/::[\w". ]+(?:\([\d, ]+\))?/g, " ").matchAll(/((?:"(?:[^"]|"")*"|[\w$.])+)\s*\(/g);
  for (const [, name = ""] of calls) {
    const plain = name.replace(/^pg_catalog\./, "").toLowerCase();
    if (!STEADY.has(plain) && !WORDS.has(plain)) return true;
  }
  return false;
}
