import type { Node } from "../../sql/nodes.ts";
import { momentOf } from "./calendar.ts";
import { rewriteConditions, typeFact } from "./conditions.ts";
import type { Change, ConditionColumn, ConditionPlace } from "./conditions.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite } from "./rewrite.ts";
import { bothWays, textOf, truthOf, wholeOf } from "./terms.ts";
import type { Operator } from "./terms.ts";
import { anyOf, isNull, operation } from "./tree.ts";

const SCHEMA = `CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE item (id int PRIMARY KEY, name text, code char(3), size int, flag boolean, day date, kind text NOT NULL, loose text COLLATE loose, price numeric);`;

/** A stand-in for NULL in a condition becomes what it says of the column. */
export const coalesceDissolved: Rewrite = rewrite({
  id: "coalesce-dissolved",
  title: "A stand-in for NULL is decided beforehand",
  why: "An index holds the column and not what COALESCE puts in NULL's place, so every row is read; with the constants compared beforehand, what is left is a comparison of the column, and IS NULL where the stand-in passes, both of which an index answers.",
  examples: [
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE coalesce(size, 0) = 1",
      after: "SELECT id FROM item WHERE size = 1",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE coalesce(size, 0) < 2",
      after: "SELECT id FROM item WHERE size < 2 OR size IS NULL",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE 'a' = coalesce(name, 'a') AND coalesce(name, '') <> 'b'",
      after: "SELECT id FROM item WHERE (name = 'a' OR name IS NULL) AND (name <> 'b' OR name IS NULL)",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE coalesce(day, '2024-01-01') > '2024-02-29'",
      after: "SELECT id FROM item WHERE day > '2024-02-29'",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE coalesce(flag, false) AND id > 0",
      after: "SELECT id FROM item WHERE flag AND id > 0",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE NOT coalesce(flag, false)",
      after: "SELECT id FROM item WHERE flag IS NOT TRUE",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE coalesce(kind, '') = 'a'",
      after: "SELECT id FROM item WHERE kind = 'a'",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE coalesce(loose, 'a') = 'A'",
      after: null,
      note: "a collation may hold different texts to be equal",
    },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE coalesce(code, 'a') = 'a '", after: null, note: "padded" },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE coalesce(name, 'a') > 'B'",
      after: null,
      note: "how texts are ordered is the collation's business",
    },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE coalesce(size, id) = 1", after: null },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE coalesce(size, 0.5) = 1", after: null },
    {
      schema: SCHEMA,
      before: "SELECT coalesce(size, 0) = 1 AS one FROM item",
      after: null,
      note: "FALSE is shown, not NULL",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE NOT (coalesce(size, 0) = 1)",
      after: null,
      note: "FALSE counts",
    },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE (coalesce(size, 0) = 1) IS FALSE", after: null },
  ],
  rewrite: (statement, context) =>
    rewriteConditions(statement, context, {
      change: (node, place) => compared(node, place) ?? bare(node, place),
      argument:
        "Where the column is not NULL, COALESCE is the column. Where it is NULL, the condition compares two constants: where that holds, the rows are added by IS NULL; where not, the column's own comparison gives NULL, which a condition takes as FALSE.",
    }),
});

function coalesced(
  node: Node,
  place: ConditionPlace,
): { readonly column: ConditionColumn; readonly node: Node; readonly other: Node } | null {
  if (!("CoalesceExpr" in node)) return null;
  const [first, other, ...more] = node.CoalesceExpr.args ?? [];
  const column = place.column(first);
  if (first === undefined || other === undefined || more.length > 0 || column === null) return null;
  return { column, node: first, other };
}

function compared(node: Node, place: ConditionPlace): Change | null {
  for (const { left, operator, right } of bothWays(node)) {
    const found = coalesced(left, place);
    if (found === null || !place.isBuiltIn(operator)) continue;
    const passes = holds(found.column, found.other, operator, right);
    if (passes === null) continue;
    const { column } = found;
    const own = operation(operator, found.node, right);
    const after = passes && column.notNull === null ? anyOf([own, isNull(found.node)]) : own;
    if (after !== undefined) return { after, preconditions: [typeFact(column), ...(column.notNull ?? [])] };
  }
  return null;
}

const WHOLE = new Set(["smallint", "integer", "bigint"]);

/** Whether two constants compare so in the column's type; null where that is not certain here. */
function holds(column: ConditionColumn, left: Node, operator: Operator, right: Node): boolean | null {
  const decide = <T extends bigint | number | string>(a: T | null, b: T | null): boolean | null => {
    if (a === null || b === null) return null;
    const order = a < b ? -1 : a > b ? 1 : 0;
    return { "=": order === 0, "<>": order !== 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0 }[
      operator
    ];
  };
  if (WHOLE.has(column.type) || /^numeric(?:\(|$)/.test(column.type)) return decide(wholeOf(left), wholeOf(right));
  const [a, b] = [textOf(left), textOf(right)];
  if (a === null || b === null) return null;
  if (column.type === "date" || /^timestamp(?:\(\d\))? without time zone$/.test(column.type)) {
    const dated = column.type !== "date" || (a.length === 10 && b.length === 10);
    return dated ? decide(momentOf(a), momentOf(b)) : null;
  }
  const isText = column.type === "text" || /^character varying(?:\(\d+\))?$/.test(column.type);
  // The database's own collation tells any two texts apart; another may not, and orders are a collation's business.
  const plain = isText && (column.stored?.column.collation ?? null) === null && column.stored !== null;
  return plain && (operator === "=" || operator === "<>") ? decide(a, b) : null;
}

// `coalesce(flag, …)` as a condition, and its contrary.
function bare(node: Node, place: ConditionPlace): Change | null {
  const isNegated = "BoolExpr" in node && node.BoolExpr.boolop === "NOT_EXPR";
  const inner = isNegated ? node.BoolExpr.args?.[0] : node;
  const found = inner === undefined ? null : coalesced(inner, place);
  const standIn = truthOf(found?.other);
  if (found?.column.type !== "boolean" || standIn === null) return null;
  const preconditions = [typeFact(found.column)];
  const test = (booltesttype: "IS_NOT_TRUE" | "IS_NOT_FALSE"): Node => ({
    BooleanTest: { arg: found.node, booltesttype },
  });
  if (!isNegated) return { after: standIn ? test("IS_NOT_FALSE") : found.node, preconditions };
  const contrary: Node = { BoolExpr: { boolop: "NOT_EXPR", args: [found.node] } };
  return { after: standIn ? contrary : test("IS_NOT_TRUE"), preconditions };
}
