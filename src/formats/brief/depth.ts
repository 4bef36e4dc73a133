import { Lexer } from "yaml";

/** Deepest nesting of a brief's document; the language needs eight levels. */
export const DEPTH_MAX = 40;
/** A line of a brief does not begin further to the right. */
const INDENT_MAX = 200;
/** What the lexer puts before the text of a scalar. */
const SCALAR = "\u001f";

/**
 * Where the text first nests deeper than {@link DEPTH_MAX}, as an offset, or null. Judged from the tokens
 * alone: the parser recurses, and near the end of its stack the process itself can die, uncatchably, in
 * the compilation of a regular expression.
 */
export function tooDeepAt(source: string): number | null {
  let offset = 0;
  let flow = 0;
  let indicators = 0;
  let previous = "\n";
  for (const token of new Lexer().lex(source)) {
    const text = previous !== SCALAR;
    if (text && (token === "[" || token === "{")) flow += 1;
    if (text && (token === "]" || token === "}")) flow = Math.max(0, flow - 1);
    if (token === "\n" || token === "\r\n") indicators = 0;
    else if (text && flow === 0 && (token === "-" || token === "?" || token === ":")) indicators += 1;
    const indented = previous === "\n" && /^ +$/.test(token) && token.length > INDENT_MAX;
    if (flow > DEPTH_MAX || indicators > DEPTH_MAX || indented) return offset;
    // Markers (a byte order mark, the beginning of a document or scalar) are no part of the source.
    if (!["\u0002", "\u0018", SCALAR].includes(token)) offset += token.length;
    previous = token === "\r\n" ? "\n" : token;
  }
  return null;
}
