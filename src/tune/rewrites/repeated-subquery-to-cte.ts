import type { Node, SelectStmt } from "../../sql/nodes.ts";
import { treeText } from "../../sql/deparse.ts";
import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import type { Query, Resolution } from "./meaning.ts";
import { freshNames, isOrdered, isPlain, isSelfContained, isWithin } from "./query.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite, Rewriting } from "./rewrite.ts";
import { select, substitute, target } from "./tree.ts";

/** The same query at several places, to one WITH query. */
export const repeatedSubqueryToCte: Rewrite = rewrite({
  id: "repeated-subquery-to-cte",
  title: "A query that stands at several places, to one WITH query",
  why: "Each of them is planned and run by itself; a WITH query that is named twice is run once and kept.",
  examples: [
    {
      schema,
      before:
        "SELECT c.name, a.n FROM customer c JOIN (SELECT customer_id, count(*) AS n FROM orders GROUP BY customer_id) a ON a.customer_id = c.id WHERE a.n > (SELECT avg(b.n) FROM (SELECT customer_id, count(*) AS n FROM orders GROUP BY customer_id) b)",
      after:
        "WITH shared AS (SELECT customer_id, count(*) AS n FROM orders GROUP BY customer_id) SELECT c.name, a.n FROM customer c JOIN (SELECT * FROM shared) a ON a.customer_id = c.id WHERE a.n > (SELECT avg(b.n) FROM (SELECT * FROM shared) b)",
    },
    {
      schema,
      before:
        "SELECT c.name, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id), (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) FROM customer c",
      after: null,
      note: "They name the row around them.",
    },
    {
      schema,
      before:
        "SELECT name FROM customer WHERE age > (SELECT avg(age) FROM customer) AND id < (SELECT avg(id) FROM customer)",
      after: null,
      note: "They differ.",
    },
    {
      schema,
      before:
        "WITH orders AS (SELECT 1 AS id) SELECT name FROM customer WHERE id IN (SELECT count(*) FROM orders) OR age IN (SELECT count(*) FROM orders)",
      after: null,
      note: "What they read is itself a WITH query.",
    },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    return repeated(names).flatMap((queries): Rewriting[] => {
      const after = withShared(statement, queries, names);
      if (after === null) return [];
      return [
        {
          after,
          preconditions: [],
          argument:
            "The queries are the same word for word, name nothing outside of themselves, and call nothing that would differ from one time to the next: within one statement all of them give the same rows. The first is computed, and the others read its rows.",
          ordered: isOrdered(statement, context),
        },
      ];
    });
  },
});

// Queries of tables alone, each with all its likes; those within others of them are left out.
function repeated(names: Resolution): readonly (readonly Query[])[] {
  const byText = new Map<string, Query[]>();
  for (const query of names.queries) {
    if (query.place !== "from" && query.place !== "expression") continue;
    if (!isPlain(query.select) || query.outputs === null || !isSelfContained(query.select, query, names)) continue;
    if (!readsTablesOnly(query, names) || new Set(query.outputs.map(({ name }) => name)).size < query.outputs.length)
      continue;
    const text = treeText(query.select);
    byText.set(text, [...(byText.get(text) ?? []), query]);
  }
  const all = [...byText.values()].filter((queries) => queries.length > 1);
  const covered = (query: Query): boolean => {
    for (let outer = query.parent; outer !== null; outer = outer.parent)
      if (all.some((queries) => outer !== null && queries.includes(outer))) return true;
    return false;
  };
  return all.filter((queries) => !queries.some(covered));
}

function readsTablesOnly(query: Query, names: Resolution): boolean {
  return names.queries
    .filter((one) => isWithin(one, query))
    .every(({ sources }) => sources.every(({ kind }) => kind === "table" || kind === "query" || kind === "view"));
}

const STAR: Node = { ColumnRef: { fields: [{ A_Star: {} }] } };

function withShared(statement: Node, queries: readonly Query[], names: Resolution): Node | null {
  const [first] = queries;
  if (!("SelectStmt" in statement) || first === undefined) return null;
  const name = freshNames(statement, names)("shared");
  const reading = select({
    targetList: [target(STAR)],
    fromClause: [{ RangeVar: { relname: name, inh: true, relpersistence: "p" } }],
  });
  const body = substitute(statement.SelectStmt, new Map(queries.map((query) => [query.select, reading])));
  const ctes = body.withClause?.ctes ?? [];
  const shared: Node = {
    CommonTableExpr: {
      ctename: name,
      ctematerialized: "CTEMaterializeDefault",
      ctequery: { SelectStmt: first.select },
    },
  };
  // First, so that the other WITH queries see it as well: it needs none of them.
  const after: SelectStmt = { ...body, withClause: { ...body.withClause, ctes: [shared, ...ctes] } };
  return { SelectStmt: after };
}
