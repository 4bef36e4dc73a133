import type { Node } from "../../sql/nodes.ts";
import { rewriteConditions, typeFact } from "./conditions.ts";
import type { Change, ConditionPlace } from "./conditions.ts";
import { WHOLE_MAX } from "./grid.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite } from "./rewrite.ts";
import { textOf, wholeOf } from "./terms.ts";
import { operation } from "./tree.ts";

const SCHEMA = "CREATE TABLE item (id int PRIMARY KEY, size int, name text, price numeric);";

/** A list of one item becomes an equality. */
export const listOfOne: Rewrite = rewrite({
  id: "list-of-one",
  title: "A list of one item is an equality",
  why: "An equality with an array is not known to fix the column to one value, so that an index may not give the order of the columns after it; an equality is.",
  examples: [
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE size = ANY (ARRAY[2])",
      after: "SELECT id FROM item WHERE size = 2",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE name IN ('a') AND size NOT IN (1)",
      after: "SELECT id FROM item WHERE name = 'a' AND size <> 1",
    },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE size = ANY (ARRAY[1, 2])", after: null },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE size = ANY (ARRAY[NULL]::int[])", after: null },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE size > ALL (ARRAY[1])", after: null },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE size IN (SELECT 1)", after: null },
  ],
  rewrite: (statement, context) =>
    rewriteConditions(statement, context, {
      change: only,
      argument: "Equal to one of a single item is equal to that item; NULL gives NULL on both sides.",
    }),
});

function only(node: Node, place: ConditionPlace): Change | null {
  if (!("A_Expr" in node)) return null;
  const { kind, name = [], lexpr, rexpr } = node.A_Expr;
  const [first] = name;
  const operator = name.length === 1 && first !== undefined && "String" in first ? first.String.sval : undefined;
  const items =
    rexpr === undefined
      ? []
      : kind === "AEXPR_IN" && "List" in rexpr
        ? (rexpr.List.items ?? [])
        : kind === "AEXPR_OP_ANY" && operator === "=" && "A_ArrayExpr" in rexpr
          ? (rexpr.A_ArrayExpr.elements ?? [])
          : [];
  const [item, ...more] = items;
  const column = place.column(lexpr);
  if (item === undefined || more.length > 0 || lexpr === undefined || column === null) return null;
  if ((operator !== "=" && operator !== "<>") || !place.isBuiltIn(operator)) return null;
  const fits = column.type in WHOLE_MAX ? wholeOf(item) !== null : column.type === "text" && textOf(item) !== null;
  return fits ? { after: operation(operator, lexpr, item), preconditions: [typeFact(column)] } : null;
}
