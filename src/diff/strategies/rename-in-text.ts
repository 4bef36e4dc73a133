import { afterName, afterString } from "../../sql/lex.ts";

const CAST_OR_PATH = /(?:::|\.|\bCOLLATE|\bAS)\s*$/i;

/**
 * A definition that the server printed of an index, with one column's name put for another. What is not a column
 * although it reads the same (a type after `::`, a function before its arguments, a literal, a part of a path)
 * stays. `from` and `to` are printed names.
 */
export function renamedColumn(text: string, from: string, to: string): string {
  let result = "";
  let at = 0;
  while (at < text.length) {
    if (text[at] === "'") {
      const end = afterString(text, at, /E$/i.test(text.slice(0, at)));
      if (end < 0) return result + text.slice(at);
      result += text.slice(at, end);
      at = end;
      continue;
    }
    const end = afterName(text, at);
    if (end === at) {
      // A number is followed by no name.
      const digits = /^\d[\w.]*/.exec(text.slice(at))?.[0].length ?? 1;
      result += text.slice(at, at + digits);
      at += digits;
      continue;
    }
    const name = text.slice(at, end);
    const isColumn = name === from && !CAST_OR_PATH.test(result) && !/^\s*[(.]/.test(text.slice(end));
    result += isColumn ? to : name;
    at = end;
  }
  return result;
}
