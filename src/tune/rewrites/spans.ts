import type { Precondition } from "./rewrite.ts";
import type { Node } from "../../sql/nodes.ts";
import { momentOf, momentText } from "./calendar.ts";
import { factOf } from "./conditions.ts";
import type { Change, ConditionPlace } from "./conditions.ts";
import { all, callOf, castOf, comparisonOf, SWAPPED, textNode, textOf } from "./terms.ts";
import type { Comparison, Operator } from "./terms.ts";
import { operation } from "./tree.ts";

/** A column that holds times whose days do not depend on the session's time zone. */
export interface TimeColumn {
  readonly node: Node;
  readonly type: "timestamp" | "date";
  /** What follows the literals it is compared with: the zone of a column that is read in UTC. */
  readonly suffix: "" | "+00";
  readonly precondition: Precondition;
}

/** The column behind an expression: of type timestamp or date, or a timestamptz read `AT TIME ZONE 'UTC'`. */
export function timeColumn(node: Node, place: ConditionPlace): TimeColumn | null {
  const column = place.column(node);
  if (column !== null) {
    const { type } = column;
    const precondition = factOf(column, `is of type ${type}`, "column type");
    if (type === "date") return { node, type: "date", suffix: "", precondition };
    return /^timestamp(?:\(\d\))? without time zone$/.test(type)
      ? { node, type: "timestamp", suffix: "", precondition }
      : null;
  }
  const call = callOf(node);
  const [zone, inner] = call?.args ?? [];
  if (call?.name !== "timezone" || inner === undefined || textOf(zone) !== "UTC" || !place.isBuiltIn("timezone"))
    return null;
  const zoned = place.column(inner);
  if (zoned === null || !/^timestamp(?:\(\d\))? with time zone$/.test(zoned.type)) return null;
  return {
    node: inner,
    type: "timestamp",
    suffix: "+00",
    precondition: factOf(zoned, "is a moment, and UTC, in which it is read, has no change of clocks", "column type"),
  };
}

/** A moment as the literal that a column is compared with. */
export function momentNode(moment: number, { suffix }: TimeColumn): Node {
  const text = momentText(moment);
  return textNode(suffix === "" ? text : `${text.length === 10 ? `${text} 00:00:00` : text}${suffix}`);
}

/** A moment written as a literal, bare or cast to date or timestamp. */
export function literalMoment(node: Node, wanted: "date" | "timestamp"): number | null {
  const cast = castOf(node);
  if (cast !== null && cast.type !== "date" && cast.type !== "timestamp") return null;
  const text = textOf(cast?.arg ?? node);
  // A time is no part of a date: the server drops it from the literal.
  if (text === null || ((cast?.type ?? wanted) === "date" && text.length !== 10)) return null;
  return momentOf(text);
}

/** Where the span of a value begins, and the one after it. */
export interface Span {
  readonly start: number;
  readonly next: number;
  /** Whether the value is itself a beginning; else no span equals it. */
  readonly exact: boolean;
}

/** What the comparison of the spans' beginnings says of the column itself; null where nothing can be equal. */
export function spanCondition(column: TimeColumn, operator: Operator, { start, next, exact }: Span): Node | null {
  const from = (moment: number): Node => operation(">=", column.node, momentNode(moment, column));
  const before = (moment: number): Node => operation("<", column.node, momentNode(moment, column));
  switch (operator) {
    case "=":
      return exact ? all(from(start), before(next)) : null;
    case ">=":
      return from(exact ? start : next);
    case ">":
      return from(next);
    case "<":
      return before(exact ? start : next);
    case "<=":
      return before(next);
    default:
      return null;
  }
}

/** A comparison, or BETWEEN as its two comparisons. */
function comparisonsOf(node: Node): readonly Comparison[] {
  const found = comparisonOf(node);
  if (found !== null) return [found];
  if (!("A_Expr" in node) || node.A_Expr.kind !== "AEXPR_BETWEEN") return [];
  const { lexpr, rexpr } = node.A_Expr;
  const [low, high] = rexpr !== undefined && "List" in rexpr ? (rexpr.List.items ?? []) : [];
  if (lexpr === undefined || low === undefined || high === undefined) return [];
  return [
    { left: lexpr, operator: ">=", right: low },
    { left: lexpr, operator: "<=", right: high },
  ];
}

/** What one comparison, read from left to right, says of the column. */
export interface ColumnCondition {
  readonly condition: Node | null;
  readonly preconditions: readonly Precondition[];
}

/** Every comparison of a condition, read either way, turned into one of the column, or nothing at all. */
export function changeAll(node: Node, change: (one: Comparison) => ColumnCondition | null): Change | null {
  const conditions: Node[] = [];
  const preconditions: Precondition[] = [];
  for (const one of comparisonsOf(node)) {
    const { left, operator, right } = one;
    const found = change(one) ?? change({ left: right, operator: SWAPPED[operator], right: left });
    if (found?.condition == null) return null;
    conditions.push(found.condition);
    preconditions.push(...found.preconditions);
  }
  const [first, ...others] = conditions;
  return first === undefined ? null : { after: all(first, ...others), preconditions };
}
