import type { CatalogView } from "../../model/catalog-view.ts";
import type { Node, SelectStmt } from "../../sql/nodes.ts";
import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import { exclude } from "./exclusive.ts";
import type { Query, Resolution } from "./meaning.ts";
import { isOrdered, isRowByRow, sourcesOf, windows } from "./query.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite, Rewriting } from "./rewrite.ts";
import { allOf, anyOf, columnRef, conjuncts, select, substitute, without } from "./tree.ts";

/** `WHERE a OR b` to a UNION ALL of both, of which the second leaves out what the first gave. */
export const orToUnionAll: Rewrite = rewrite({
  id: "or-to-union-all",
  title: "OR between conditions on different columns, to UNION ALL",
  why: "No one index answers an OR between columns, and none at all one between tables: everything is joined and read through. Each part by itself can use its own index.",
  examples: [
    {
      schema,
      before:
        "SELECT o.id, c.name FROM orders o JOIN customer c ON c.id = o.seller_id WHERE o.state = 'open' OR c.city = 'a'",
      after:
        "SELECT o.id, c.name FROM orders o JOIN customer c ON c.id = o.seller_id WHERE o.state = 'open' UNION ALL SELECT o.id, c.name FROM orders o JOIN customer c ON c.id = o.seller_id WHERE c.city = 'a' AND (o.state = 'open') IS NOT TRUE",
      note: "IS NOT TRUE, since NOT would lose the rows for which the first part is NULL.",
    },
    {
      schema,
      before:
        "SELECT name, age AS years FROM customer WHERE id > 0 AND (city = 'a' OR age = 1 OR email = 'b') ORDER BY years, name LIMIT 3",
      after:
        "SELECT name, age AS years FROM customer WHERE id > 0 AND city = 'a' UNION ALL SELECT name, age AS years FROM customer WHERE id > 0 AND age = 1 AND (city = 'a') IS NOT TRUE UNION ALL SELECT name, age AS years FROM customer WHERE id > 0 AND email = 'b' AND (city = 'a' OR age = 1) IS NOT TRUE ORDER BY years, name LIMIT 3",
    },
    {
      schema,
      before: "SELECT count(*) FROM customer WHERE city = 'a' OR age = 1",
      after: null,
      note: "Two counts are no count.",
    },
    { schema, before: "SELECT DISTINCT city FROM customer WHERE city = 'a' OR age = 1", after: null },
    {
      schema,
      before: "SELECT id FROM customer WHERE age = 1 OR age = 2",
      after: null,
      note: "One column: that is an IN.",
    },
    {
      schema,
      before: "SELECT id FROM customer WHERE city = 'a' OR age = 1 LIMIT 1",
      after: null,
      note: "A pick without an order.",
    },
    {
      schema,
      before: "SELECT id FROM customer WHERE city = 'a' OR age = 1 ORDER BY name",
      after: null,
      note: "A union can only be ordered by what it shows.",
    },
    { schema, before: "SELECT rank() OVER (ORDER BY id) FROM customer WHERE city = 'a' OR age = 1", after: null },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    return names.queries.flatMap((query): Rewriting[] => {
      if (query.place === "side" || query.place === "expression") return [];
      const parts = split(query, names, context.view);
      const order = parts === null ? null : orderOf(query, names);
      if (parts === null || order === null) return [];
      return [
        {
          after: substitute(statement, new Map([[query.select, union(query.select, parts, order)]])),
          preconditions: [],
          argument:
            "Each row for which the OR is true is given once: by the first part that is true for it, since every later one leaves out the rows for which an earlier one IS TRUE, and keeps those for which it is false or NULL. Parts that exclude each other need not say so.",
          ordered: isOrdered(statement, context),
        },
      ];
    });
  },
});

/** More parts read the tables more often than they are likely to spare. */
const PARTS_MAX = 4;

