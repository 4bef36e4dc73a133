import type { JoinExpr, Node } from "../../sql/nodes.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import { keysOf } from "./facts.ts";
import type { Key } from "./facts.ts";
import { fixedColumns } from "./fixed-columns.ts";
import { elsewhere, sourceAt } from "./from-tree.ts";
import type { Query, Resolution } from "./meaning.ts";
import { isOrdered, isPlain } from "./query.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite, Rewriting } from "./rewrite.ts";
import { conjuncts, substitute, wrapped } from "./tree.ts";

/** A left join to a table by its key, of which nothing is used. */
export const needlessOuterJoin: Rewrite = rewrite({
  id: "needless-outer-join",
  title: "A left join of which nothing is used",
  why: "Each row looks up a partner of which nothing is shown and which changes nothing. (The server sees the simple cases itself.)",
  examples: [
    {
      schema,
      before:
        "SELECT o.id, o.state FROM orders o LEFT JOIN customer c ON c.id = o.customer_id AND c.age > 1 WHERE o.total > 1",
      after: "SELECT o.id, o.state FROM orders o WHERE o.total > 1",
    },
    {
      schema,
      before: "SELECT o.id FROM orders o LEFT JOIN item i ON i.order_id = o.id",
      after: null,
      note: "An order has several items, and comes as often.",
    },
    {
      schema,
      before: "SELECT o.id, c.name FROM orders o LEFT JOIN customer c ON c.id = o.customer_id",
      after: null,
    },
    {
      schema,
      before: "SELECT * FROM orders o LEFT JOIN customer c ON c.id = o.customer_id",
      after: null,
      note: "The star shows it.",
    },
    {
      schema,
      before: "SELECT o.id FROM orders o LEFT JOIN customer c ON c.id = o.total",
      after: null,
      note: "Compared as another type than the key's.",
    },
    {
      schema: `${schema} CREATE TABLE guest () INHERITS (customer)`,
      before: "SELECT o.id FROM orders o LEFT JOIN customer c ON c.id = o.customer_id",
      after: null,
      note: "The key of a parent table does not hold over its children.",
    },
    {
      schema: "CREATE TABLE a (x int); CREATE TABLE b (x int, UNIQUE (x) DEFERRABLE)",
      before: "SELECT a.x FROM a LEFT JOIN b ON b.x = a.x",
      after: null,
      note: "Within a transaction that key may be broken.",
    },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    return names.queries.flatMap((query): Rewriting[] => {
      if (!isPlain(query.select) || query.merges) return [];
      return [...wrapped(query.select.fromClause, "JoinExpr")].flatMap((node): Rewriting[] => {
        const key = needless(node.JoinExpr, query, names, context.view);
        if (key === null) return [];
        return [
          {
            after: substitute(statement, new Map<unknown, unknown>([[node, node.JoinExpr.larg]])),
            preconditions: [key.precondition],
            argument:
              "A left join keeps every row of its left side, and repeats one only for several partners. Here the condition asks for one value of a unique key, so there is at most one partner; and nothing of it is used.",
            ordered: isOrdered(statement, context),
          },
        ];
      });
    });
  },
});

function needless(join: JoinExpr, query: Query, names: Resolution, view: CatalogView): Key | null {
  const right = sourceAt(query, join.rarg);
  if (join.jointype !== "JOIN_LEFT" || join.larg === undefined || join.rarg === undefined || right === undefined)
    return null;
  const apart: Node[] = join.quals === undefined ? [join.rarg] : [join.rarg, join.quals];
  if (names.mentions(elsewhere(query.select, ...apart), right)) return null;
  const fixed = fixedColumns(conjuncts(join.quals), right, names);
  return keysOf(right, view).find((key) => key.columns.every((column) => fixed.has(column))) ?? null;
}
