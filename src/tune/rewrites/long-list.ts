import { writeArray } from "../../sql/array-literal.ts";
import type { Node } from "../../sql/nodes.ts";
import { rewriteConditions, typeFact } from "./conditions.ts";
import type { Change, ConditionColumn, ConditionPlace } from "./conditions.ts";
import { WHOLE_MAX } from "./grid.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite } from "./rewrite.ts";
import { textNode, textOf, wholeOf } from "./terms.ts";
import { select } from "./tree.ts";

/** Below, a list is taken apart quickly and a join over it wins nothing. */
const ITEMS_MIN = 100;

const SCHEMA = "CREATE TABLE item (id int PRIMARY KEY, size int, name text, code varchar(9), price numeric);";

const NUMBERS = Array.from({ length: ITEMS_MIN }, (_, index) => String(index));
const NAMES = NUMBERS.map((number) => `n${number}`);
const quoted = NAMES.map((name) => `'${name}'`);

/** A long list becomes one array, or rows to join with. */
export const longList: Rewrite = rewrite({
  id: "long-list",
  title: "A list of hundreds of items is one array, or rows to join with",
  why: "Each item of a list is parsed, checked and planned for by itself, and each length of the list is another statement for plan caches and for statistics. One array is a single value (and can be a single parameter); VALUES is joined, by a hash where there are many rows on the other side.",
  examples: [
    {
      schema: SCHEMA,
      before: `SELECT id FROM item WHERE size IN (${NUMBERS.join(", ")})`,
      after: `SELECT id FROM item WHERE size = ANY ('{${NUMBERS.join(",")}}'::int4[])`,
    },
    {
      schema: SCHEMA,
      before: `SELECT id FROM item WHERE name IN (${quoted.join(", ")})`,
      after: `SELECT id FROM item WHERE name = ANY ('{${NAMES.join(",")}}'::text[])`,
    },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE size IN (1, 2, 3)", after: null, note: "short" },
    {
      schema: SCHEMA,
      before: `SELECT id FROM item WHERE size IN (NULL, ${NUMBERS.join(", ")})`,
      after: null,
      note: "NULL among the items",
    },
    {
      schema: SCHEMA,
      before: `SELECT id FROM item WHERE size NOT IN (${NUMBERS.join(", ")})`,
      after: null,
      note: "nothing is won by a join that keeps what it does not find",
    },
    {
      schema: SCHEMA,
      before: `SELECT id FROM item WHERE size IN (2.5, ${NUMBERS.join(", ")})`,
      after: null,
      note: "another type",
    },
  ],
  rewrite: (statement, context) => {
    const argument =
      "All items are constants of the column's own type, none of them NULL, so that being equal to one of the list, to one of the array or to one of the rows is the same; a row is kept once, however often an item is repeated. NULL gives NULL on both sides.";
    return [arrayOf, valuesOf].flatMap((make) =>
      rewriteConditions(statement, context, { change: (node, place) => changed(node, place, make), argument }),
    );
  },
});

const TYPES: Readonly<Record<string, string>> = { smallint: "int2", integer: "int4", bigint: "int8", text: "text" };

interface LongList {
  readonly node: Node;
  readonly column: ConditionColumn;
  readonly items: readonly Node[];
  readonly texts: readonly string[];
  readonly type: string;
}

function changed(node: Node, place: ConditionPlace, make: (list: LongList) => Node): Change | null {
  if (!("A_Expr" in node) || node.A_Expr.kind !== "AEXPR_IN" || !place.isBuiltIn("=")) return null;
  const { lexpr, rexpr, name = [] } = node.A_Expr;
  const [operator] = name;
  if (operator === undefined || !("String" in operator) || operator.String.sval !== "=") return null;
  const column = place.column(lexpr);
  const items = rexpr !== undefined && "List" in rexpr ? (rexpr.List.items ?? []) : [];
  if (lexpr === undefined || column === null || items.length < ITEMS_MIN) return null;
  const type = TYPES[column.type];
  const texts = items.map((item) => itemText(item, column)).filter((text) => text !== null);
  if (type === undefined || texts.length < items.length) return null;
  return { after: make({ node: lexpr, column, items, texts, type }), preconditions: [typeFact(column)] };
}

function itemText(item: Node, column: ConditionColumn): string | null {
  const max = WHOLE_MAX[column.type];
  if (max === undefined) return textOf(item);
  const value = wholeOf(item);
  return value === null || value > max || value < -max ? null : String(value);
}

const typeName = (type: string, isArray: boolean) => ({
  names: [{ String: { sval: type } }],
  typemod: -1,
  ...(isArray ? { arrayBounds: [{ Integer: { ival: -1 } }] } : {}),
});

const arrayOf = ({ node, texts, type }: LongList): Node => ({
  A_Expr: {
    kind: "AEXPR_OP_ANY",
    name: [{ String: { sval: "=" } }],
    lexpr: node,
    rexpr: { TypeCast: { arg: textNode(writeArray(texts)), typeName: typeName(type, true) } },
  },
});

// The first row's type is that of all.
const valuesOf = ({ node, items, type }: LongList): Node => ({
  SubLink: {
    subLinkType: "ANY_SUBLINK",
    testexpr: node,
    subselect: {
      SelectStmt: select({
        valuesLists: items.map((item, index) => ({
          List: { items: [index === 0 ? { TypeCast: { arg: item, typeName: typeName(type, false) } } : item] },
        })),
      }),
    },
  },
});
