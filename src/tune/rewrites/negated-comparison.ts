import type { Node } from "../../sql/nodes.ts";
import { rewriteConditions, typeFact } from "./conditions.ts";
import type { Change, ConditionPlace } from "./conditions.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite } from "./rewrite.ts";
import { comparisonOf, NEGATED } from "./terms.ts";
import { operation } from "./tree.ts";

const SCHEMA =
  "CREATE TABLE item (id int PRIMARY KEY, size int, ratio float8, at timestamp, spot point, area box, name text);";

/** NOT before a comparison becomes the contrary comparison. */
export const negatedComparison: Rewrite = rewrite({
  id: "negated-comparison",
  title: "NOT of a comparison is the contrary comparison",
  why: "A comparison is looked up in an index and in the histogram. The server turns NOT around by itself where the operator names its contrary; this form says so to every version and to whoever reads it.",
  examples: [
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE NOT (size > 1)",
      after: "SELECT id FROM item WHERE size <= 1",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE NOT (ratio <= 1.5) AND NOT (name = 'a')",
      after: "SELECT id FROM item WHERE ratio > 1.5 AND name <> 'a'",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE NOT (area < box '((0,0),(1,1))')",
      after: null,
      note: "boxes compare by area, nearly",
    },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE NOT (size > ALL (SELECT id FROM item))", after: null },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE (size > 1) IS NOT TRUE",
      after: null,
      note: "that is true of NULL",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE NOT ((size, id) < (1, 2))",
      after: null,
      note: "rows with NULL",
    },
  ],
  rewrite: (statement, context) =>
    rewriteConditions(statement, context, {
      change: negated,
      argument:
        "The values of the column's type stand in one order (NaN above all numbers, infinity above all times), so that exactly one of both comparisons holds of any two values. NULL gives NULL on both sides.",
    }),
});

const ORDERED =
  /^(?:smallint|integer|bigint|numeric|real|double precision|text|character varying|date|uuid|boolean|timestamp|time)\b/;

function negated(node: Node, place: ConditionPlace): Change | null {
  if (!("BoolExpr" in node) || node.BoolExpr.boolop !== "NOT_EXPR") return null;
  const [inner] = node.BoolExpr.args ?? [];
  const found = inner === undefined ? null : comparisonOf(inner);
  if (found === null || !place.isBuiltIn(found.operator, NEGATED[found.operator])) return null;
  const column = place.column(found.left) ?? place.column(found.right);
  if (column === null || !ORDERED.test(column.type) || column.type.endsWith("[]")) return null;
  return { after: operation(NEGATED[found.operator], found.left, found.right), preconditions: [typeFact(column)] };
}
