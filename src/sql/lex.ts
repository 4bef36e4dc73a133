/*
 * The lexical rules of PostgreSQL's SQL, as functions from a place in a text to the place after a token.
 * They follow the chapter "Lexical Structure" of its manual. Each one is linear in what it skips.
 */

const SPACE = /[ \t\n\r\f\v]+/y;
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const LINE_END = /[\n\r]/g;
const COMMENT_MARK = /\/\*|\*\//g;
const BACKSLASH_OR_QUOTE = /[\\']/g;
// Two literals with white space and a line break between them are one; a comment may end a line of it.
const CONTINUATION = /(?:[ \t\f\v]|--[^\n\r]*(?=[\n\r]))*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*'/y;

function matchEnd(pattern: RegExp, text: string, index: number): number {
  pattern.lastIndex = index;
  return pattern.test(text) ? pattern.lastIndex : index;
}

/** After a line comment that starts at `index`; the line break does not belong to it. */
export function afterLineComment(text: string, index: number): number {
  LINE_END.lastIndex = index;
  return LINE_END.test(text) ? LINE_END.lastIndex - 1 : text.length;
}

/** After a block comment that starts at `index`, nested ones included; -1 when it does not end. */
export function afterBlockComment(text: string, index: number): number {
  let depth = 0;
  let from = index;
  for (;;) {
    COMMENT_MARK.lastIndex = from;
    const mark = COMMENT_MARK.exec(text);
    if (mark === null) return -1;
    from = mark.index + 2;
    depth += mark[0] === "/*" ? 1 : -1;
    if (depth === 0) return from;
  }
}

/** After white space and comments; stops before a block comment that does not end. */
export function afterBlank(text: string, index: number): number {
  let at = index;
  for (;;) {
    const before = at;
    at = matchEnd(SPACE, text, at);
    if (text.startsWith("--", at)) at = afterLineComment(text, at);
    else if (text.startsWith("/*", at)) {
      const end = afterBlockComment(text, at);
      if (end < 0) return at;
      at = end;
    }
    if (at === before) return at;
  }
}

/** After a keyword or a name without quotes at `index`; `index` itself when there is none. */
export function afterWord(text: string, index: number): number {
  return matchEnd(WORD, text, index);
}

/** After a name in double quotes that starts at `index`; -1 when it does not end. */
export function afterQuotedName(text: string, index: number): number {
  let at = index + 1;
  for (;;) {
    at = text.indexOf('"', at);
    if (at < 0) return -1;
    if (text[at + 1] !== '"') return at + 1;
    at += 2;
  }
}

/** After a string whose opening quote is at `index`; -1 when it does not end. `escapes`: a backslash quotes. */
export function afterString(text: string, index: number, escapes: boolean): number {
  let at = index + 1;
  for (;;) {
    if (escapes) {
      BACKSLASH_OR_QUOTE.lastIndex = at;
      at = BACKSLASH_OR_QUOTE.test(text) ? BACKSLASH_OR_QUOTE.lastIndex - 1 : -1;
      if (at >= 0 && text[at] === "\\") {
        at += 2;
        continue;
      }
    } else at = text.indexOf("'", at);
    if (at < 0) return -1;
    if (text[at + 1] === "'") at += 2;
    else {
      // Only where a backslash quotes does it matter that a continued literal is the same literal.
      const next = escapes ? matchEnd(CONTINUATION, text, at + 1) : at + 1;
      if (next === at + 1) return next;
      at = next;
    }
  }
}

/** After a dollar-quoted string that starts at `index`; `index` when there is none, -1 when it does not end. */
export function afterDollarString(text: string, index: number): number {
  const body = matchEnd(DOLLAR_TAG, text, index);
  if (body === index) return index;
  const tag = text.slice(index, body);
  const end = text.indexOf(tag, body);
  return end < 0 ? -1 : end + tag.length;
}

/** After one name, quoted, unquoted or in the `U&"…"` form, at `index`; `index` when there is none. */
export function afterName(text: string, index: number): number {
  const quote = /U&(?=")/iy;
  const start = matchEnd(quote, text, index);
  if (text[start] !== '"') return afterWord(text, index);
  const end = afterQuotedName(text, start);
  return end < 0 ? index : end;
}
