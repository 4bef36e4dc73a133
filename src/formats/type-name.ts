/** A type as PostgreSQL prints it (`format_type`), taken apart. */
export interface TypeName {
  /** The schema it is qualified with, or null; `pg_catalog` is taken off. */
  readonly schema: string | null;
  /** Unquoted, and in the long spelling for the built-in types: `character varying`, never `varchar`. */
  readonly name: string;
  /** The modifiers as written: `["12", "2"]` for `numeric(12,2)`. */
  readonly modifiers: readonly string[];
  /** How many pairs of brackets follow. */
  readonly dimensions: number;
}

// The short spellings people write and the long ones the server prints (PostgreSQL manual, table 8.1).
const LONG: Readonly<Record<string, string>> = {
  int: "integer",
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  float4: "real",
  float8: "double precision",
  bool: "boolean",
  decimal: "numeric",
  varchar: "character varying",
  char: "character",
  bpchar: "character",
  varbit: "bit varying",
  timestamp: "timestamp without time zone",
  timestamptz: "timestamp with time zone",
  time: "time without time zone",
  timetz: "time with time zone",
};

const SHORT: Readonly<Record<string, string>> = {
  integer: "int",
  "double precision": "double",
  "character varying": "varchar",
  character: "char",
  "bit varying": "varbit",
  "timestamp without time zone": "timestamp",
  "timestamp with time zone": "timestamptz",
  "time without time zone": "time",
  "time with time zone": "timetz",
};

interface Scanned {
  readonly parts: readonly string[];
  readonly modifiers: readonly string[];
}

// One pass over the text: quoted names may hold dots, brackets and parentheses of their own.
function scan(text: string): Scanned {
  const parts: string[] = [""];
  let modifiers: string[] = [];
  for (const [token] of text.matchAll(/"(?:[^"]|"")*"|\([^)]*\)|\.|[^".(]+|./gs)) {
    if (token === ".") parts.push("");
    else if (token.startsWith("("))
      modifiers = token
        .slice(1, -1)
        .split(",")
        .map((part) => part.trim());
    else parts.push((parts.pop() ?? "") + (token === '"char"' ? token : unquote(token)));
  }
  return { parts, modifiers };
}

function unquote(token: string): string {
  return token.startsWith('"') && token.length > 1 ? token.slice(1, -1).replaceAll('""', '"') : token;
}

/** Takes a type's text apart. Never throws: what it cannot read becomes the name as a whole. */
export function parseTypeName(text: string): TypeName {
  const brackets = /(?:\s*\[\d*\])+$/.exec(text);
  const dimensions = brackets === null ? 0 : brackets[0].split("[").length - 1;
  const bare = (brackets === null ? text : text.slice(0, brackets.index)).trim();
  const { parts, modifiers } = scan(bare);
  const name = bare.includes('"') ? (parts.at(-1) ?? bare) : (parts.at(-1) ?? bare).replaceAll(/\s+/g, " ").trim();
  const schema = parts.length > 1 ? (parts.at(-2) ?? null) : null;
  const builtIn = schema === null || schema === "pg_catalog";
  return {
    schema: builtIn ? null : schema,
    name: builtIn && !bare.includes('"') ? (LONG[name] ?? name) : name,
    modifiers,
    dimensions,
  };
}

/** The spelling that fits a diagram: `varchar(40)`, `timestamptz`, `numeric(12,2)`, `int[]`; schemas are left off. */
export function compactType(text: string): string {
  const type = parseTypeName(text);
  const name = type.schema === null ? (SHORT[type.name] ?? type.name) : type.name;
  const modifiers = type.modifiers.length === 0 ? "" : `(${type.modifiers.join(",")})`;
  return `${name}${modifiers}${type.dimensions > 0 ? "[]" : ""}`;
}