// The conditions of each part.
function split(query: Query, names: Resolution, view: CatalogView): readonly (readonly Node[])[] | null {
  const { select: body } = query;
  const { limitCount, limitOffset, sortClause } = body;
  if (!isRowByRow(without(body, "limitCount", "limitOffset")) || windows([body.targetList, sortClause])) return null;
  if ((limitCount !== undefined || limitOffset !== undefined) && sortClause === undefined) return null;
  if (body.limitOption === "LIMIT_OPTION_WITH_TIES") return null;
  // A parameter that is shown would be given its type by the union.
  if (
    (body.targetList ?? []).some(
      (one) => "ResTarget" in one && one.ResTarget.val !== undefined && "ParamRef" in one.ResTarget.val,
    )
  )
    return null;
  const conditions = conjuncts(body.whereClause);
  const either = conditions.find((one) => "BoolExpr" in one && one.BoolExpr.boolop === "OR_EXPR");
  const arms = either !== undefined && "BoolExpr" in either ? (either.BoolExpr.args ?? []) : [];
  if (arms.length < 2 || arms.length > PARTS_MAX || !areOfDifferentColumns(arms, names)) return null;
  const rest = conditions.filter((one) => one !== either);
  return arms.map((arm, place) => {
    const before = arms
      .slice(0, place)
      .filter((one) => !exclude(conjuncts(one), conjuncts(arm), (a, b) => a === b, names, view));
    const earlier = anyOf(before);
    return [...rest, arm, ...(earlier === undefined ? [] : [isNotTrue(earlier)])];
  });
}

const isNotTrue = (arg: Node): Node => ({ BooleanTest: { arg, booltesttype: "IS_NOT_TRUE" } });

function areOfDifferentColumns(arms: readonly Node[], names: Resolution): boolean {
  const found = new Set<unknown>();
  for (const { meaning } of names.references(arms)) {
    const sources = sourcesOf(meaning);
    if (sources === null) return false;
    found.add(meaning.is === "column" ? meaning.column : sources[0]);
  }
  return found.size > 1;
}

// ORDER BY of a union names what it shows.
function orderOf(query: Query, names: Resolution): readonly Node[] | null {
  const order: Node[] = [];
  for (const item of query.select.sortClause ?? []) {
    if (!("SortBy" in item) || item.SortBy.node === undefined) return null;
    const { node } = item.SortBy;
    if ("A_Const" in node) {
      order.push(item);
      continue;
    }
    const meaning = "ColumnRef" in node ? names.of(node.ColumnRef) : null;
    const name = meaning?.is === "output" ? query.outputs?.[meaning.index]?.name : shownAs(node, query, names);
    if (name === undefined || query.outputs?.filter((one) => one.name === name).length !== 1) return null;
    order.push({ SortBy: { ...item.SortBy, node: columnRef(name) } });
  }
  return order;
}

function shownAs(node: Node, query: Query, names: Resolution): string | undefined {
  const sorted = names.column(node);
  const place = (query.select.targetList ?? []).findIndex((target) => {
    const shown = "ResTarget" in target ? names.column(target.ResTarget.val) : null;
    return sorted !== null && shown?.source === sorted.source && shown.column === sorted.column;
  });
  // A star before it would have moved it.
  return place >= 0 && query.outputs?.length === query.select.targetList?.length
    ? query.outputs?.[place]?.name
    : undefined;
}

function union(body: SelectStmt, parts: readonly (readonly Node[])[], order: readonly Node[]): SelectStmt {
  const plain = select({
    ...without(body, "sortClause", "limitCount", "limitOffset", "limitOption", "withClause", "whereClause"),
  });
  const queries = parts.map((conditions): SelectStmt => {
    const where = allOf(conditions);
    return where === undefined ? plain : { ...plain, whereClause: where };
  });
  const joined = queries.reduce((larg, rarg) => select({ op: "SETOP_UNION", all: true, larg, rarg }));
  const { withClause, limitCount, limitOffset, limitOption } = body;
  return {
    ...joined,
    ...(withClause === undefined ? {} : { withClause }),
    ...(order.length === 0 ? {} : { sortClause: [...order] }),
    ...(limitCount === undefined ? {} : { limitCount }),
    ...(limitOffset === undefined ? {} : { limitOffset }),
    ...(limitOption === undefined ? {} : { limitOption }),
  };
}
