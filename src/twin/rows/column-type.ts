import type { CatalogView } from "../../model/catalog-view.ts";
import type { DomainObject } from "../../model/catalog.ts";

/** What a type holds, as far as drawing values is concerned. `other` cannot be drawn. */
export type ValueKind =
  | "text"
  | "integer"
  | "decimal"
  | "float"
  | "boolean"
  | "date"
  | "time"
  | "instant"
  | "duration"
  | "uuid"
  | "json"
  | "bytes"
  | "ip"
  | "point"
  | "words"
  | "enum"
  | "array"
  | "range"
  | "other";

/** A column's type with domains resolved. */
export interface ColumnType {
  readonly kind: ValueKind;
  /** The type below all domains, as SQL. */
  readonly sql: string;
  /** Longest text in characters, or null. */
  readonly length: number | null;
  /** Digits in all and after the point, of a decimal. */
  readonly precision: number | null;
  readonly scale: number | null;
  /** Largest value of an integer type. */
  readonly max: number | null;
  /** Labels of an enum, in order. */
  readonly values: readonly string[];
  /** Element of an array, subtype of a range. */
  readonly element: ColumnType | null;
  /** The domains passed through, outermost first. */
  readonly domains: readonly DomainObject[];
}

const KIND_OF: Readonly<Record<string, ValueKind>> = {
  text: "text",
  "character varying": "text",
  varchar: "text",
  character: "text",
  bpchar: "text",
  char: "text",
  name: "text",
  citext: "text",
  smallint: "integer",
  int2: "integer",
  integer: "integer",
  int: "integer",
  int4: "integer",
  bigint: "integer",
  int8: "integer",
  numeric: "decimal",
  decimal: "decimal",
  money: "decimal",
  real: "float",
  float4: "float",
  "double precision": "float",
  float8: "float",
  boolean: "boolean",
  bool: "boolean",
  date: "date",
  time: "time",
  "time without time zone": "time",
  "time with time zone": "time",
  timestamp: "instant",
  timestamptz: "instant",
  "timestamp without time zone": "instant",
  "timestamp with time zone": "instant",
  interval: "duration",
  uuid: "uuid",
  json: "json",
  jsonb: "json",
  bytea: "bytes",
  inet: "ip",
  cidr: "ip",
  point: "point",
  tsvector: "words",
};

const RANGE_OF: Readonly<Record<string, string>> = {
  int4range: "integer",
  int8range: "bigint",
  numrange: "numeric",
  tsrange: "timestamp without time zone",
  tstzrange: "timestamp with time zone",
  daterange: "date",
};

const INTEGER_MAX: Readonly<Record<string, number>> = {
  smallint: 32_767,
  int2: 32_767,
  integer: 2_147_483_647,
  int: 2_147_483_647,
  int4: 2_147_483_647,
};

/** The parts of a possibly qualified and quoted name: `app."Task status"` gives ["app", "Task status"]. */
export function nameParts(text: string): readonly string[] {
  const parts: string[] = [];
  for (const match of text.matchAll(/"((?:[^"]|"")*)"|([^".]+)/g)) {
    parts.push(match[1] === undefined ? (match[2] as string) : match[1].replaceAll('""', '"'));
  }
  return parts;
}

// `numeric(12,2)`, `timestamp(3) with time zone`: the words and the modifiers.
function split(sql: string): { readonly words: string; readonly modifiers: readonly number[] } {
  const match = /^([^(]*?)\s*(?:\(([\d,\s-]+)\))?([^()]*)$/s.exec(sql);
  if (match === null) return { words: sql, modifiers: [] };
  return {
    words: `${match[1] ?? ""}${match[3] ?? ""}`.trim(),
    modifiers: (match[2] ?? "").split(",").filter(Boolean).map(Number),
  };
}

const PLAIN = {
  length: null,
  precision: null,
  scale: null,
  max: null,
  values: [],
  element: null,
  domains: [],
} as const;

/** Resolves a type as a catalog spells it. Never throws: what is unknown is of kind `other`. */
export function columnType(view: CatalogView, sql: string): ColumnType {
  if (sql.endsWith("[]")) {
    const element = columnType(view, sql.slice(0, -2));
    return { ...PLAIN, kind: element.kind === "other" ? "other" : "array", sql: `${element.sql}[]`, element };
  }
  const { words, modifiers } = split(sql);
  const plain = words.replace(/^pg_catalog\./, "").toLowerCase();
  const range = RANGE_OF[plain];
  if (range !== undefined) return { ...PLAIN, kind: "range", sql, element: columnType(view, range) };
  const kind = KIND_OF[plain];
  if (kind === undefined) return userType(view, sql, words);
  const length = kind === "text" ? (modifiers[0] ?? (/^char(acter)?$/.test(plain) ? 1 : null)) : null;
  return {
    ...PLAIN,
    kind,
    sql,
    length,
    precision: kind === "decimal" ? (modifiers[0] ?? null) : null,
    scale: kind === "decimal" ? (modifiers[1] ?? (modifiers.length === 1 ? 0 : plain === "money" ? 2 : null)) : null,
    max: kind === "integer" ? (INTEGER_MAX[plain] ?? Number.MAX_SAFE_INTEGER) : null,
  };
}

function userType(view: CatalogView, sql: string, words: string): ColumnType {
  const parts = nameParts(words);
  const name = parts.at(-1) ?? "";
  const schema = parts.length > 1 ? (parts.at(-2) ?? null) : null;
  const named = (object: { readonly schema: string | null; readonly name: string }): boolean =>
    object.name === name && (schema === null || object.schema === schema);
  const list = view.of("enum").find(named);
  if (list !== undefined) return { ...PLAIN, kind: "enum", sql, values: list.values };
  const domain = view.of("domain").find(named);
  if (domain !== undefined) {
    const below = columnType(view, domain.type);
    return { ...below, domains: [domain, ...below.domains] };
  }
  // An extension's type in whatever schema it was installed.
  if (name === "citext") return { ...PLAIN, kind: "text", sql };
  return { ...PLAIN, kind: "other", sql };
}
