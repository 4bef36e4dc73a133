import type { FuncCall, Node } from "../../sql/nodes.ts";
import { isOrdered, isRewritable, placeOf } from "./conditions.ts";
import type { Query, Resolution } from "./meaning.ts";
import { outputName } from "./output-name.ts";
import { aggregates, hasQuery, windows } from "./query.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite } from "./rewrite.ts";
import { wholeOf } from "./terms.ts";
import { functionName, substitute } from "./tree.ts";

const SCHEMA = "CREATE TABLE item (id int PRIMARY KEY, kind text, size int, price numeric);";

/** Counting by a CASE becomes counting by FILTER. */
export const conditionalAggregate: Rewrite = rewrite({
  id: "conditional-aggregate",
  title: "Counting what a CASE picks is a count with FILTER",
  why: "A sum of ones and zeros adds up every row; a count with FILTER passes over the rows that do not count, and says what is meant.",
  examples: [
    {
      schema: SCHEMA,
      before: "SELECT kind, sum(CASE WHEN size > 1 THEN 1 ELSE 0 END) FROM item GROUP BY kind",
      after: "SELECT kind, count(*) FILTER (WHERE size > 1) AS sum FROM item GROUP BY kind",
    },
    {
      schema: SCHEMA,
      before: "SELECT coalesce(sum(CASE WHEN size > 1 THEN 1 ELSE 0 END), 0) AS many FROM item",
      after: "SELECT count(*) FILTER (WHERE size > 1) AS many FROM item",
    },
    {
      schema: SCHEMA,
      before:
        "SELECT count(CASE WHEN size > 1 THEN 1 END), count(CASE WHEN kind = 'a' THEN 'x' ELSE NULL END) AS a FROM item",
      after: "SELECT count(*) FILTER (WHERE size > 1), count(*) FILTER (WHERE kind = 'a') AS a FROM item",
    },
    {
      schema: SCHEMA,
      before: "SELECT sum(CASE WHEN size > 1 THEN 1 ELSE 0 END) FROM item",
      after: null,
      note: "over no rows it is NULL, and a count is 0",
    },
    {
      schema: SCHEMA,
      before: "SELECT kind, sum(CASE WHEN size > 1 THEN 1 ELSE 0 END) FROM item GROUP BY ROLLUP (kind)",
      after: null,
      note: "the total may be over no rows",
    },
    {
      schema: SCHEMA,
      before: "SELECT kind, sum(CASE WHEN size > 1 THEN 1 END) FROM item GROUP BY kind",
      after: null,
      note: "NULL where none is counted",
    },
    {
      schema: SCHEMA,
      before: "SELECT kind, sum(CASE WHEN size > 1 THEN 1.0 ELSE 0 END) FROM item GROUP BY kind",
      after: null,
    },
    {
      schema: SCHEMA,
      before: "SELECT kind, sum(CASE WHEN size > 1 THEN 2 ELSE 0 END) FROM item GROUP BY kind",
      after: null,
    },
    {
      schema: SCHEMA,
      before: "SELECT count(CASE WHEN size > 1 THEN 1 ELSE 0 END) FROM item",
      after: null,
      note: "both count",
    },
    { schema: SCHEMA, before: "SELECT count(DISTINCT CASE WHEN size > 1 THEN 1 END) FROM item", after: null },
    {
      schema: SCHEMA,
      before:
        "SELECT (SELECT sum(CASE WHEN o.size > 1 THEN 1 ELSE 0 END) FROM item i GROUP BY i.kind LIMIT 1) AS n FROM item o",
      after: null,
      note: "a sum of the outer query, which may have no rows",
    },
    {
      schema: SCHEMA,
      before: "SELECT id, sum(CASE WHEN size > 1 THEN 1 ELSE 0 END) OVER (ORDER BY id) FROM item",
      after: null,
      note: "a frame may be empty",
    },
  ],
  rewrite: (statement, context) => {
    const resolution = resolve(statement, context);
    if (!isRewritable(statement, context) || !placeOf(resolution, context).isBuiltIn("count", "sum")) return [];
    const by = new Map<object, object>();
    for (const query of resolution.queries) changesIn(query, resolution, by);
    if (by.size === 0) return [];
    return [
      {
        after: substitute(statement, by),
        preconditions: [],
        argument:
          "Each row for which the condition is TRUE adds one, and no other does anything: both count these rows. A sum over no rows would be NULL where a count is 0; that does not arise, as a group has at least one row, or COALESCE makes it 0. Both are bigint.",
        ordered: isOrdered(statement, context),
      },
    ];
  },
});

