import { afterBlank, afterDollarString, afterQuotedName, afterString, afterWord } from "./lex.ts";

/**
 * The highest n of the parameters `$n` in a statement; 0 where it has none. What looks like one within a literal, a
 * quoted name or a comment is none. Linear in the text.
 */
export function highestParameter(sql: string): number {
  let highest = 0;
  let at = 0;
  while (at < sql.length) {
    PARAMETER.lastIndex = at;
    const found = PARAMETER.exec(sql);
    if (found !== null) {
      highest = Math.max(highest, Number(found[1]));
      at = PARAMETER.lastIndex;
    } else at = Math.max(at + 1, afterToken(sql, at));
  }
  return highest;
}

const PARAMETER = /\$(\d{1,5})(?!\d)/y;

// After what begins here: the place itself where nothing of several signs does.
function afterToken(sql: string, at: number): number {
  const sign = sql[at] ?? "";
  const ended = (end: number): number => (end < 0 ? sql.length : end);
  if (sign === "'") return ended(afterString(sql, at, /(?:^|[^\w$])e$/i.test(sql.slice(Math.max(0, at - 2), at))));
  if (sign === '"') return ended(afterQuotedName(sql, at));
  if (sign === "$") return ended(afterDollarString(sql, at));
  return Math.max(afterBlank(sql, at), afterWord(sql, at));
}
