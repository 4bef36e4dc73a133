import type { ColumnObject } from "../../model/catalog.ts";
import { prismaString } from "./names.ts";
import type { Scalar } from "./schema.ts";

const NUMBER = /^\(?'?(-?\d+(?:\.\d+)?)'?\)?(?:::[\w .(),"]+)?$/;
const LITERAL = /^'((?:[^'\\]|'')*)'(?:::.+)?$/s;
const EMPTY_LIST = /^(?:'\{\}'|ARRAY\[\])::/;

/**
 * The `@default(…)` of a column, or null. Values become values of Prisma's; everything else, a generated
 * column included, is `dbgenerated`, so that the client may leave the field out.
 */
export function defaultOf(column: ColumnObject, scalar: Scalar): string | null {
  if (column.generated !== null) return "@default(dbgenerated())";
  const counts = scalar.supported && !scalar.list && (scalar.type === "Int" || scalar.type === "BigInt");
  if (column.identity !== null) return counts ? "@default(autoincrement())" : "@default(dbgenerated())";
  const expression = column.default?.trim() ?? "";
  if (expression === "" || /^NULL(::|$)/i.test(expression)) return null;
  if (counts && /^nextval\('[^']+'::regclass\)$/.test(expression)) return "@default(autoincrement())";
  const value = scalar.supported ? valueOf(expression, scalar) : null;
  return `@default(${value ?? `dbgenerated(${prismaString(expression)})`})`;
}

function valueOf(expression: string, scalar: Scalar): string | null {
  if (scalar.list) return EMPTY_LIST.test(expression) ? "[]" : null;
  const literal = LITERAL.exec(expression)?.[1]?.replaceAll("''", "'") ?? null;
  if (scalar.enum !== null) return literal === null ? null : (scalar.enum.values.get(literal) ?? null);
  const number = NUMBER.exec(expression)?.[1] ?? null;
  switch (scalar.type) {
    case "Boolean":
      return /^(true|false)$/.test(expression) ? expression : null;
    case "Int":
    case "BigInt":
      return number === null || number.includes(".") ? null : number;
    case "Float":
    case "Decimal":
      return number;
    case "DateTime":
      return nowOf(expression, scalar);
    case "Json":
      return literal !== null && isJson(literal) ? prismaString(literal) : null;
    case "String":
      return literal === null ? null : prismaString(literal);
    default:
      return null;
  }
}

// `now()` of Prisma is CURRENT_TIMESTAMP; for a date or a time the database's own expression is kept.
function nowOf(expression: string, scalar: Scalar): string | null {
  const instant = scalar.native?.startsWith("Timestamp") === true;
  return instant && /^(now\(\)|CURRENT_TIMESTAMP)$/i.test(expression) ? "now()" : null;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
