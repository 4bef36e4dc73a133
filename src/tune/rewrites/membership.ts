import type { Node, SelectStmt, SubLink } from "../../sql/nodes.ts";
import { comparesExactly } from "./facts.ts";
import type { Query, Resolution } from "./meaning.ts";
import { aggregates, isPlain, PICKS, qualified, returnsSets, windows } from "./query.ts";
import { neverNull } from "./resolve.ts";
import type { Precondition } from "./rewrite.ts";
import { allOf, conjuncts, lacks, operation, select, substitute, without } from "./tree.ts";

/** `x IN (query)` as the query of an EXISTS. */
export interface Membership {
  /** With the comparison in its WHERE, and an empty select list. */
  readonly query: SelectStmt;
  readonly inner: Query;
  /** What the query of the IN selects. */
  readonly value: Node;
}

/** Whether a query is rows of its FROM that meet its WHERE, with one plain column of them. */
export function onlyColumn(query: SelectStmt, names: Resolution): Node | null {
  const [target, ...more] = query.targetList ?? [];
  const value = target !== undefined && "ResTarget" in target ? target.ResTarget.val : undefined;
  if (value === undefined || more.length > 0 || !isPlain(query) || !lacks(query, ...PICKS)) return null;
  const column = names.column(value);
  return column?.source.query === names.queryOf(query) ? value : null;
}

/** Reads `x IN (SELECT y …)`: one column each, compared as the same type. */
export function membershipQuery({ testexpr, subselect }: SubLink, names: Resolution): Membership | null {
  if (testexpr === undefined || subselect === undefined || !("SelectStmt" in subselect)) return null;
  const query = subselect.SelectStmt;
  const inner = names.queryOf(query);
  const value = onlyColumn(query, names);
  const [outside, inside] = [names.column(testexpr), value === null ? null : names.column(value)];
  if (inner === undefined || value === null || outside === null || inside === null) return null;
  if (!comparesExactly(outside.column, inside.column)) return null;
  const [outer, own] = [qualified(testexpr, inner, names), qualified(value, inner, names)];
  if (outer === null || own === null) return null;
  const test = operation("=", substitute(value, own), substitute(testexpr, outer));
  const where = allOf([...conjuncts(query.whereClause), test]);
  const kept = without(query, "targetList", "whereClause");
  return { query: select({ ...kept, ...(where === undefined ? {} : { whereClause: where }) }), inner, value };
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
