import type { CatalogView } from "../../model/catalog-view.ts";
import type { Node } from "../../sql/nodes.ts";
import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import { comparesExactly, foreignKeysOf, keysOf, readsAll } from "./facts.ts";
import { elsewhere, prune, sourceAt, spineOf } from "./from-tree.ts";
import type { Query, Resolution, Source } from "./meaning.ts";
import { isOrdered, isPlain } from "./query.ts";
import { neverNull, resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Precondition, Rewrite, Rewriting } from "./rewrite.ts";
import { isNull, operatorOf, substitute } from "./tree.ts";

/** A join along a foreign key of which only the key is asked. */
export const needlessJoin: Rewrite = rewrite({
  id: "needless-join",
  title: "A join along a foreign key of which nothing is used",
  why: "The server does not use foreign keys to leave out a join: it looks up each parent although it must be there.",
  examples: [
    {
      schema,
      before: "SELECT o.id, o.total FROM orders o JOIN customer c ON c.id = o.seller_id WHERE o.total > 1",
      after: "SELECT o.id, o.total FROM orders o WHERE o.total > 1",
    },
    {
      schema,
      before: "SELECT o.id FROM customer c, orders o WHERE o.customer_id = c.id",
      after: "SELECT o.id FROM orders o WHERE o.customer_id IS NOT NULL",
      note: "An order without a customer did not come.",
    },
    {
      schema,
      before: "SELECT o.id FROM orders o JOIN customer c ON c.id = o.seller_id AND c.age > 1",
      after: null,
      note: "More is asked of the parent than that it is there.",
    },
    {
      schema,
      before: "SELECT c.id FROM customer c JOIN orders o ON o.seller_id = c.id",
      after: null,
      note: "The other way round a parent comes as often as it has children.",
    },
    {
      schema: `${schema} ALTER TABLE customer ENABLE ROW LEVEL SECURITY`,
      before: "SELECT o.id FROM orders o JOIN customer c ON c.id = o.seller_id",
      after: null,
      note: "Not everybody sees every parent.",
    },
    {
      schema:
        "CREATE TABLE a (x int PRIMARY KEY); CREATE TABLE b (x int NOT NULL); ALTER TABLE b ADD FOREIGN KEY (x) REFERENCES a NOT VALID",
      before: "SELECT b.x AS y FROM b JOIN a ON a.x = b.x",
      after: null,
      note: "The foreign key was never checked for the rows that were there.",
    },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    return names.queries.flatMap((query): Rewriting[] => {
      if (!isPlain(query.select) || query.merges) return [];
      return spineOf(query.select).leaves.flatMap((leaf): Rewriting[] => {
        const found = withoutParent(leaf, query, names, context.view);
        if (found === null) return [];
        return [
          {
            after: substitute(statement, new Map([[query.select, found.select]])),
            preconditions: found.preconditions,
            argument:
              "By the foreign key every row whose reference is not NULL has a parent, and by the parent's key only one: the join neither drops such a row nor repeats it. Nothing else is asked of the parent.",
            ordered: isOrdered(statement, context),
          },
        ];
      });
    });
  },
});

interface Pruned {
  readonly select: Query["select"];
  readonly preconditions: readonly Precondition[];
}

function withoutParent(leaf: Node, query: Query, names: Resolution, view: CatalogView): Pruned | null {
  const parent = sourceAt(query, leaf);
  if (parent?.kind !== "table" || !readsAll(parent, view)) return null;
  const conditions = spineOf(query.select).conditions.filter((one) => names.mentions(one, parent));
  if (conditions.length === 0 || names.mentions(elsewhere(query.select, leaf, ...conditions), parent)) return null;
  const pairs = conditions.map((condition) => pairOf(condition, parent, names));
  const child = pairs[0]?.child.source;
  if (child === undefined || !pairs.every((pair) => pair?.child.source === child)) return null;
  const asked = pairs.filter((pair) => pair !== null);
  const along = foreignKeyOf(child, parent, asked, view);
  if (along === null) return null;
  const preconditions = [...along];
  const added: Node[] = [];
  for (const { child: reference, node } of asked) {
    const certain = neverNull(reference);
    if (certain === null) added.push(isNull(node, false));
    else preconditions.push(...certain);
  }
  const select = prune(query.select, { items: new Set([leaf]), conditions: new Set(conditions), added });
  return select === null ? null : { select, preconditions };
}

interface Pair {
  readonly parent: string;
  readonly column: string;
  readonly child: NonNullable<ReturnType<Resolution["column"]>>;
  readonly node: Node;
}

// `parent.key = child.reference`, either way round.
function pairOf(condition: Node, parent: Source, names: Resolution): Pair | null {
  const operator = operatorOf(condition);
  if (operator?.name !== "=") return null;
  const [left, right] = [names.column(operator.left), names.column(operator.right)];
  const [own, child, node] = left?.source === parent ? [left, right, operator.right] : [right, left, operator.left];
  if (own === null || child === null || own.source !== parent || child.source === parent) return null;
  if (own.column.stored === null || child.column.stored === null || !comparesExactly(own.column, child.column))
    return null;
  // Its own query's: what comes from outside may be another row each time, but no row that this FROM reads.
  if (child.source.query !== parent.query) return null;
  return { parent: own.column.stored.column.name, column: child.column.stored.column.name, child, node };
}

function foreignKeyOf(
  child: Source,
  parent: Source,
  pairs: readonly Pair[],
  view: CatalogView,
): readonly Precondition[] | null {
  const { table } = parent;
  for (const constraint of foreignKeysOf(child, view)) {
    const { references, columns } = constraint;
    if (references === null || references.schema !== table?.table.schema || references.table !== table.table.name)
      continue;
    const covers =
      columns.length === pairs.length &&
      columns.every((column, place) =>
        pairs.some((pair) => pair.column === column && pair.parent === references.columns[place]),
      );
    const key = keysOf(parent, view).find(
      (one) => one.columns.length === columns.length && one.columns.every((name) => references.columns.includes(name)),
    );
    if (!covers || key === undefined) continue;
    const what = `${child.table?.table.schema}.${child.table?.table.name} (${columns.join(", ")}) references ${references.schema}.${references.table} (${references.columns.join(", ")})`;
    return [{ what, from: `foreign key ${constraint.name}` }, key.precondition];
  }
  return null;
}
