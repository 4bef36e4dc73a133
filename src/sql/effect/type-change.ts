import { bareType, typeModifiers } from "./type-text.ts";

/** What changing a column's type costs: nothing but the catalog, its indexes anew, or the whole table anew. */
export type TypeChangeCost = "catalog" | "rewrite";

// Pairs whose values have the same bytes (pg_cast.castmethod = 'b'), to a type without modifiers.
const SAME_BYTES: Readonly<Record<string, readonly string[]>> = {
  "character varying": ["text"],
  text: ["character varying"],
  cidr: ["inet"],
  integer: ["oid"],
  xml: ["text", "character varying"],
  citext: ["text", "character varying"],
};

/** Types whose one modifier is a limit that may grow. */
const GROWS = new Set([
  "character varying",
  "bit varying",
  "time without time zone",
  "time with time zone",
  "timestamp without time zone",
  "timestamp with time zone",
  "interval",
]);

/**
 * Whether the server must write the table anew when a column goes from one type to another (both as the server
 * prints them), without USING. Follows `ATColumnChangeRequiresRewrite` and the length coercions that the planner
 * simplifies away. Between timestamp and timestamptz it depends on the session's time zone: taken as a rewrite.
 */
export function typeChangeCost(from: string, to: string): TypeChangeCost {
  if (from === to) return "catalog";
  if (from.endsWith("[]") !== to.endsWith("[]")) return "rewrite";
  const [a, b] = [bareType(from), bareType(to)];
  const [had, has] = [typeModifiers(from), typeModifiers(to)];
  if (a !== b) return has.length === 0 && SAME_BYTES[a]?.includes(b) === true ? "catalog" : "rewrite";
  if (has.length === 0) return a === "character" ? "rewrite" : "catalog";
  if (had.length === 0) return "rewrite";
  if (a === "numeric") {
    const grows = (has[0] ?? 0) >= (had[0] ?? 0) && (has[1] ?? 0) === (had[1] ?? 0);
    return grows ? "catalog" : "rewrite";
  }
  return GROWS.has(a) && (has[0] ?? 0) >= (had[0] ?? 0) ? "catalog" : "rewrite";
}

// Whole numbers by width; a value always fits into one further right.
const WIDTHS = ["smallint", "integer", "bigint", "numeric"];

/** Whether a change of type may cut or round values that fit before. Null where it cannot be told. */
export function mayLoseValues(from: string | undefined, to: string): boolean | null {
  if (from === undefined) return null;
  const [a, b] = [bareType(from), bareType(to)];
  if (typeChangeCost(from, to) === "catalog" || b === "text") return false;
  if (WIDTHS.includes(a) && WIDTHS.includes(b)) {
    return WIDTHS.indexOf(b) >= WIDTHS.indexOf(a) && typeModifiers(to).length === 0 ? false : a === "numeric";
  }
  if (/^(?:numeric|real|double precision)$/.test(a)) return /^(?:smallint|integer|bigint|real|numeric)$/.test(b);
  if (a.startsWith("timestamp")) return /^(?:date|time)\b/.test(b);
  return a === "jsonb" || a === "json" ? false : null;
}
