import type { Catalog } from "../../model/catalog.ts";
import { qualified } from "../../sql/identifier.ts";
import { readArray, readRange, writeArray, writeRange } from "../../sql/array-literal.ts";
import type { ArrayItem, RangeText } from "../../sql/array-literal.ts";
import { parseTypeName } from "../type-name.ts";

/** Types whose values are equal when they mean the same, and are masked together. */
export type Family =
  | "exact"
  | "real"
  | "double"
  | "date"
  | "moment"
  | "time"
  | "interval"
  | "uuid"
  | "macaddr"
  | "macaddr8"
  | "address"
  | "text"
  | "citext"
  | "bytea";

/** What the values of a type are made of. */
export type Shape =
  /** They say nothing of rows: booleans, and enumerations, which are schema. */
  | { readonly kind: "kept" }
  | { readonly kind: "leaf"; readonly family: Family; readonly type: string; readonly collation: string | null }
  | { readonly kind: "array"; readonly of: Shape }
  | { readonly kind: "range"; readonly of: Shape }
  /** `tsvector`: only its lexemes are in statistics. */
  | { readonly kind: "lexemes"; readonly of: Shape }
  | { readonly kind: "unknown"; readonly type: string };

const FAMILIES: Readonly<Record<string, Family>> = {
  smallint: "exact",
  integer: "exact",
  bigint: "exact",
  oid: "exact",
  numeric: "exact",
  real: "real",
  "double precision": "double",
  date: "date",
  "timestamp without time zone": "moment",
  "timestamp with time zone": "moment",
  "time without time zone": "time",
  interval: "interval",
  uuid: "uuid",
  macaddr: "macaddr",
  macaddr8: "macaddr8",
  inet: "address",
  cidr: "address",
  text: "text",
  "character varying": "text",
  character: "text",
  name: "text",
  citext: "citext",
  bytea: "bytea",
};

const RANGES: Readonly<Record<string, string>> = {
  int4range: "integer",
  int8range: "bigint",
  numrange: "numeric",
  tsrange: "timestamp without time zone",
  tstzrange: "timestamp with time zone",
  daterange: "date",
};

/** Reads the shape of a type from its name and the types that a catalog declares. */
export function shapesOf(catalog: Catalog): (type: string, collation: string | null) => Shape {
  const declared = new Map(
    catalog.objects.flatMap((object) =>
      object.kind === "enum" || object.kind === "domain" || object.kind === "range"
        ? [[qualified(object.schema, object.name), object] as const]
        : [],
    ),
  );
  const shapeOf = (type: string, collation: string | null): Shape => {
    const array = /^(.*?)(?:\[\])+$/s.exec(type);
    if (array !== null) return { kind: "array", of: shapeOf(array[1] ?? "", collation) };
    const own = declared.get(type);
    if (own?.kind === "enum") return { kind: "kept" };
    if (own?.kind === "domain") return shapeOf(own.type, collation ?? own.collation);
    if (own?.kind === "range") return { kind: "range", of: shapeOf(own.subtype, null) };
    const { schema, name } = parseTypeName(type);
    if (schema !== null && name !== "citext") return { kind: "unknown", type };
    if (name === "boolean") return { kind: "kept" };
    if (name === "tsvector") return { kind: "lexemes", of: leaf("text", "text", '"C"') };
    const range = RANGES[name] ?? RANGES[name.replace("multirange", "range")];
    if (range !== undefined) return { kind: "range", of: shapeOf(range, null) };
    const family = name.startsWith("interval")
      ? "interval"
      : Object.hasOwn(FAMILIES, name)
        ? FAMILIES[name]
        : undefined;
    if (family === undefined) return { kind: "unknown", type };
    return leaf(family, type, name === "name" ? '"C"' : collation);
  };
  return shapeOf;
}

const leaf = (family: Family, type: string, collation: string | null): Shape => ({
  kind: "leaf",
  family,
  type,
  collation: family === "text" || family === "citext" ? collation : null,
});

/** The leaves of a shape, as a function of the texts that stand there. */
export type OnLeaf = (shape: Extract<Shape, { kind: "leaf" }>, text: string) => string;

/** Whether values of a shape can be taken apart down to leaves. */
export function isKnown(shape: Shape): boolean {
  if (shape.kind === "unknown") return false;
  return shape.kind === "kept" || shape.kind === "leaf" || isKnown(shape.of);
}

/** A value with its leaves replaced. Throws an `Error` for text that is no value of the shape. */
export function mapLeaves(shape: Shape, text: string, onLeaf: OnLeaf): string {
  switch (shape.kind) {
    case "kept":
      return text;
    case "leaf":
      return onLeaf(shape, text);
    case "array": {
      const inner = (item: ArrayItem): ArrayItem =>
        item === null ? null : typeof item === "string" ? mapLeaves(shape.of, item, onLeaf) : item.map(inner);
      return writeArray(readArray(text).map(inner));
    }
    case "range": {
      const range = readRange(text);
      if (range === null) return text;
      const bound = (at: RangeText["lower"]): string | null => (at === null ? null : mapLeaves(shape.of, at, onLeaf));
      return writeRange({ ...range, lower: bound(range.lower), upper: bound(range.upper) });
    }
    case "lexemes":
    case "unknown":
      throw new Error("values of this type are not taken apart");
  }
}
