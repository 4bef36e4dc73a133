import type { CatalogView } from "../../model/catalog-view.ts";
import type { Node } from "../../sql/nodes.ts";
import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import { elsewhere, prune, sourceAt, spineOf } from "./from-tree.ts";
import type { Query, Resolution } from "./meaning.ts";
import { aggregates, isOrdered, isPlain, qualified, returnsSets, windows } from "./query.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Precondition, Rewrite, Rewriting } from "./rewrite.ts";
import { allOf, exists, lacks, select, substitute, without } from "./tree.ts";
import { uniqueRows, valuesOf } from "./unique-rows.ts";

/** DISTINCT over a join of which one side is only asked whether it has a partner. */
export const distinctJoinToSemiJoin: Rewrite = rewrite({
  id: "distinct-join-to-semi-join",
  title: "DISTINCT after a join, to EXISTS",
  why: "The join makes each row as often as it has partners, and DISTINCT sorts or hashes them all to throw the repeated ones away; a semi-join stops at the first partner.",
  examples: [
    {
      schema,
      before:
        "SELECT DISTINCT c.id, c.name FROM customer c JOIN orders o ON o.customer_id = c.id WHERE o.total > 1 AND c.age > 1",
      after:
        "SELECT c.id, c.name FROM customer c WHERE c.age > 1 AND EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND o.total > 1)",
    },
    {
      schema,
      before:
        "SELECT DISTINCT c.city FROM customer c, orders o, item i WHERE o.customer_id = c.id AND i.order_id = o.id AND i.amount > 1",
      after:
        "SELECT DISTINCT c.city FROM customer c WHERE EXISTS (SELECT FROM orders o, item i WHERE o.customer_id = c.id AND i.order_id = o.id AND i.amount > 1)",
      note: "Without a key in what is shown DISTINCT stays.",
    },
    {
      schema,
      before: "SELECT DISTINCT c.id, o.state FROM customer c JOIN orders o ON o.customer_id = c.id",
      after: null,
      note: "Both sides are shown.",
    },
    {
      schema,
      before: "SELECT c.id FROM customer c JOIN orders o ON o.customer_id = c.id",
      after: null,
      note: "Without DISTINCT a customer comes as often as there are orders.",
    },
    {
      schema,
      before: "SELECT DISTINCT c.id, count(*) OVER () FROM customer c JOIN orders o ON o.customer_id = c.id",
      after: null,
      note: "The window counts the joined rows.",
    },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    return names.queries.flatMap((query): Rewriting[] => {
      const found = semiJoin(query, names, context.view);
      if (found === null) return [];
      return [
        {
          after: substitute(statement, new Map([[query.select, found.select]])),
          preconditions: found.preconditions,
          argument:
            "Nothing is shown of the tables that move into EXISTS: the join with them only drops rows without a partner and repeats the others, and DISTINCT takes the repetition back. Where DISTINCT goes, a key that is not NULL is shown of every table that stays, so its rows differ anyway.",
          ordered: isOrdered(statement, context),
        },
      ];
    });
  },
});

interface SemiJoin {
  readonly select: Query["select"];
  readonly preconditions: readonly Precondition[];
}

function semiJoin(query: Query, names: Resolution, view: CatalogView): SemiJoin | null {
  const { select: body } = query;
  const plainly = body.distinctClause?.every((node) => Object.keys(node).length === 0) === true;
  if (!plainly || !isPlain(body) || query.merges || !lacks(body, "groupClause", "havingClause")) return null;
  if (aggregates(body.targetList) || windows([body.targetList, body.sortClause])) return null;
  const spine = spineOf(body);
  const moved = spine.leaves.filter((leaf) => isMovable(leaf, query, spine.conditions, names));
  if (moved.length === 0 || moved.length === spine.leaves.length) return null;
  const gone = moved.map((leaf) => sourceAt(query, leaf)).filter((source) => source !== undefined);
  const conditions = spine.conditions.filter((one) => gone.some((source) => names.mentions(one, source)));
  const inside: Node[] = [];
  for (const condition of conditions) {
    const by = qualified(condition, query, names);
    if (by === null) return null;
    inside.push(substitute(condition, by));
  }
  // Without a condition it would be run once, whatever the rows: no join that anybody meant.
  const where = allOf(inside);
  if (where === undefined) return null;
  const added = [exists(select({ fromClause: [...moved], whereClause: where }))];
  const pruned = prune(body, { items: new Set(moved), conditions: new Set(conditions), added });
  if (pruned === null) return null;
  const sources = query.sources.filter((source) => !gone.includes(source));
  const shown = { query, values: valuesOf(body.targetList), sources };
  const preconditions = returnsSets(body.targetList) ? null : uniqueRows(shown, names, view);
  if (preconditions === null) return { select: pruned, preconditions: [] };
  return { select: without(pruned, "distinctClause"), preconditions };
}

function isMovable(leaf: Node, query: Query, conditions: readonly Node[], names: Resolution): boolean {
  const source = sourceAt(query, leaf);
  if (source === undefined || source.lateral || (source.kind !== "table" && source.kind !== "view")) return false;
  return !names.mentions(elsewhere(query.select, leaf, ...conditions), source);
}
