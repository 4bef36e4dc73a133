import type { CatalogView } from "../../model/catalog-view.ts";
import type { SelectStmt } from "../../sql/nodes.ts";
import { EXAMPLE_SCHEMA as schema } from "./example-schema.ts";
import { constantOf, exclude } from "./exclusive.ts";
import { keysOf } from "./facts.ts";
import type { Query, Resolution, Source } from "./meaning.ts";
import { isOrdered } from "./query.ts";
import { resolve } from "./resolve.ts";
import { rewrite } from "./rewrite.ts";
import type { Precondition, Rewrite, Rewriting } from "./rewrite.ts";
import { conjuncts, lacks, substitute } from "./tree.ts";
import { distinctAnswers, valuesOf } from "./unique-rows.ts";

/** UNION of queries that have no row in common, nor twice, to UNION ALL. */
export const unionToUnionAll: Rewrite = rewrite({
  id: "union-to-union-all",
  title: "UNION of what has no row in common, to UNION ALL",
  why: "All rows are sorted or hashed to find duplicates of which there are none, and nothing can be given before the last was read.",
  examples: [
    {
      schema,
      before: "SELECT 'customer' AS kind, id FROM customer UNION SELECT 'order', id FROM orders",
      after: "SELECT 'customer' AS kind, id FROM customer UNION ALL SELECT 'order', id FROM orders",
    },
    {
      schema,
      before:
        "SELECT id, name FROM customer WHERE city = 'a' UNION SELECT id, name FROM customer WHERE city IN ('b', 'c')",
      after:
        "SELECT id, name FROM customer WHERE city = 'a' UNION ALL SELECT id, name FROM customer WHERE city IN ('b', 'c')",
    },
    {
      schema,
      before: "SELECT id FROM customer WHERE city = 'a' UNION SELECT id FROM customer WHERE age = 1",
      after: null,
      note: "A customer may be in both.",
    },
    {
      schema,
      before: "SELECT 'a' AS kind, city FROM customer UNION SELECT 'b', state FROM orders",
      after: null,
      note: "A city comes several times.",
    },
    {
      schema,
      before: "SELECT id FROM customer UNION SELECT id FROM orders",
      after: null,
      note: "Keys of two tables may be equal.",
    },
    {
      schema,
      before: "SELECT id FROM orders WHERE at = '2024-01-01' UNION SELECT id FROM orders WHERE at = '20240101'",
      after: null,
      note: "Two texts of one day.",
    },
  ],
  rewrite(statement, context) {
    const names = resolve(statement, context);
    return names.queries.flatMap((query): Rewriting[] => {
      if (!isUnion(query.select) || (query.place === "side" && query.parent !== null && isUnion(query.parent.select)))
        return [];
      const unions: SelectStmt[] = [];
      const leaves = leavesOf(query, unions, names);
      const preconditions = leaves === null ? null : haveNothingInCommon(leaves, names, context.view);
      if (preconditions === null) return [];
      return [
        {
          after: allOfThem(statement, unions),
          preconditions,
          argument:
            "UNION drops rows that come twice. Within each query none does, since a key that is not NULL is shown; and no row of one can be equal to one of another, since they differ in a constant, or would have to be the same row and their conditions exclude each other.",
          ordered: isOrdered(statement, context),
        },
      ];
    });
  },
});

const isUnion = (select: SelectStmt): boolean => select.op === "SETOP_UNION" && select.all !== true;

// From within outwards, since a union holds others as it is.
function allOfThem<T>(statement: T, unions: readonly SelectStmt[]): T {
  const done = new Map<SelectStmt, SelectStmt>();
  for (const union of unions.toReversed()) {
    const { larg, rarg } = union;
    const side = (one: SelectStmt | undefined): SelectStmt | undefined =>
      one === undefined ? one : (done.get(one) ?? one);
    const [left, right] = [side(larg), side(rarg)];
    done.set(union, {
      ...union,
      all: true,
      ...(left === undefined ? {} : { larg: left }),
      ...(right === undefined ? {} : { rarg: right }),
    });
  }
  const [outermost] = unions;
  return outermost === undefined ? statement : substitute(statement, new Map([[outermost, done.get(outermost)]]));
}

// The queries of a chain of unions, and the unions, outer ones first.
function leavesOf(query: Query, unions: SelectStmt[], names: Resolution): readonly Query[] | null {
  const { select } = query;
  if (!isUnion(select)) return [query];
  // What a part sorts, cuts or names is its own.
  if (unions.length > 0 && !lacks(select, "sortClause", "limitCount", "limitOffset", "withClause")) return null;
  unions.push(select);
  const leaves: Query[] = [];
  for (const side of [select.larg, select.rarg]) {
    const inner = side === undefined ? undefined : names.queryOf(side);
    const found = inner === undefined ? null : leavesOf(inner, unions, names);
    if (found === null) return null;
    leaves.push(...found);
  }
  return leaves;
}

function haveNothingInCommon(
  leaves: readonly Query[],
  names: Resolution,
  view: CatalogView,
): readonly Precondition[] | null {
  if (!haveSameTypes(leaves, names)) return null;
  const preconditions: Precondition[] = [];
  for (const leaf of leaves) {
    const unique = distinctAnswers(leaf, names, view);
    if (unique === null) return null;
    preconditions.push(...unique);
  }
  const apart = leaves.every((leaf, place) =>
    leaves.slice(place + 1).every((other) => differ(leaf, other, names, view)),
  );
  return apart ? preconditions : null;
}

// A column that would be converted to another type might lose what tells its rows apart.
function haveSameTypes(leaves: readonly Query[], names: Resolution): boolean {
  const columns = leaves.map((leaf) => valuesOf(leaf.select.targetList));
  return (columns[0] ?? []).every((_, place) => {
    const values = columns.map((list) => list[place]);
    if (values.every((value) => constantOf(value) !== null)) return true;
    const types = new Set(values.map((value) => names.column(value)?.column.type ?? null));
    return types.size === 1 && !types.has(null);
  });
}

function differ(left: Query, right: Query, names: Resolution, view: CatalogView): boolean {
  const [first, second] = [valuesOf(left.select.targetList), valuesOf(right.select.targetList)];
  for (const [place, value] of first.entries()) {
    const [a, b] = [constantOf(value), constantOf(second[place])];
    if (a !== null && b !== null && a !== b && a[0] === b[0]) return true;
  }
  const [one, other] = [left.sources[0], right.sources[0]];
  if (one === undefined || other === undefined || left.sources.length !== 1 || right.sources.length !== 1) return false;
  if (one.table === null || one.table !== other.table || one.only !== other.only) return false;
  // Equal in a key: the same row.
  const shown = first.flatMap((value, place) => {
    const [a, b] = [names.column(value), names.column(second[place])];
    const name = a?.source === one ? a.column.stored?.column.name : undefined;
    return name !== undefined && b?.source === other && b.column.stored?.column.name === name ? [name] : [];
  });
  const isRow = keysOf(one, view).some((key) => key.columns.every((column) => shown.includes(column)));
  const sameRow = (a: Source, b: Source): boolean => a === one && b === other;
  const [where, otherWhere] = [left, right].map((query) => conjuncts(query.select.whereClause));
  return isRow && exclude(where ?? [], otherWhere ?? [], sameRow, names, view);
}
