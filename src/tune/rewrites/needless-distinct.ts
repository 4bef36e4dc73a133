import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import type { Node } from "../../sql/nodes.ts";
import type { Query, Resolution } from "./meaning.ts";
import { aggregates, isOrdered, isPlain, returnsSets } from "./query.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Precondition, Rewrite, Rewriting } from "./rewrite.ts";
import { lacks, substitute, without } from "./tree.ts";
import { distinctAnswers, uniqueRows, valuesOf } from "./unique-rows.ts";

/** DISTINCT of rows that differ anyway. */
export const needlessDistinct: Rewrite = rewrite({
  id: "needless-distinct",
  title: "A DISTINCT of rows that differ anyway",
  why: "All rows are sorted or hashed to find duplicates of which there are none, and nothing can be given before the last was read.",
  examples: [
    {
      schema,
      before: "SELECT DISTINCT id, name FROM customer WHERE age > 1",
      after: "SELECT id, name FROM customer WHERE age > 1",
    },
    {
      schema,
      before: "SELECT DISTINCT o.id, c.name FROM orders o JOIN customer c ON c.id = o.customer_id",
      after: "SELECT o.id, c.name FROM orders o JOIN customer c ON c.id = o.customer_id",
      note: "An order has one customer at most.",
    },
    {
      schema,
      before: "SELECT DISTINCT city, count(*) FROM customer GROUP BY city",
      after: "SELECT city, count(*) FROM customer GROUP BY city",
    },
    {
      schema,
      before: "SELECT DISTINCT ON (id) id, total FROM orders ORDER BY id, total",
      after: "SELECT id, total FROM orders ORDER BY id, total",
    },
    {
      schema,
      before: "SELECT DISTINCT email FROM customer",
      after: null,
      note: "Unique, but for those that have none.",
    },
    { schema, before: "SELECT DISTINCT c.id FROM customer c JOIN orders o ON o.customer_id = c.id", after: null },
    {
      schema,
      before: "SELECT DISTINCT id, generate_series(1, 2) / 2 FROM customer",
      after: null,
      note: "A row becomes several.",
    },
    { schema, before: "SELECT DISTINCT count(*) FROM customer GROUP BY city", after: null },
    {
      schema,
      before: "SELECT DISTINCT city, count(*) FROM customer GROUP BY ROLLUP (city)",
      after: null,
      note: "The customers without a city and the total are both called NULL.",
    },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    return names.queries.flatMap((query): Rewriting[] => {
      if (query.select.distinctClause === undefined) return [];
      const preconditions = isNeedless(query, names, context.view);
      if (preconditions === null) return [];
      return [
        {
          after: substitute(statement, new Map([[query.select, without(query.select, "distinctClause")]])),
          preconditions,
          argument:
            "No two rows are alike in what DISTINCT looks at: every table that is read shows a key of its rows that is not NULL, or gives one row at most for each of another that does; or the rows are groups and all that they are grouped by is shown.",
          ordered: isOrdered(statement, context),
        },
      ];
    });
  },
});

function isNeedless(query: Query, names: Resolution, view: CatalogView): readonly Precondition[] | null {
  const { select } = query;
  const keys = (select.distinctClause ?? []).filter((node) => Object.keys(node).length > 0);
  if (keys.length === 0) return distinctAnswers(query, names, view);
  if (!isPlain(select) || !lacks(select, "groupClause", "havingClause")) return null;
  if (aggregates(select.targetList) || returnsSets(select.targetList)) return null;
  const targets = valuesOf(select.targetList);
  const valueOf = (node: Node): Node | undefined => {
    if ("A_Const" in node) return targets[(node.A_Const.ival?.ival ?? 0) - 1];
    const meaning = "ColumnRef" in node ? names.of(node.ColumnRef) : null;
    return meaning?.is === "output" ? targets[meaning.index] : node;
  };
  return uniqueRows({ query, values: keys.map(valueOf) }, names, view);
}
