import { treeText } from "../../sql/deparse.ts";
import type { Node } from "../../sql/nodes.ts";
import { rewriteConditions, typeFact } from "./conditions.ts";
import type { Change, ConditionPlace } from "./conditions.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite } from "./rewrite.ts";
import { comparisonOf } from "./terms.ts";
import { allOf, isNull } from "./tree.ts";

const SCHEMA = "CREATE TABLE item (id int PRIMARY KEY, size int, ratio float8, kind text NOT NULL, area box);";

/** A column compared with itself asks whether it is NULL. */
export const selfComparison: Rewrite = rewrite({
  id: "self-comparison",
  title: "A column compared with itself asks whether it is NULL",
  why: "The planner takes a column's comparison with itself for one that few rows pass, and plans for few rows; IS NOT NULL has its true share in the statistics, and a column that cannot be NULL needs no condition.",
  examples: [
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE size = size AND ratio >= ratio",
      after: "SELECT id FROM item WHERE size IS NOT NULL AND ratio IS NOT NULL",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE kind <= kind AND size > 1",
      after: "SELECT id FROM item WHERE size > 1",
    },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE size <> size", after: null, note: "never true" },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE area = area", after: null, note: "boxes compare by area" },
    {
      schema: SCHEMA,
      before: "SELECT a.id FROM item a JOIN item b ON a.size = b.size",
      after: null,
      note: "two items of FROM",
    },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE NOT (size = size)", after: null },
  ],
  rewrite: (statement, context) =>
    rewriteConditions(statement, context, {
      change: (node, place) => needless(node, place) ?? compared(node, place),
      argument:
        "A value of the column's type equals itself (NaN included), so that the comparison is TRUE of every value, and NULL of NULL.",
    }),
});

const REFLEXIVE =
  /^(?:smallint|integer|bigint|numeric|real|double precision|text|character varying|date|uuid|boolean|timestamp|time)\b/;

function same(
  node: Node,
  place: ConditionPlace,
): { readonly column: NonNullable<ReturnType<ConditionPlace["column"]>>; readonly node: Node } | null {
  const found = comparisonOf(node);
  if (found === null || !["=", "<=", ">="].includes(found.operator) || !place.isBuiltIn(found.operator)) return null;
  const column = place.column(found.left);
  if (column === null || treeText(found.left) !== treeText(found.right)) return null;
  return REFLEXIVE.test(column.type) && !column.type.endsWith("[]") ? { column, node: found.left } : null;
}

function compared(node: Node, place: ConditionPlace): Change | null {
  const found = same(node, place);
  return found === null ? null : { after: isNull(found.node, false), preconditions: [typeFact(found.column)] };
}

// Of an AND, what holds of every row is left out.
function needless(node: Node, place: ConditionPlace): Change | null {
  if (!("BoolExpr" in node) || node.BoolExpr.boolop !== "AND_EXPR") return null;
  const parts = node.BoolExpr.args ?? [];
  const facts = parts.map((part) => {
    const found = same(part, place);
    return found === null || found.column.notNull === null ? null : [typeFact(found.column), ...found.column.notNull];
  });
  if (facts.every((fact) => fact === null)) return null;
  const others = parts
    .filter((_, index) => facts[index] === null)
    .map((part) => ({ part, change: compared(part, place) }));
  const after = allOf(others.map(({ part, change }) => change?.after ?? part));
  if (after === undefined) return null;
  return {
    after,
    preconditions: [
      ...facts.flatMap((fact) => fact ?? []),
      ...others.flatMap(({ change }) => change?.preconditions ?? []),
    ],
  };
}
