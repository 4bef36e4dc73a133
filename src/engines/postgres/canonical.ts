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

/*
 * A constant in a later arm of UNION has no name of its own ("?column?") and is printed as `'b'::text`. That text, once
 * loaded, is a cast, which is named after its type, and is printed as `'b'::text AS text`. We leave the name out of
 * both: an expression without one is given the same (FigureColname in the server's parse_target.c).
 */
const NAMED_CONSTANT =
  /::((?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)(?:\.(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*))?|double precision|character varying|bit varying|time(?:stamp)?(?:\(\d\))? with(?:out)? time zone)(?:\([\d, ]+\))?(?:\[\])* AS ("(?:[^"]|"")+"|[\w$]+)(?![\w$"])/y;

// Types whose printed name is another than the one they have in the catalog.
const TYPE_NAMES: Readonly<Record<string, string>> = {
  integer: "int4",
  bigint: "int8",
  smallint: "int2",
  boolean: "bool",
  real: "float4",
  "double precision": "float8",
  character: "bpchar",
  "character varying": "varchar",
  "bit varying": "varbit",
  "timestamp without time zone": "timestamp",
  "timestamp with time zone": "timestamptz",
  "time without time zone": "time",
  "time with time zone": "timetz",
};

function nameOfType(type: string): string {
  const known = TYPE_NAMES[type.replace(/\(\d\)/, "")];
  if (known !== undefined) return known;
  const last = /(?:"((?:[^"]|"")+)"|([\w$]+))$/.exec(type);
  return last?.[1]?.replaceAll('""', '"') ?? last?.[2] ?? type;
}

/** A query as the server prints it, in the form it has after being loaded once more. */
export function canonicalQuery(text: string): string {
  const parts: string[] = [];
  let copied = 0;
  for (let index = 0; index < text.length;) {
    const isNull = text.startsWith("NULL::", index) && !/[\w$]/.test(text[index - 1] ?? "");
    const end = isNull ? index + "NULL".length : tokenEnd(text, index);
    if (isNull || text[index] === "'") {
      NAMED_CONSTANT.lastIndex = end;
      const match = NAMED_CONSTANT.exec(text);
      const [whole = "", type = "", name = ""] = match ?? [];
      if (
        match !== null &&
        nameOfType(type) === (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name)
      ) {
        const cut = end + whole.length - name.length - " AS ".length;
        parts.push(text.slice(copied, cut));
        copied = end + whole.length;
        index = copied;
        continue;
      }
    }
    index = end;
  }
  return canonical([...parts, text.slice(copied)].join(""));
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
