import { parseSql } from "../../sql/parse.ts";
import { printStatement, treeText } from "../../sql/deparse.ts";
import { nodesOf } from "../../sql/walk.ts";
import { notInToNotExists } from "./not-in-to-not-exists.ts";
import { inToExists } from "./in-to-exists.ts";
import { existsToIn } from "./exists-to-in.ts";
import { leftJoinNullToNotExists } from "./left-join-null-to-not-exists.ts";
import { needlessJoin } from "./needless-join.ts";
import { needlessOuterJoin } from "./needless-outer-join.ts";
import { outerJoinToInner } from "./outer-join-to-inner.ts";
import { needlessDistinct } from "./needless-distinct.ts";
import { distinctJoinToSemiJoin } from "./distinct-join-to-semi-join.ts";
import { unionToUnionAll } from "./union-to-union-all.ts";
import { orToUnionAll } from "./or-to-union-all.ts";
import { havingToWhere } from "./having-to-where.ts";
import { scalarSubqueryToJoin } from "./scalar-subquery-to-join.ts";
import { correlatedAggregateToWindow } from "./correlated-aggregate-to-window.ts";
import { groupedSelfJoinToWindow } from "./grouped-self-join-to-window.ts";
import { repeatedSubqueryToCte } from "./repeated-subquery-to-cte.ts";
import { scalarSubqueriesToLateral } from "./scalar-subqueries-to-lateral.ts";
import { countToExists } from "./count-to-exists.ts";
import { dateTruncToRange } from "./date-trunc-to-range.ts";
import { dateCastToRange } from "./date-cast-to-range.ts";
import { extractToRange } from "./extract-to-range.ts";
import { columnCastDropped } from "./column-cast-dropped.ts";
import { arithmeticMoved } from "./arithmetic-moved.ts";
import { coalesceDissolved } from "./coalesce-dissolved.ts";
import { prefixToLike } from "./prefix-to-like.ts";
import { negatedComparison } from "./negated-comparison.ts";
import { selfComparison } from "./self-comparison.ts";
import { orToIn } from "./or-to-in.ts";
import { caseAsCondition } from "./case-as-condition.ts";
import { listOfOne } from "./list-of-one.ts";
import { longList } from "./long-list.ts";
import { countOfColumn } from "./count-of-column.ts";
import { conditionalAggregate } from "./conditional-aggregate.ts";
import { cteInlined } from "./cte-inlined.ts";
import { subqueryOrderDropped } from "./subquery-order-dropped.ts";
import { groupByKey } from "./group-by-key.ts";
import { resolve } from "./resolve.ts";
import type { Precondition, Rewrite, RewriteContext } from "./rewrite.ts";
import { isSteady } from "./steady.ts";

/** Every rewrite, in the order in which they are tried. */
export const REWRITES: readonly Rewrite[] = [
  scalarSubqueriesToLateral,
  repeatedSubqueryToCte,
  groupedSelfJoinToWindow,
  correlatedAggregateToWindow,
  scalarSubqueryToJoin,
  havingToWhere,
  orToUnionAll,
  unionToUnionAll,
  distinctJoinToSemiJoin,
  needlessDistinct,
  outerJoinToInner,
  needlessOuterJoin,
  needlessJoin,
  leftJoinNullToNotExists,
  existsToIn,
  inToExists,
  notInToNotExists,
  countToExists,
  dateTruncToRange,
  dateCastToRange,
  extractToRange,
  columnCastDropped,
  arithmeticMoved,
  coalesceDissolved,
  prefixToLike,
  negatedComparison,
  selfComparison,
  orToIn,
  caseAsCondition,
  listOfOne,
  longList,
  countOfColumn,
  conditionalAggregate,
  cteInlined,
  subqueryOrderDropped,
  groupByKey,
];

/** A statement written differently by one rewrite, as text. */
export interface OfferedRewriting {
  readonly rule: Rewrite;
  readonly after: string;
  readonly argument: string;
  readonly preconditions: readonly Precondition[];
  readonly ordered: boolean;
  readonly wants: readonly string[];
}

/**
 * All ways in which one statement may be written differently: proposals, each of which holds by its argument and is still
 * to be tried on the twin. None for text that is not exactly one statement, for statements that lock rows, and for those
 * that call something volatile, unless the rewrite says that it minds that itself. What cannot be printed faithfully is
 * left out.
 */
export async function rewritingsOf(
  sql: string,
  context: RewriteContext,
  rules: readonly Rewrite[] = REWRITES,
): Promise<readonly OfferedRewriting[]> {
  const parsed = await parseSql(sql);
  const [only, ...more] = parsed.ok ? parsed.value : [];
  if (only === undefined || more.length > 0) return [];
  const { node } = only;
  for (const { type } of nodesOf(node)) if (type === "LockingClause") return [];
  if ("SelectStmt" in node && !resolve(node, context).whole) return [];
  const steady = isSteady(node, context.view);
  const offered: OfferedRewriting[] = [];
  const seen = new Set([treeText(node)]);
  for (const rule of rules) {
    if (!steady && rule.mindsVolatile !== true) continue;
    for (const { after, argument, preconditions, ordered, wants = [] } of rule.rewrite(node, context)) {
      // Two ways may lead to the same text.
      const text = treeText(after);
      if (seen.has(text)) continue;
      seen.add(text);
      const printed = await printStatement(after);
      if (printed !== null) offered.push({ rule, after: printed, argument, preconditions, ordered, wants });
    }
  }
  return offered;
}
