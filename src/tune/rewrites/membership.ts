import type { Node, SelectStmt, SubLink } from "../../sql/nodes.ts";
import { comparesExactly } from "./facts.ts";
import type { Query, Resolution } from "./meaning.ts";
import { aggregates, isPlain, PICKS, qualified, returnsSets, windows } from "./query.ts";
import { neverNull } from "./resolve.ts";
import type { Precondition } from "./rewrite.ts";
import { allOf, conjuncts, lacks, operation, select, substitute, without } from "./tree.ts";

/** `x IN (query)` or `(x, y) IN (query)` as the query of an EXISTS. */
export interface Membership {
  /** With the comparisons in its WHERE, and an empty select list. */
  readonly query: SelectStmt;
  readonly inner: Query;
  /** What is compared: outside, and what the query of the IN selects. */
  readonly pairs: readonly { readonly outside: Node; readonly inside: Node }[];
}

/** Whether a query is rows of its FROM that meet its WHERE, with plain columns of them alone. */
function onlyColumns(query: SelectStmt, names: Resolution): readonly Node[] | null {
  if (!isPlain(query) || !lacks(query, ...PICKS)) return null;
  const values = (query.targetList ?? []).map((target) => ("ResTarget" in target ? target.ResTarget.val : undefined));
  const inner = names.queryOf(query);
  const columns = values.filter((value) => value !== undefined && names.column(value)?.source.query === inner);
  return columns.length === values.length ? columns.filter((value) => value !== undefined) : null;
}

/** Reads `x IN (SELECT y …)`: plain columns on both sides, each compared as the same type. */
export function membershipQuery({ testexpr, subselect }: SubLink, names: Resolution): Membership | null {
  if (testexpr === undefined || subselect === undefined || !("SelectStmt" in subselect)) return null;
  const query = subselect.SelectStmt;
  const inner = names.queryOf(query);
  const outer = "RowExpr" in testexpr ? (testexpr.RowExpr.args ?? []) : [testexpr];
  const values = onlyColumns(query, names);
  if (inner === undefined || values === null || values.length !== outer.length || values.length === 0) return null;
  const tests: Node[] = [];
  const pairs: { outside: Node; inside: Node }[] = [];
  for (const [place, outside] of outer.entries()) {
    const inside = values[place];
    const [left, right] = [names.column(outside), names.column(inside)];
    if (inside === undefined || left === null || right === null || !comparesExactly(left.column, right.column))
      return null;
    const [there, own] = [qualified(outside, inner, names), qualified(inside, inner, names)];
    if (there === null || own === null) return null;
    tests.push(operation("=", substitute(inside, own), substitute(outside, there)));
    pairs.push({ outside, inside });
  }
  const where = allOf([...conjuncts(query.whereClause), ...tests]);
  const kept = without(query, "targetList", "whereClause");
  return { query: select({ ...kept, ...(where === undefined ? {} : { whereClause: where }) }), inner, pairs };
}

/** On what it rests that a column is not NULL in the rows that a query's WHERE lets through; null: it may be. */
export function notNullHere(
  node: Node | undefined,
  query: Query | null,
  names: Resolution,
): readonly Precondition[] | null {
  const column = names.column(node);
  if (column === null) return null;
  const certain = neverNull(column);
  if (certain !== null) return certain;
  if (query === null || column.source.query !== query) return null;
  for (const condition of conjuncts(query.select.whereClause)) {
    if (!("NullTest" in condition) || condition.NullTest.nulltesttype !== "IS_NOT_NULL") continue;
    const tested = names.column(condition.NullTest.arg);
    if (tested?.source !== column.source || tested.column !== column.column) continue;
    const what = `${column.source.alias}.${column.column.name} is not NULL`;
    return [{ what, from: "the statement's own WHERE" }];
  }
  return null;
}

/** Whether a select list is of no consequence to an EXISTS around it. */
export const isIdle = (query: SelectStmt): boolean =>
  isPlain(query) &&
  lacks(query, ...PICKS) &&
  !aggregates(query.targetList) &&
  !returnsSets(query.targetList) &&
  !windows(query.targetList);
