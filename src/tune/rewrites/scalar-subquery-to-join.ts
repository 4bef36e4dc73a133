import type { FuncCall, Node, SelectStmt } from "../../sql/nodes.ts";
import { correlatedAggregate, scalarQuery } from "./correlated.ts";
import type { CorrelatedAggregate } from "./correlated.ts";
import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import { joinedBeside, spelledOut } from "./beside.ts";
import type { Query, Resolution } from "./meaning.ts";
import { freshNames, isOrdered, isRowByRow, qualified } from "./query.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite, Rewriting } from "./rewrite.ts";
import {
  allOf,
  coalesce,
  columnRef,
  functionName,
  integer,
  operation,
  select,
  substitute,
  target,
  without,
} from "./tree.ts";

/** `(SELECT aggregate(…) … WHERE x = outer.x)` for each row, to a left join with the aggregates of all. */
export const scalarSubqueryToJoin: Rewrite = rewrite({
  id: "scalar-subquery-to-join",
  title: "An aggregate computed anew for each row, to one join with all of them",
  why: "A scalar subquery runs once for each row around it; grouped, its table is read once for all.",
  examples: [
    {
      schema,
      before:
        "SELECT c.name, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id AND o.total > 1) AS n FROM customer c",
      after:
        "SELECT c.name, coalesce(totals.result, 0) AS n FROM customer c LEFT JOIN (SELECT o.customer_id AS key_1, count(*) AS result FROM orders o WHERE o.total > 1 GROUP BY o.customer_id) totals ON totals.key_1 = c.id",
      note: "A customer without orders has a count of 0 and not of NULL.",
    },
    {
      schema,
      before: "SELECT * FROM customer WHERE (SELECT max(total) FROM orders WHERE seller_id = customer.id) > 1",
      after:
        "SELECT customer.* FROM customer LEFT JOIN (SELECT seller_id AS key_1, max(total) AS result FROM orders GROUP BY seller_id) totals ON totals.key_1 = customer.id WHERE totals.result > 1",
    },
    {
      schema,
      before:
        "SELECT name, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id OR o.seller_id = c.id) FROM customer c",
      after: null,
      note: "No equality that could be grouped by.",
    },
    {
      schema,
      before:
        "SELECT city, (SELECT max(total) FROM orders o WHERE o.seller_id = max(c.id)) FROM customer c GROUP BY city",
      after: null,
    },
    {
      schema: "CREATE EXTENSION citext;\nCREATE TABLE word (id int PRIMARY KEY, text citext)",
      before: "SELECT id, (SELECT count(*) FROM word o WHERE o.text = w.text) FROM word w",
      after: null,
      note: "Groups of citext ignore case; whether its = does is a question of the search path.",
    },
    {
      schema,
      before: "SELECT name, (SELECT total FROM orders o WHERE o.customer_id = c.id LIMIT 1) FROM customer c",
      after: null,
    },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    return names.queries.flatMap((query): Rewriting[] => {
      const after = joined(statement, query, names);
      if (after === null) return [];
      return [
        {
          after: substitute(statement, new Map([[query.select, after]])),
          preconditions: [],
          argument:
            "Grouped by the columns that are compared, each group holds exactly the rows that the subquery would have read for that value, and there is one group for each, so the left join neither drops nor repeats a row. Where there is no group the join gives NULL, as an aggregate of no rows does; a count is 0 there.",
          ordered: isOrdered(statement, context),
        },
      ];
    });
  },
});

// Aggregates of which it is known what they give of no rows: NULL, and count 0.
const OF_NOTHING_NULL = new Set(
  "count sum avg min max bool_and bool_or every stddev stddev_pop stddev_samp variance var_pop var_samp bit_and bit_or".split(
    " ",
  ),
);
// Which besides show the order in which they are given rows: only where that is said.
const IN_ORDER_NULL = new Set(["array_agg", "string_agg", "json_agg", "jsonb_agg"]);

function isKnownOfNothing(aggregate: FuncCall): boolean {
  const name = functionName(aggregate) ?? "";
  return OF_NOTHING_NULL.has(name) || (IN_ORDER_NULL.has(name) && aggregate.agg_order !== undefined);
}

function joined(statement: Node, query: Query, names: Resolution): SelectStmt | null {
  const { select: body } = query;
  if (!isRowByRow(without(body, "limitCount", "limitOffset", "distinctClause", "targetList", "sortClause")))
    return null;
  const targetList = spelledOut(query, names);
  const found = aggregatesIn(query, names);
  if (targetList === null || found.length === 0 || outerAggregates(query, found)) return null;
  const fresh = freshNames(statement, names);
  const by = new Map<unknown, unknown>();
  const joins: { item: Node; on: Node }[] = [];
  for (const [node, aggregate] of found) {
    const [alias, result] = [fresh("totals"), fresh("result")];
    const keys = aggregate.correlations.map(({ own }) => ({ own, name: fresh("key_1") }));
    const tests: Node[] = [];
    for (const [place, { other }] of aggregate.correlations.entries()) {
      const outside = qualified(other, query, names);
      if (outside === null) return null;
      tests.push(operation("=", columnRef(alias, keys[place]?.name ?? ""), substitute(other, outside)));
    }
    const on = allOf(tests);
    if (on === undefined) return null;
    joins.push({
      item: {
        RangeSubselect: { subquery: { SelectStmt: grouped(aggregate, keys, result) }, alias: { aliasname: alias } },
      },
      on,
    });
    const value = columnRef(alias, result);
    by.set(node, functionName(aggregate.call) === "count" ? coalesce(value, integer(0)) : value);
  }
  const fromClause = joinedBeside(query, joins);
  return fromClause === null ? null : { ...substitute({ ...body, targetList: [...targetList] }, by), fromClause };
}

// Where the subqueries are taken out, nothing may be left that makes the query one of groups.
function outerAggregates(query: Query, found: readonly (readonly [Node, CorrelatedAggregate])[]): boolean {
  const by = new Map<unknown, unknown>(found.map(([node]) => [node, integer(0)]));
  return !isRowByRow(without(substitute(query.select, by), "limitCount", "limitOffset", "distinctClause"));
}

function aggregatesIn(query: Query, names: Resolution): readonly (readonly [Node, CorrelatedAggregate])[] {
  const { targetList, whereClause } = query.select;
  const found: (readonly [Node, CorrelatedAggregate])[] = [];
  const pending: unknown[] = [targetList, whereClause];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== "object" || value === null) continue;
    const link = "SubLink" in value ? scalarQuery(value as Node) : null;
    const aggregate = link === null ? null : correlatedAggregate(link, names);
    if (aggregate !== null && isKnownOfNothing(aggregate.call)) found.unshift([value as Node, aggregate]);
    // Queries inside are looked at as queries of their own.
    else if (!("SubLink" in value)) pending.push(...Object.values(value as Record<string, unknown>));
  }
  return found;
}

function grouped(
  { query, rest }: CorrelatedAggregate,
  keys: readonly { readonly own: Node; readonly name: string }[],
  result: string,
): SelectStmt {
  const [value] = query.select.targetList ?? [];
  const val = value !== undefined && "ResTarget" in value ? value.ResTarget.val : undefined;
  const where = allOf(rest);
  return select({
    targetList: [
      ...keys.map(({ own, name }) => target(own, name)),
      ...(val === undefined ? [] : [target(val, result)]),
    ],
    ...(query.select.fromClause === undefined ? {} : { fromClause: query.select.fromClause }),
    ...(where === undefined ? {} : { whereClause: where }),
    groupClause: keys.map(({ own }) => own),
  });
}
