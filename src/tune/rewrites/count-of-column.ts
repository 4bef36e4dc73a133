import type { Node } from "../../sql/nodes.ts";
import { nodesOf } from "../../sql/walk.ts";
import { isOrdered, isRewritable, placeOf } from "./conditions.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Precondition, Rewrite } from "./rewrite.ts";
import { functionName, substitute, without } from "./tree.ts";
import type { FuncCall } from "../../sql/nodes.ts";

const SCHEMA = `CREATE TABLE owner (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE item (id int PRIMARY KEY, owner_id int NOT NULL REFERENCES owner, size int);`;

/** Counting a column that is never NULL becomes counting rows. */
export const countOfColumn: Rewrite = rewrite({
  id: "count-of-column",
  title: "Counting a column that is never NULL is counting rows",
  why: "count(column) fetches the column of each row to see whether it is NULL, and only an index that holds the column can answer alone; count(*) looks at no column, and the smallest index answers.",
  examples: [
    { schema: SCHEMA, before: "SELECT count(owner_id) FROM item", after: "SELECT count(*) FROM item" },
    {
      schema: SCHEMA,
      before: "SELECT size, count(id) AS n FROM item GROUP BY size HAVING count(id) > 1",
      after: "SELECT size, count(*) AS n FROM item GROUP BY size HAVING count(*) > 1",
    },
    {
      schema: SCHEMA,
      before: "SELECT count(i.id) FILTER (WHERE i.size > 1) FROM item i JOIN owner o ON o.id = i.owner_id",
      after: "SELECT count(*) FILTER (WHERE i.size > 1) FROM item i JOIN owner o ON o.id = i.owner_id",
    },
    { schema: SCHEMA, before: "SELECT count(size) FROM item", after: null, note: "it may be NULL" },
    { schema: SCHEMA, before: "SELECT count(DISTINCT id) FROM item", after: null },
    {
      schema: SCHEMA,
      before: "SELECT o.id, count(i.id) FROM owner o LEFT JOIN item i ON i.owner_id = o.id GROUP BY o.id",
      after: null,
      note: "NULL where there is none",
    },
    {
      schema: SCHEMA,
      before: "SELECT (SELECT count(o.id) FROM item LIMIT 1) AS n FROM owner o",
      after: null,
      note: "an aggregate of the outer query",
    },
  ],
  rewrite: (statement, context) => {
    const resolution = resolve(statement, context);
    if (!isRewritable(statement, context) || !placeOf(resolution, context).isBuiltIn("count")) return [];
    const by = new Map<object, object>();
    const preconditions: Precondition[] = [];
    const queries = resolution.queries;
    for (const { type, node } of nodesOf(statement)) {
      if (type !== "FuncCall") continue;
      const call = node as FuncCall;
      const [argument, ...more] = call.args ?? [];
      const isPlain = functionName(call) === "count" && call.agg_distinct === undefined && call.agg_order === undefined;
      const meaning = resolution.column(argument);
      const notNull = placeOf(resolution, context).column(argument)?.notNull;
      if (!isPlain || more.length > 0 || meaning === null || notNull == null) continue;
      // An aggregate belongs to the query whose column it takes.
      const holder = queries.findLast(({ select }) => holds(select, call));
      if (holder !== meaning.source.query) continue;
      by.set(call, { ...without(call, "args"), agg_star: true });
      preconditions.push(...notNull);
    }
    if (by.size === 0) return [];
    return [
      {
        after: substitute(statement, by),
        preconditions: [...new Map(preconditions.map((fact) => [JSON.stringify(fact), fact])).values()],
        argument:
          "count(column) counts the rows in which the column is not NULL. It never is, and no outer join puts NULL in its place here, so that all rows are counted.",
        ordered: isOrdered(statement, context),
      },
    ];
  },
});

const holds = (select: object, call: object): boolean =>
  [...nodesOf([select] as unknown as Node)].some(({ node }) => node === call);
