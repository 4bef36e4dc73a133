import type { Node } from "../../sql/nodes.ts";
import { qualified } from "../../sql/identifier.ts";
import { rewriteConditions, typeFact } from "./conditions.ts";
import type { Change, ConditionColumn, ConditionPlace } from "./conditions.ts";
import { gridCondition, WHOLE_MAX } from "./grid.ts";
import { rewrite } from "./rewrite.ts";
import type { Precondition, Rewrite } from "./rewrite.ts";
import { bothWays, castOf, decimalOf, textNode, textOf, wholeNode, wholeOf } from "./terms.ts";
import { operation } from "./tree.ts";

const SCHEMA = `CREATE TYPE state AS ENUM ('open', 'paid');
CREATE TABLE item (id int PRIMARY KEY, size smallint, big bigint, code text, state state, price numeric(8,2), part uuid);`;

/** Casts of a column, written or implied, that its own type makes needless. */
export const columnCastDropped: Rewrite = rewrite({
  id: "column-cast-dropped",
  title: "A column is compared in its own type",
  why: "An index holds the column's values and not what a cast makes of them, so a cast, or a constant of another type that forces one, has every row read; compared in its own type the column is looked up in the index and its statistics apply.",
  examples: [
    {
      schema: SCHEMA,
      before: "SELECT code FROM item WHERE id::text = '2'",
      after: "SELECT code FROM item WHERE id = 2",
    },
    {
      schema: SCHEMA,
      before: "SELECT code FROM item WHERE id = 2.0",
      after: "SELECT code FROM item WHERE id = 2",
    },
    {
      schema: SCHEMA,
      before: "SELECT code FROM item WHERE id > 1.5 AND size <= -0.5",
      after: "SELECT code FROM item WHERE id > 1 AND size <= -1",
    },
    {
      schema: SCHEMA,
      before: "SELECT code FROM item WHERE 2 <> id::bigint",
      after: "SELECT code FROM item WHERE id <> 2",
    },
    {
      schema: SCHEMA,
      before: "SELECT code FROM item WHERE big::numeric >= 2.5",
      after: "SELECT code FROM item WHERE big >= 3",
    },
    {
      schema: SCHEMA,
      before: "SELECT code FROM item WHERE state::text = 'open'",
      after: "SELECT code FROM item WHERE state = 'open'",
    },
    {
      schema: SCHEMA,
      before: "SELECT code FROM item WHERE part::text = '00000000-0000-4000-8000-000000000001'",
      after: "SELECT code FROM item WHERE part = '00000000-0000-4000-8000-000000000001'",
    },
    {
      schema: SCHEMA,
      before: "SELECT code FROM item WHERE id::text IN ('1', '2')",
      after: "SELECT code FROM item WHERE id IN (1, 2)",
    },
    { schema: SCHEMA, before: "SELECT code FROM item WHERE id::text = '02'", after: null, note: "no number prints so" },
    {
      schema: SCHEMA,
      before: "SELECT code FROM item WHERE id::text > '2'",
      after: null,
      note: "texts order otherwise",
    },
    { schema: SCHEMA, before: "SELECT code FROM item WHERE id = 1.5", after: null, note: "never true" },
    { schema: SCHEMA, before: "SELECT code FROM item WHERE state::text = 'gone'", after: null, note: "no label" },
    {
      schema: SCHEMA,
      before: "SELECT code FROM item WHERE code::int = 2",
      after: null,
      note: "texts of one number: '2', '02', ' 2'",
    },
    {
      schema: SCHEMA,
      before: "SELECT code FROM item WHERE price::int = 2",
      after: null,
      note: "the cast rounds",
    },
    {
      schema: SCHEMA,
      before: "SELECT code FROM item WHERE big::float8 = 2",
      after: null,
      note: "large numbers lose digits",
    },
    {
      schema: SCHEMA,
      before: "SELECT code FROM item WHERE big::int = 2",
      after: null,
      note: "it fails for numbers that do not fit",
    },
    {
      schema: SCHEMA,
      before: "SELECT code FROM item WHERE part::text = '00000000-0000-4000-8000-00000000000A'",
      after: null,
      note: "printed in small letters",
    },
  ],
  rewrite: (statement, context) =>
    rewriteConditions(statement, context, {
      change: (node, place) => listed(node, place) ?? numbers(node, place) ?? texts(node, place),
      argument:
        "The cast takes different values of the column to different values and keeps their order (numbers), or prints each value in one way (texts, compared for equality only). A constant that lies between two whole numbers is moved to the one beside it. NULL gives NULL on both sides.",
    }),
});

