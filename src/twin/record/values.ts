import { literal } from "../../engines/postgres/print.ts";
import { tokensOf } from "../../sql/split.ts";

/** A statement with `$1`, `$2` … replaced by the values, as the server would read them; what has no value stays. */
export function withValues(sql: string, values: readonly unknown[]): string {
  if (values.length === 0) return sql;
  let text = "";
  let at = 0;
  for (const { start } of tokensOf(sql)) {
    if (start < at || sql[start] !== "$") continue;
    const number = /^\$(\d+)/.exec(sql.slice(start, start + 12))?.[1];
    if (number === undefined || Number(number) > values.length) continue;
    text += sql.slice(at, start) + valueText(values[Number(number) - 1]);
    at = start + 1 + number.length;
  }
  return text + sql.slice(at);
}

// As pg sends a value: everything is text whose type the server infers.
function valueText(value: unknown): string {
  if (value === null || value === undefined) return "NULL";
  if (typeof value === "number" || typeof value === "bigint") return value < 0 ? `(${value})` : String(value);
  if (typeof value === "boolean") return String(value);
  if (value instanceof Date) return literal(value.toISOString());
  if (value instanceof Uint8Array) return literal(`\\x${Buffer.from(value).toString("hex")}`);
  if (Array.isArray(value)) return literal(arrayText(value));
  return literal(plainText(value));
}

function plainText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function arrayText(values: readonly unknown[]): string {
  const items = values.map((value) => {
    if (value === null || value === undefined) return "NULL";
    if (Array.isArray(value)) return arrayText(value);
    return `"${plainText(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  });
  return `{${items.join(",")}}`;
}
