import { treeText } from "../../sql/deparse.ts";
import type { Node } from "../../sql/nodes.ts";
import { rewriteConditions, typeFact } from "./conditions.ts";
import type { Change, ConditionColumn, ConditionPlace } from "./conditions.ts";
import { WHOLE_MAX } from "./grid.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite } from "./rewrite.ts";
import { bothWays, textOf, wholeOf } from "./terms.ts";
import { anyOf } from "./tree.ts";

const SCHEMA = "CREATE TABLE item (id int PRIMARY KEY, size int, big bigint, name text, price numeric, other int);";

/** Equalities of one column joined by OR become a list. */
export const orToIn: Rewrite = rewrite({
  id: "or-to-in",
  title: "Equalities of one column joined by OR are a list",
  why: "Before PostgreSQL 18 each branch of OR is a scan of its own with a bitmap of its own; a list is one scan of the index with several keys, and keeps the index's order for what follows.",
  examples: [
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE size = 1 OR size = 2 OR 3 = size",
      after: "SELECT id FROM item WHERE size IN (1, 2, 3)",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE (name = 'a' OR other = 1 OR name = 'b') AND id > 0",
      after: "SELECT id FROM item WHERE (name IN ('a', 'b') OR other = 1) AND id > 0",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE size = 1 OR size IN (2, 3)",
      after: "SELECT id FROM item WHERE size IN (1, 2, 3)",
    },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE size = 1 OR other = 1", after: null, note: "two columns" },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE size = 1 OR size = 2.5",
      after: null,
      note: "the list would be of one type",
    },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE size = 1 OR size > 2", after: null },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE size = 1 OR size IS NULL", after: null },
  ],
  rewrite: (statement, context) =>
    rewriteConditions(statement, context, {
      change: joined,
      argument:
        "IN is defined as the OR of equalities with each item, NULL included; the items keep the type that each had.",
    }),
});

interface Equality {
  readonly node: Node;
  readonly column: ConditionColumn;
  readonly items: readonly Node[];
}

function equalityOf(part: Node, place: ConditionPlace): Equality | null {
  if ("A_Expr" in part && part.A_Expr.kind === "AEXPR_IN") {
    const { lexpr, rexpr, name } = part.A_Expr;
    const column = place.column(lexpr);
    const items = rexpr !== undefined && "List" in rexpr ? (rexpr.List.items ?? []) : [];
    const equal = name?.length === 1 && name[0] !== undefined && "String" in name[0] && name[0].String.sval === "=";
    if (lexpr === undefined || column === null || !equal || items.length === 0) return null;
    return items.every((item) => suits(item, column)) ? { node: lexpr, column, items } : null;
  }
  for (const { left, operator, right } of bothWays(part)) {
    const column = place.column(left);
    if (column !== null && operator === "=" && suits(right, column)) return { node: left, column, items: [right] };
  }
  return null;
}

/** Constants that take the column's type, whichever stand beside them. */
function suits(item: Node, column: ConditionColumn): boolean {
  const max = WHOLE_MAX[column.type];
  const whole = wholeOf(item);
  const four = WHOLE_MAX["integer"] ?? 0n;
  if (max !== undefined) return whole !== null && whole <= four && whole >= -four;
  return (
    textOf(item) !== null &&
    /^(?:text|character varying|uuid|date|timestamp)\b/.test(column.type) &&
    !column.type.endsWith("[]")
  );
}

function joined(node: Node, place: ConditionPlace): Change | null {
  if (!("BoolExpr" in node) || node.BoolExpr.boolop !== "OR_EXPR" || !place.isBuiltIn("=")) return null;
  const parts = (node.BoolExpr.args ?? []).map((part) => ({ part, equality: equalityOf(part, place) }));
  const groups = new Map<string, Equality[]>();
  for (const { equality } of parts) {
    if (equality === null) continue;
    const key = treeText(equality.node);
    groups.set(key, [...(groups.get(key) ?? []), equality]);
  }
  if (![...groups.values()].some((group) => group.length > 1)) return null;
  const after = anyOf(
    parts.flatMap(({ part, equality }) => {
      const group = equality === null ? [] : (groups.get(treeText(equality.node)) ?? []);
      if (equality === null || group.length < 2) return [part];
      return group[0] === equality ? [listOf(group)] : [];
    }),
  );
  const columns = [...groups.values()].flatMap((group) => (group.length > 1 ? group.slice(0, 1) : []));
  return after === undefined ? null : { after, preconditions: columns.map(({ column }) => typeFact(column)) };
}

function listOf(group: readonly Equality[]): Node {
  const seen = new Set<string>();
  const items = group
    .flatMap((one) => one.items)
    .filter((item) => {
      const isNew = !seen.has(treeText(item));
      seen.add(treeText(item));
      return isNew;
    });
  const [first] = group;
  return {
    A_Expr: {
      kind: "AEXPR_IN",
      name: [{ String: { sval: "=" } }],
      ...(first === undefined ? {} : { lexpr: first.node }),
      rexpr: { List: { items } },
    },
  };
}
