import type { JoinExpr, Node } from "../../sql/nodes.ts";
import type { Query, Resolution } from "./meaning.ts";
import { columnRef, target } from "./tree.ts";

/*
 * To join something to a query's FROM without changing what the rest of it means.
 */

/** The select list with stars named by their tables, so that they do not show what is joined; null where that cannot be told. */
export function spelledOut(query: Query, names: Resolution): readonly Node[] | null {
  const list: Node[] = [];
  for (const node of query.select.targetList ?? []) {
    const val = "ResTarget" in node ? node.ResTarget.val : undefined;
    const meaning = val !== undefined && "ColumnRef" in val ? names.of(val.ColumnRef) : null;
    if (meaning?.is !== "star") {
      list.push(node);
      continue;
    }
    // What is merged comes once, and first.
    if (query.merges || meaning.sources.some(({ alias }) => alias === "")) return null;
    for (const { alias } of meaning.sources) list.push(target(starOf(alias)));
  }
  return list;
}

function starOf(alias: string): Node {
  const named = columnRef(alias);
  const fields = "ColumnRef" in named ? (named.ColumnRef.fields ?? []) : [];
  return { ColumnRef: { fields: [...fields, { A_Star: {} }] } };
}

/** A query's FROM with more items joined to all of it by left joins; null when there is no FROM. */
export function joinedBeside(
  query: Query,
  joins: readonly { readonly item: Node; readonly on: Node }[],
): Node[] | null {
  const [first, ...more] = query.select.fromClause ?? [];
  if (first === undefined) return null;
  const all = more.reduce((larg, rarg) => join({ jointype: "JOIN_INNER", larg, rarg }), first);
  return [joins.reduce((larg, { item, on }) => join({ jointype: "JOIN_LEFT", larg, rarg: item, quals: on }), all)];
}

const join = (parts: JoinExpr): Node => ({ JoinExpr: parts });
