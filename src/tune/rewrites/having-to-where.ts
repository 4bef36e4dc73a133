import type { CatalogView } from "../../model/catalog-view.ts";
import type { Node } from "../../sql/nodes.ts";
import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import { equalIsSame } from "./facts.ts";
import type { Meaning, Query, Resolution } from "./meaning.ts";
import { aggregates, hasQuery, isOrdered, isPlain, returnsSets } from "./query.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Precondition, Rewrite, Rewriting } from "./rewrite.ts";
import { allOf, conjuncts, substitute, without } from "./tree.ts";
import { valuesOf } from "./unique-rows.ts";

/** A condition of HAVING on what is grouped by, to WHERE. */
export const havingToWhere: Rewrite = rewrite({
  id: "having-to-where",
  title: "A condition of HAVING on what is grouped by, to WHERE",
  why: "A condition on a group's own value drops whole groups: asked of the rows, it drops them before they are sorted or hashed, and can use an index.",
  examples: [
    {
      schema,
      before: "SELECT city, count(*) FROM customer GROUP BY city HAVING city > 'a' AND count(*) > 1",
      after: "SELECT city, count(*) FROM customer WHERE city > 'a' GROUP BY city HAVING count(*) > 1",
    },
    {
      schema,
      before: "SELECT age AS years, count(*) FROM customer WHERE id > 0 GROUP BY years HAVING age + 1 > 2",
      after: "SELECT age AS years, count(*) FROM customer WHERE id > 0 AND age + 1 > 2 GROUP BY years",
    },
    {
      schema,
      before: "SELECT city, count(*) FROM customer GROUP BY ROLLUP (city) HAVING city = 'a'",
      after: null,
      note: "The group of all has rows of other cities too.",
    },
    {
      schema,
      before: "SELECT count(*) FROM customer HAVING 1 > 2",
      after: null,
      note: "Without GROUP BY there is one group even of no rows.",
    },
    {
      schema,
      before: "SELECT total, count(*) FROM orders GROUP BY total HAVING total::text = '1.00'",
      after: null,
      note: "Numbers that are equal may be written differently; a group shows one of them.",
    },
    {
      schema,
      before: "SELECT id, count(*) FROM customer GROUP BY id HAVING name = 'a'",
      after: null,
      note: "The name is not what is grouped by; that it follows from it is not looked at.",
    },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    return names.queries.flatMap((query): Rewriting[] => {
      const moved = movable(query, names, context.view);
      if (moved.length === 0) return [];
      const { select } = query;
      const having = allOf(conjuncts(select.havingClause).filter((condition) => !moved.includes(condition)));
      const where = allOf([...conjuncts(select.whereClause), ...moved]);
      const after = {
        ...without(select, "havingClause", "whereClause"),
        ...(where === undefined ? {} : { whereClause: where }),
        ...(having === undefined ? {} : { havingClause: having }),
      };
      const grouped: Precondition = {
        what: "the conditions name only what is grouped by",
        from: "the statement's own GROUP BY",
      };
      return [
        {
          after: substitute(statement, new Map([[select, after]])),
          preconditions: [grouped],
          argument:
            "All rows of a group have the very same value in what it is grouped by, so the condition is true for all of them or for none: to drop the group or to drop its rows comes to the same, and no group is left without rows.",
          ordered: isOrdered(statement, context),
        },
      ];
    });
  },
});

function movable(query: Query, names: Resolution, view: CatalogView): readonly Node[] {
  const { select } = query;
  const { groupClause = [], havingClause, targetList } = select;
  if (groupClause.length === 0 || havingClause === undefined || query.groupingSets || !isPlain(select)) return [];
  const targets = valuesOf(targetList);
  const grouped = groupClause.flatMap((item) => {
    const column = names.column(groupedValue(item, targets, names));
    return column === null ? [] : [column];
  });
  return conjuncts(havingClause).filter((condition) => {
    if (aggregates(condition) || hasQuery(condition) || returnsSets(condition)) return false;
    const references = names.references(condition);
    return references.length > 0 && references.every(({ meaning }) => isGrouped(meaning, grouped, query, view));
  });
}

function groupedValue(item: Node, targets: readonly (Node | undefined)[], names: Resolution): Node | undefined {
  if ("A_Const" in item) return targets[(item.A_Const.ival?.ival ?? 0) - 1];
  const meaning = "ColumnRef" in item ? names.of(item.ColumnRef) : null;
  return meaning?.is === "output" ? targets[meaning.index] : item;
}

function isGrouped(
  meaning: Meaning,
  grouped: readonly Extract<Meaning, { is: "column" }>[],
  query: Query,
  view: CatalogView,
): boolean {
  if (meaning.is !== "column" || meaning.source.query !== query) return false;
  const { stored } = meaning.column;
  if (stored === null || !equalIsSame(stored.column, view)) return false;
  return grouped.some((one) => one.source === meaning.source && one.column === meaning.column);
}
