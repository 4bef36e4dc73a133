/** Where a text stops being JSON. */
export interface JsonFault {
  readonly offset: number;
  /** What stands there. */
  readonly what: string;
  readonly expected: string;
}

// Ours because the runtime's own message names no place in half of the cases, and repeats the text in others.
const BLANK = /[ \t\n\r]*/y;
// From the blank on, a quote and a backslash aside: control characters must be escaped.
const STRING = /"(?:[ !#-[\]-\u{10FFFF}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y;

/** The first place where a text is no JSON (RFC 8259), or null when it is. Nesting has no limit here. */
export function jsonFault(text: string): JsonFault | null {
  let at = 0;
  const open: ("{" | "[")[] = [];
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found !== null;
  };
  const fault = (expected: string): JsonFault => ({ offset: at, what: whatStands(text, at), expected });
  // What may come next: a value, the first or a further member, or what follows a value.
  let state: "value" | "first" | "key" | "after" = "value";
  for (;;) {
    skip(BLANK);
    const sign = text[at];
    const inside = open.at(-1);
    if (state === "after") {
      if (inside === undefined) return at === text.length ? null : fault("nothing after the document");
      const end = inside === "{" ? "}" : "]";
      if (sign !== "," && sign !== end) return fault(`a comma or ${end}`);
      if (sign === end) open.pop();
      else state = inside === "{" ? "key" : "value";
      at++;
      continue;
    }
    if (state === "first" && sign === (inside === "{" ? "}" : "]")) {
      open.pop();
      at++;
      state = "after";
      continue;
    }
    if (inside === "{" && (state === "first" || state === "key")) {
      if (!skip(STRING))
        return fault(state === "first" ? "a field name in double quotes, or }" : "a field name in double quotes");
      skip(BLANK);
      if (text[at] !== ":") return fault("a colon");
      at++;
      state = "value";
      continue;
    }
    if (sign === "{" || sign === "[") {
      open.push(sign);
      at++;
      state = "first";
    } else if (skip(STRING) || skip(SCALAR)) state = "after";
    else return fault("a value: a string in double quotes, a list, an object, a number, true, false or null");
  }
}

function whatStands(text: string, at: number): string {
  if (at >= text.length) return "it ends too early";
  const sign = String.fromCodePoint(text.codePointAt(at) ?? 0);
  return sign === '"'
    ? "a string without an end, or with a character that must be escaped"
    : `unexpected ${JSON.stringify(sign)}`;
}
