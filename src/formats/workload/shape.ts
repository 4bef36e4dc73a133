import { afterBlank, afterDollarString, afterQuotedName, afterString, afterWord } from "../../sql/lex.ts";

const NUMBER = /\d[\d.]*/y;

/**
 * A statement's text without what its literals say: texts that differ in literals alone share it, so that the grammar
 * need read only one of them. Linear in the text; what is merged has the same form, and little else has.
 */
export function lexicalShape(sql: string): string {
  let shape = "";
  let at = 0;
  while (at < sql.length) {
    const sign = sql[at] ?? "";
    if (sign === "'") {
      const escapes = /(?:^|[^\w$])e$/i.test(sql.slice(Math.max(0, at - 2), at));
      shape += "''";
      at = ended(afterString(sql, at, escapes), sql);
      continue;
    }
    NUMBER.lastIndex = at;
    if (NUMBER.test(sql)) {
      shape += "0";
      at = NUMBER.lastIndex;
      continue;
    }
    const end = sign === "$" ? afterParameter(sql, at) : Math.max(afterBlank(sql, at), afterWord(sql, at));
    const next = Math.max(at + 1, sign === '"' ? ended(afterQuotedName(sql, at), sql) : end);
    shape += sql.slice(at, next);
    at = next;
  }
  return shape;
}

const ended = (end: number, sql: string): number => (end < 0 ? sql.length : end);

const PARAMETER = /\$\d+/y;

// A parameter's number is no literal: it stays, as does all of a literal in dollars.
function afterParameter(sql: string, at: number): number {
  PARAMETER.lastIndex = at;
  return PARAMETER.test(sql) ? PARAMETER.lastIndex : ended(afterDollarString(sql, at), sql);
}
