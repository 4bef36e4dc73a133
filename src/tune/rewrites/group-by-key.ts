import type { Node } from "../../sql/nodes.ts";
import { isOrdered, isRewritable } from "./conditions.ts";
import { distinctBy } from "./facts.ts";
import { aggregates, hasQuery, windows } from "./query.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Precondition, Rewrite } from "./rewrite.ts";
import { lacks, substitute, without } from "./tree.ts";

const SCHEMA = `CREATE TABLE owner (id int PRIMARY KEY, email text UNIQUE, name text);
CREATE TABLE item (id int PRIMARY KEY, owner_id int, name text);`;

/** Groups of one row each are not made. */
export const groupByKey: Rewrite = rewrite({
  id: "group-by-key",
  title: "Grouping by a key makes groups of one row",
  why: "The rows are sorted or hashed to find those that are alike, and no two are.",
  examples: [
    {
      schema: SCHEMA,
      before: "SELECT id, name FROM owner WHERE name = 'a' GROUP BY id, name",
      after: "SELECT id, name FROM owner WHERE name = 'a'",
    },
    {
      schema: SCHEMA,
      before: "SELECT lower(name) AS low FROM owner GROUP BY id ORDER BY id",
      after: "SELECT lower(name) AS low FROM owner ORDER BY id",
    },
    {
      schema: SCHEMA,
      before: "SELECT email FROM owner GROUP BY email",
      after: null,
      note: "a unique column takes many NULLs, which are one group",
    },
    { schema: SCHEMA, before: "SELECT id, count(*) FROM owner GROUP BY id", after: null, note: "an aggregate" },
    { schema: SCHEMA, before: "SELECT name FROM owner GROUP BY name", after: null, note: "no key" },
    {
      schema: SCHEMA,
      before: "SELECT o.id FROM owner o JOIN item i ON i.owner_id = o.id GROUP BY o.id",
      after: null,
      note: "a join multiplies rows",
    },
    { schema: SCHEMA, before: "SELECT id FROM owner GROUP BY GROUPING SETS ((id), ())", after: null },
    { schema: SCHEMA, before: "SELECT id FROM owner GROUP BY id HAVING count(*) > 1", after: null },
    {
      schema: SCHEMA,
      before: "SELECT id FROM owner GROUP BY id LIMIT 1",
      after: null,
      note: "which row comes first would change",
    },
  ],
  rewrite: (statement, context) => {
    if (!isRewritable(statement, context)) return [];
    const resolution = resolve(statement, context);
    const by = new Map<object, object>();
    const preconditions: Precondition[] = [];
    for (const query of resolution.queries) {
      const { select, sources } = query;
      const [source, ...others] = sources;
      const { groupClause = [], targetList, sortClause } = select;
      if (source === undefined || others.length > 0 || groupClause.length === 0 || select.groupDistinct === true)
        continue;
      if (!lacks(select, "havingClause", "limitCount", "limitOffset", "distinctClause", "windowClause")) continue;
      if (
        aggregates([targetList, sortClause]) ||
        windows([targetList, sortClause]) ||
        hasQuery([targetList, sortClause])
      )
        continue;
      const keys = groupClause.map((key) => storedName(key));
      if (!keys.every((key) => key !== null)) continue;
      const facts = distinctBy(source, new Set(keys), context.view);
      if (facts === null) continue;
      by.set(select, without(select, "groupClause"));
      preconditions.push(...facts);
    }
    function storedName(key: Node): string | null {
      const meaning = "ColumnRef" in key ? resolution.of(key.ColumnRef) : null;
      if (meaning?.is === "output") return null;
      return meaning?.is === "column" ? (meaning.column.stored?.column.name ?? null) : null;
    }
    if (by.size === 0) return [];
    return [
      {
        after: substitute(statement, by),
        preconditions,
        argument:
          "No two rows are alike in the columns that are grouped by, so that each row is a group of its own, and the group shows what the row holds. There are no aggregates.",
        ordered: isOrdered(statement, context),
      },
    ];
  },
});
