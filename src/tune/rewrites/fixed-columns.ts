import type { Node } from "../../sql/nodes.ts";
import { comparesExactly } from "./facts.ts";
import type { Resolution, Source, SourceColumn } from "./meaning.ts";
import { operatorOf } from "./tree.ts";

/** `column = value`, with a value from elsewhere. */
export interface Fixed {
  readonly condition: Node;
  readonly value: Node;
}

/**
 * The stored columns of an item of FROM that conditions make equal to something that does not come from it, compared as
 * the column's own type.
 */
export function fixedColumns(
  conditions: readonly Node[],
  source: Source,
  names: Resolution,
): ReadonlyMap<string, Fixed> {
  const fixed = new Map<string, Fixed>();
  for (const condition of conditions) {
    const operator = operatorOf(condition);
    if (operator?.name !== "=") continue;
    for (const [side, value] of [
      [operator.left, operator.right],
      [operator.right, operator.left],
    ] as const) {
      const own = names.column(side);
      const stored = own?.column.stored;
      if (own === null || own.source !== source || stored === null || stored === undefined) continue;
      if (isOfItsType(value, own.column, source, names)) fixed.set(stored.column.name, { condition, value });
    }
  }
  return fixed;
}

function isOfItsType(value: Node, column: SourceColumn, source: Source, names: Resolution): boolean {
  // Text constants take the column's type; whole numbers are compared exactly with every kind of number but floats.
  if ("A_Const" in value) {
    if (value.A_Const.sval !== undefined) return column.type !== null;
    return value.A_Const.ival !== undefined && /^(?:smallint|integer|bigint|numeric)/.test(column.type ?? "");
  }
  const other = names.column(value);
  return other !== null && other.source !== source && comparesExactly(other.column, column);
}