/** Aggregates that the clauses of one query hold and that are its own: those in queries inside are looked at with these. */
function changesIn(query: Query, names: Resolution, by: Map<object, object>): void {
  const { select } = query;
  const groups = select.groupClause ?? [];
  const isGrouped = groups.length > 0 && !groups.some((group) => "GroupingSet" in group);
  // An aggregate is of the query whose columns it takes.
  const isOwn = (condition: Node): boolean => {
    const references = names.references(condition);
    const known = references.every(({ meaning }) => meaning.is === "column");
    const own = references.some(({ meaning }) => meaning.is === "column" && meaning.source.query === query);
    return !hasQuery(condition) && known && own;
  };
  for (const clause of [select.targetList, select.havingClause, select.sortClause, select.distinctClause])
    change(clause, (node) => countFor(node, isGrouped, isOwn), by);
  // Renamed only at the top of the select list, where the name is the server's.
  for (const target of select.targetList ?? []) {
    if (!("ResTarget" in target) || target.ResTarget.name !== undefined || target.ResTarget.val === undefined) continue;
    const { val } = target.ResTarget;
    const after = by.get(val) as Node | undefined;
    const name = outputName(val);
    if (after === undefined || name === null || name === outputName(after)) continue;
    by.set(target.ResTarget, { name, val: after });
  }
}

function change(value: unknown, count: (node: Node) => Node | null, by: Map<object, object>): void {
  if (typeof value !== "object" || value === null || "SelectStmt" in value) return;
  const counted = "FuncCall" in value || "CoalesceExpr" in value ? count(value as Node) : null;
  if (counted !== null) by.set(value, counted);
  else for (const inner of Object.values(value)) change(inner, count, by);
}

function countFor(node: Node, isGrouped: boolean, isOwn: (condition: Node) => boolean): Node | null {
  if ("CoalesceExpr" in node) {
    const [first, other, ...more] = node.CoalesceExpr.args ?? [];
    if (first === undefined || more.length > 0 || wholeOf(other) !== 0n || !("FuncCall" in first)) return null;
    return functionName(first.FuncCall) === "sum" ? countOf(first.FuncCall, true, isOwn) : null;
  }
  return "FuncCall" in node ? countOf(node.FuncCall, isGrouped, isOwn) : null;
}

/** The count that a call of sum or count over a CASE is; `fromZero`: a sum that is never over no rows. */
function countOf(call: FuncCall, fromZero: boolean, isOwn: (condition: Node) => boolean): Node | null {
  const name = functionName(call);
  const { args = [], funcname: _, funcformat: __, location: ___, ...rest } = call;
  const [argument, ...more] = args;
  if (argument === undefined || more.length > 0 || Object.keys(rest).length > 0 || !("CaseExpr" in argument))
    return null;
  const { arg, args: branches = [], defresult } = argument.CaseExpr;
  const [branch, ...others] = branches;
  if (arg !== undefined || branch === undefined || others.length > 0 || !("CaseWhen" in branch)) return null;
  const { expr, result } = branch.CaseWhen;
  if (expr === undefined || result === undefined || !isOwn(expr) || aggregates(expr) || windows(expr)) return null;
  const isSum = name === "sum" && fromZero && wholeOf(result) === 1n && wholeOf(defresult) === 0n;
  const isNull = defresult === undefined || ("A_Const" in defresult && defresult.A_Const.isnull === true);
  const isConstant = "A_Const" in result && result.A_Const.isnull !== true;
  if (!isSum && !(name === "count" && isNull && isConstant)) return null;
  return {
    FuncCall: {
      funcname: [{ String: { sval: "count" } }],
      agg_filter: expr,
      agg_star: true,
      funcformat: "COERCE_EXPLICIT_CALL",
    },
  };
}
