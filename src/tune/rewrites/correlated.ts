import type { FuncCall, Node, SelectStmt } from "../../sql/nodes.ts";
import { comparesExactly } from "./facts.ts";
import type { Meaning, Query, Resolution } from "./meaning.ts";
import { isAggregate, isPlain, isSelfContained, PICKS } from "./query.ts";
import { conjuncts, lacks, operatorOf } from "./tree.ts";

type Column = Extract<Meaning, { is: "column" }>;

/** `inner.column = outer.column`, by which a query inside of another knows which row it is for. */
export interface Correlation {
  readonly condition: Node;
  readonly own: Node;
  readonly ownColumn: Column;
  readonly other: Node;
  readonly otherColumn: Column;
}

/** `(SELECT aggregate(…) FROM … WHERE own = outer AND …)` */
export interface CorrelatedAggregate {
  readonly query: Query;
  readonly call: FuncCall;
  readonly correlations: readonly Correlation[];
  /** Conditions that name nothing outside. */
  readonly rest: readonly Node[];
}

/** The query of a scalar subquery; null for any other node. */
export function scalarQuery(node: Node): SelectStmt | null {
  if (!("SubLink" in node) || node.SubLink.subLinkType !== "EXPR_SUBLINK") return null;
  const { subselect } = node.SubLink;
  return subselect !== undefined && "SelectStmt" in subselect ? subselect.SelectStmt : null;
}

/**
 * Reads a scalar subquery of one aggregate over rows that are told apart by equality with columns of the query right
 * around it, and name nothing else outside; null for any other.
 */
export function correlatedAggregate(select: SelectStmt, names: Resolution): CorrelatedAggregate | null {
  const query = names.queryOf(select);
  const [target, ...more] = select.targetList ?? [];
  const val = target !== undefined && "ResTarget" in target ? target.ResTarget.val : undefined;
  if (query === undefined || query.parent === null || more.length > 0 || !isPlain(select) || !lacks(select, ...PICKS))
    return null;
  if (val === undefined || !("FuncCall" in val) || !isAggregate(val.FuncCall)) return null;
  // An aggregate over outer columns alone is the outer query's.
  if (!isSelfContained([val, select.fromClause], query, names)) return null;
  const correlations: Correlation[] = [];
  const rest: Node[] = [];
  for (const condition of conjuncts(select.whereClause)) {
    if (isSelfContained(condition, query, names)) {
      rest.push(condition);
      continue;
    }
    const correlation = correlationOf(condition, query, names);
    if (correlation === null) return null;
    correlations.push(correlation);
  }
  return correlations.length === 0 ? null : { query, call: val.FuncCall, correlations, rest };
}

function correlationOf(condition: Node, inner: Query, names: Resolution): Correlation | null {
  const operator = operatorOf(condition);
  if (operator?.name !== "=") return null;
  const [left, right] = [names.column(operator.left), names.column(operator.right)];
  if (left === null || right === null || !comparesExactly(left.column, right.column)) return null;
  const isOwn = left.source.query === inner;
  const [ownColumn, otherColumn] = isOwn ? [left, right] : [right, left];
  const [own, other] = isOwn ? [operator.left, operator.right] : [operator.right, operator.left];
  if (ownColumn.source.query !== inner || otherColumn.source.query !== inner.parent) return null;
  return { condition, own, ownColumn, other, otherColumn };
}
