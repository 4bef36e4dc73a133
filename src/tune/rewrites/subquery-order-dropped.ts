import type { Node, SelectStmt, SubLink } from "../../sql/nodes.ts";
import { nodesOf } from "../../sql/walk.ts";
import { cannotFail } from "./cannot-fail.ts";
import { isOrdered, isRewritable, placeOf } from "./conditions.ts";
import type { ConditionPlace } from "./conditions.ts";
import { windows } from "./query.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite } from "./rewrite.ts";
import { functionName, substitute, without } from "./tree.ts";

const SCHEMA = `CREATE TABLE owner (id int PRIMARY KEY, name text);
CREATE TABLE item (id int PRIMARY KEY, owner_id int, size int, name text);`;

/** An order that nobody sees is not made. */
export const subqueryOrderDropped: Rewrite = rewrite({
  id: "subquery-order-dropped",
  title: "An order within a subquery that nobody sees is not made",
  why: "The server sorts where it is told to, also where only the presence of rows or their number counts; and a subquery that sorts is planned apart instead of being joined with the rest.",
  examples: [
    {
      schema: SCHEMA,
      before: "SELECT name FROM owner WHERE id IN (SELECT owner_id FROM item ORDER BY size DESC)",
      after: "SELECT name FROM owner WHERE id IN (SELECT owner_id FROM item)",
    },
    {
      schema: SCHEMA,
      before: "SELECT name FROM owner o WHERE EXISTS (SELECT 1 FROM item WHERE owner_id = o.id ORDER BY name)",
      after: "SELECT name FROM owner o WHERE EXISTS (SELECT 1 FROM item WHERE owner_id = o.id)",
    },
    {
      schema: SCHEMA,
      before: "SELECT count(*) FROM (SELECT id FROM item WHERE size > 1 ORDER BY size) AS part",
      after: "SELECT count(*) FROM (SELECT id FROM item WHERE size > 1) AS part",
    },
    {
      schema: SCHEMA,
      before: "SELECT name FROM owner WHERE id IN (SELECT owner_id FROM item ORDER BY size LIMIT 1)",
      after: null,
      note: "LIMIT takes the first",
    },
    {
      schema: SCHEMA,
      before: "SELECT name FROM owner WHERE id IN (SELECT DISTINCT ON (size) owner_id FROM item ORDER BY size, id)",
      after: null,
      note: "DISTINCT ON takes the first",
    },
    {
      schema: SCHEMA,
      before: "SELECT string_agg(name, ',') FROM (SELECT name FROM item ORDER BY id) AS sorted",
      after: null,
      note: "the aggregate shows the order",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM (SELECT id FROM item ORDER BY size) AS sorted",
      after: null,
      note: "whoever reads it sees the order",
    },
    {
      schema: SCHEMA,
      before: "SELECT name FROM owner WHERE id = (SELECT owner_id FROM item ORDER BY 10 / size LIMIT 1)",
      after: null,
    },
    {
      schema: SCHEMA,
      before: "SELECT name FROM owner WHERE id IN (SELECT owner_id FROM item ORDER BY 10 / size)",
      after: null,
      note: "the order itself may fail",
    },
  ],
  rewrite: (statement, context) => {
    if (!isRewritable(statement, context)) return [];
    const resolution = resolve(statement, context);
    const place = placeOf(resolution, context);
    const by = new Map<object, object>();
    for (const { type, node } of nodesOf([statement] as unknown as Node)) {
      if (type === "SubLink") {
        const { subLinkType, subselect } = node as SubLink;
        if (subLinkType === "EXISTS_SUBLINK" || subLinkType === "ANY_SUBLINK" || subLinkType === "ALL_SUBLINK")
          drop(subselect, place, by);
      } else if (type === "SelectStmt" && countsOnly(node, place)) {
        const [from] = (node as SelectStmt).fromClause ?? [];
        if (from !== undefined && "RangeSubselect" in from) drop(from.RangeSubselect.subquery, place, by);
      }
    }
    if (by.size === 0) return [];
    return [
      {
        after: substitute(statement, by),
        preconditions: [
          {
            what: "no LIMIT, OFFSET, DISTINCT ON or window of the subquery takes rows by their order",
            from: "the statement",
          },
        ],
        argument:
          "ORDER BY changes no row of the subquery, and only whether there are rows, whether one is among them, or how many there are is asked of it.",
        ordered: isOrdered(statement, context),
      },
    ];
  },
});

function drop(subquery: Node | undefined, place: ConditionPlace, by: Map<object, object>): void {
  if (subquery === undefined || !("SelectStmt" in subquery)) return;
  const select = subquery.SelectStmt;
  const { sortClause, limitCount, limitOffset, distinctClause, targetList } = select;
  const picks = distinctClause?.some((key) => Object.keys(key).length > 0) === true;
  if (sortClause === undefined || limitCount !== undefined || limitOffset !== undefined || picks) return;
  // A window without an order of its own may see that of its input; sets that functions return, too.
  if (windows([targetList, sortClause]) || !cannotFail(sortClause, place)) return;
  by.set(select, without(select, "sortClause"));
}

/** Whether a query says of a single subquery only how many rows it has. */
function countsOnly(select: SelectStmt, place: ConditionPlace): boolean {
  const { targetList = [], fromClause = [], limitOption: _, op: __, ...rest } = select;
  const [from, ...others] = fromClause;
  if (from === undefined || others.length > 0 || Object.keys(rest).length > 0 || targetList.length === 0) return false;
  return targetList.every((target) => {
    const val = "ResTarget" in target ? target.ResTarget.val : undefined;
    if (val === undefined || !("FuncCall" in val) || functionName(val.FuncCall) !== "count") return false;
    return place.isBuiltIn("count") && val.FuncCall.over === undefined && val.FuncCall.agg_distinct === undefined;
  });
}
