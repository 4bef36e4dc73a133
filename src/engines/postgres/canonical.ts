/*
 * The server prints an expression so that it parses back to the same meaning, not always to the same
 * text. `status IN ('a', 'b')` on a varchar column is printed as
 *   (status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])
 * and that text, once loaded, is printed as
 *   (status)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])
 * because a cast of an ARRAY[…] is handed down to its elements (transformArrayExpr in the server's
 * parse_expr.c). We take the second form for both, so that a schema equals its own reload.
 */

const START = "(ARRAY[";
const CAST = /\]\)::((?:"(?:[^"]|"")*"|[A-Za-z0-9_ .]|\([0-9, ]+\))+)\[\]/y;

// The position after the token at `at`: a whole literal or quoted name, else one character.
function tokenEnd(text: string, at: number): number {
  const quote = text[at];
  if (quote !== "'" && quote !== '"') return at + 1;
  const escapes = quote === "'" && text[at - 1] === "E";
  for (let index = at + 1; index < text.length; index++) {
    if (escapes && text[index] === "\\") index++;
    else if (text[index] === quote) {
      if (text[index + 1] !== quote) return index + 1;
      index++;
    }
  }
  return text.length;
}

// The elements of the ARRAY[ that opens before `at`, and where its "]" stands; null if it holds an array.
function elementsFrom(text: string, at: number): { elements: string[]; end: number } | null {
  const elements: string[] = [];
  let depth = 0;
  let start = at;
  for (let index = at; index < text.length; index = tokenEnd(text, index)) {
    const character = text[index];
    if (character === "(") depth++;
    else if (character === ")") depth--;
    else if (character === "[") return null;
    else if (character === "]" && depth === 0) {
      elements.push(text.slice(start, index).trim());
      return { elements, end: index };
    } else if (character === "," && depth === 0) {
      elements.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  return null;
}

/** An expression, or a clause that holds expressions, in the form it has after being loaded once more. */
export function canonical(text: string): string {
  if (!text.includes(START)) return text;
  const parts: string[] = [];
  let copied = 0;
  for (let index = 0; index < text.length; index = tokenEnd(text, index)) {
    if (!text.startsWith(START, index)) continue;
    const found = elementsFrom(text, index + START.length);
    if (found === null) continue;
    CAST.lastIndex = found.end;
    const type = CAST.exec(text)?.[1];
    if (type === undefined) continue;
    const elements = found.elements.map((element) => `(${element})::${type}`);
    parts.push(text.slice(copied, index), `ARRAY[${elements.join(", ")}]`);
    copied = CAST.lastIndex;
    index = copied - 1;
  }
  return [...parts, text.slice(copied)].join("");
}

/** {@link canonical} for text that may be absent. */
export function canonicalOrNull(text: string | null): string | null {
  return text === null ? null : canonical(text);
}
