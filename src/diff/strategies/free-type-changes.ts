import type { Catalog, ColumnObject } from "../../model/catalog.ts";
import { qualified } from "../../sql/identifier.ts";

/*
 * Changes of a column's type that the server makes in its catalog alone, without reading or writing rows: the
 * types share their storage, and no value of the first lies outside the second (ATColumnChangeRequiresRewrite and
 * the support functions of the length coercions).
 */

interface Shape {
  readonly base: string;
  readonly modifiers: readonly number[] | null;
  readonly rest: string;
}

function shapeOf(type: string): Shape {
  const match = /^([^(]*)(?:\(([\d, -]+)\))?(.*)$/s.exec(type);
  const modifiers = match?.[2]?.split(",").map(Number) ?? null;
  return { base: (match?.[1] ?? type).trim(), modifiers, rest: (match?.[3] ?? "").trim() };
}

const TIMES = new Set(["time", "timestamp", "interval"]);
const PRECISION_MAX = 6;

function widens(a: Shape, b: Shape): boolean {
  if (a.base !== b.base || a.rest !== b.rest) return false;
  if (a.base === "character varying" || a.base === "bit varying")
    return b.modifiers === null || (a.modifiers !== null && (a.modifiers[0] ?? 0) <= (b.modifiers[0] ?? 0));
  if (a.base === "numeric") {
    if (b.modifiers === null) return true;
    if (a.modifiers === null) return false;
    return (a.modifiers[1] ?? 0) === (b.modifiers[1] ?? 0) && (a.modifiers[0] ?? 0) <= (b.modifiers[0] ?? 0);
  }
  if (TIMES.has(a.base)) return (b.modifiers?.[0] ?? PRECISION_MAX) >= (a.modifiers?.[0] ?? PRECISION_MAX);
  return false;
}

/** Whether the server changes a column from one type to the other without touching rows. */
export function isFree(from: string, to: string): boolean {
  if (from === to) return false;
  const [a, b] = [shapeOf(from), shapeOf(to)];
  if (a.rest.includes("[]") || b.rest.includes("[]")) return false;
  if (a.base === "character varying" && b.base === "text") return true;
  if (a.base === "text" && b.base === "character varying" && b.modifiers === null) return true;
  if (a.base === "cidr" && b.base === "inet") return true;
  return widens(a, b);
}

const INTEGERS = ["smallint", "integer", "bigint", "numeric"];
const TEXTS = /^(?:character varying|text|character)(?:\(|$)/;

/** Whether every value of the first type is, under the cast, a value of the second, so that no write can fail of it. */
export function isTotal(from: string, to: string): boolean {
  if (isFree(from, to) || to === "text") return true;
  const [a, b] = [INTEGERS.indexOf(from), INTEGERS.indexOf(to)];
  if (a >= 0 && b >= a) return true;
  if (from === "date" && to.startsWith("timestamp")) return true;
  if (from === "real" && to === "double precision") return true;
  return from === "json" && to === "jsonb";
}

const UNBOUNDED = new Set(["text", "character varying"]);
// Types whose text tells every value from every other, whatever the session's settings.
const TOLD_APART = /^(?:smallint|integer|bigint|numeric(?:\(.*\))?|boolean|uuid|character varying(?:\(\d+\))?|text)$/;

/**
 * Whether the cast from one column's type to the other's never fails and leads from no two values to the same, so that
 * what is equal to it holds all that the column held.
 */
export function keepsAll(before: ColumnObject, after: ColumnObject, catalog: Catalog): boolean {
  const [from, to] = [before.type, after.type];
  if (from === to || isFree(from, to)) return true;
  if (UNBOUNDED.has(to)) return TOLD_APART.test(from) || isEnum(from, catalog);
  const [a, b] = [INTEGERS.indexOf(from), INTEGERS.indexOf(to)];
  if (a >= 0 && b >= a) return true;
  return from === "real" && to === "double precision";
}

const isEnum = (type: string, { objects }: Catalog): boolean =>
  objects.some(({ kind, schema, name }) => kind === "enum" && qualified(schema, name) === type);

/** Whether application code that reads and writes one type works with the other, as long as values fit both. */
export function isInterchangeable(from: string, to: string): boolean {
  const integers = INTEGERS.slice(0, 3);
  if (integers.includes(from) && integers.includes(to)) return true;
  if (TEXTS.test(from) && TEXTS.test(to)) return true;
  return shapeOf(from).base === "numeric" && shapeOf(to).base === "numeric";
}
