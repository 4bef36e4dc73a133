import { ident } from "../../sql/identifier.ts";
import type { ConditionColumn } from "./conditions.ts";

/** A bound of a column's values, both of it included. */
export interface Bound {
  readonly value: bigint;
  /** E.g. `>= 0`. */
  readonly what: string;
  readonly from: string;
}

/** The bounds that checks set to a column of whole numbers: plain comparisons with a constant, joined by AND. */
export function columnBounds({ stored }: ConditionColumn): { readonly low: Bound | null; readonly high: Bound | null } {
  const bounds: { low: Bound | null; high: Bound | null } = { low: null, high: null };
  if (stored === null || stored.table.table.foreign !== undefined) return bounds;
  const name = ident(stored.column.name);
  for (const one of stored.table.constraints) {
    if (one.type !== "check" || !one.validated || one.enforced === false || / NO INHERIT\b/.test(one.definition))
      continue;
    for (const part of parts(one.expression ?? "")) {
      const from = `check ${one.name}`;
      const found = /^(.+?) (>=|>|<=|<) (-?\d{1,18})$/.exec(part);
      if (found === null || found[1] !== name) continue;
      const number = BigInt(found[3] ?? "0");
      const operator = found[2] ?? "";
      const value = operator === ">" ? number + 1n : operator === "<" ? number - 1n : number;
      const bound: Bound = { value, what: `${operator} ${number}`, from };
      if (operator.startsWith(">")) bounds.low = bounds.low === null || bounds.low.value < value ? bound : bounds.low;
      else bounds.high = bounds.high === null || bounds.high.value > value ? bound : bounds.high;
    }
  }
  return bounds;
}

// `((a >= 0) AND (a <= 9))` is printed with every comparison in parentheses of its own; one alone, in no others.
function parts(expression: string): readonly string[] {
  const bare = expression.replaceAll(/'(-?\d+)'::(?:smallint|integer|bigint)\b/g, "$1");
  // A text may look like anything.
  if (/["']|\b(?:OR|NOT|CASE|IS)\b/.test(bare)) return [];
  const inner = / AND /.test(bare) ? bare.replace(/^\((\(.*\))\)$/, "$1") : bare.replace(/^([^()]*)$/, "($1)");
  return inner.split(" AND ").map((piece) => /^\(([^()]*)\)$/.exec(piece)?.[1] ?? "");
}