const NUMBERS: Readonly<Record<string, readonly string[]>> = {
  smallint: ["int2", "int4", "int8", "numeric", "float4", "float8"],
  integer: ["int4", "int8", "numeric", "float8"],
  bigint: ["int8", "numeric"],
};

function numbers(node: Node, place: ConditionPlace): Change | null {
  for (const { left, operator, right } of bothWays(node)) {
    const cast = castOf(left);
    const column = place.column(cast?.arg ?? left);
    const value = decimalOf(right);
    if (column === null || value === null || !(column.type in NUMBERS) || !place.isBuiltIn(operator)) continue;
    if (cast !== null && NUMBERS[column.type]?.includes(cast.type) !== true) continue;
    const isWhole = wholeOf(right) !== null;
    // Compared with it as it is.
    if (cast === null && isWhole) continue;
    // As a float, a constant of many digits may be rounded onto a whole number.
    if (
      cast?.type.startsWith("float") === true &&
      (!isWhole || value.digits > 1_000_000n || value.digits < -1_000_000n)
    )
      continue;
    const after = gridCondition(
      cast?.arg ?? left,
      operator,
      { numerator: value.digits, denominator: 10n ** BigInt(value.scale) },
      0,
    );
    if (after !== null) return { after, preconditions: [typeFact(column)] };
  }
  return null;
}

/** The constant of the column's own type whose text is that, and only that; null where there is none. */
function constantFor(text: string, column: ConditionColumn, place: ConditionPlace): Node | null {
  const max = WHOLE_MAX[column.type];
  if (max !== undefined) {
    if (!/^(?:0|-?[1-9]\d{0,18})$/.test(text)) return null;
    const value = BigInt(text);
    return value >= -max && value <= max ? wholeNode(value) : null;
  }
  if (column.type === "uuid")
    return /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/.test(text) ? textNode(text) : null;
  const own = place.context.view
    .of("enum")
    .find(
      ({ schema, name }) => qualified(schema, name) === column.type || (schema === "public" && name === column.type),
    );
  return own?.values.includes(text) === true ? textNode(text) : null;
}

function printedColumn(
  node: Node,
  place: ConditionPlace,
): { readonly node: Node; readonly column: ConditionColumn } | null {
  const cast = castOf(node);
  const column = cast !== null && ["text", "varchar"].includes(cast.type) ? place.column(cast.arg) : null;
  if (cast === null || column === null || !place.isBuiltIn("=", "<>")) return null;
  return place.context.view.of("cast").length > 0 ? null : { node: cast.arg, column };
}

const printed = (column: ConditionColumn): readonly Precondition[] => [
  typeFact(column),
  {
    what: `each value of ${column.type} is printed in one way, and no cast of the database's own does it`,
    from: "catalog",
  },
];

function texts(node: Node, place: ConditionPlace): Change | null {
  for (const { left, operator, right } of bothWays(node)) {
    const found = printedColumn(left, place);
    const text = textOf(right);
    if (found === null || text === null || (operator !== "=" && operator !== "<>")) continue;
    const constant = constantFor(text, found.column, place);
    if (constant !== null)
      return { after: operation(operator, found.node, constant), preconditions: printed(found.column) };
  }
  return null;
}

function listed(node: Node, place: ConditionPlace): Change | null {
  if (!("A_Expr" in node) || node.A_Expr.kind !== "AEXPR_IN") return null;
  const { lexpr, rexpr } = node.A_Expr;
  const found = lexpr === undefined ? null : printedColumn(lexpr, place);
  if (found === null || rexpr === undefined || !("List" in rexpr)) return null;
  const constants = (rexpr.List.items ?? []).map((item) => {
    const text = textOf(item);
    return text === null ? null : constantFor(text, found.column, place);
  });
  const items = constants.filter((one) => one !== null);
  if (items.length < constants.length) return null;
  return {
    after: { A_Expr: { ...node.A_Expr, lexpr: found.node, rexpr: { List: { items } } } },
    preconditions: printed(found.column),
  };
}
