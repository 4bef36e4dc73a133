import type { Node } from "../../sql/nodes.ts";
import { columnBounds } from "./column-bounds.ts";
import { factOf, rewriteConditions, typeFact } from "./conditions.ts";
import type { Change, ConditionColumn, ConditionPlace } from "./conditions.ts";
import { gridCondition, WHOLE_MAX } from "./grid.ts";
import type { Quotient } from "./grid.ts";
import { rewrite } from "./rewrite.ts";
import type { Precondition, Rewrite } from "./rewrite.ts";
import { bothWays, decimalOf, SWAPPED, wholeNode, wholeOf } from "./terms.ts";
import type { Decimal, Operator } from "./terms.ts";
import { allOf, operation, operatorOf } from "./tree.ts";

const SCHEMA = `CREATE TABLE item (id int PRIMARY KEY, size smallint, price numeric(8,2), ratio float8, any_price numeric,
  amount int CHECK (amount >= 0), stock int CHECK (stock BETWEEN 0 AND 1000));`;

/** Arithmetic on a column moves over to the constant. */
export const arithmeticMoved: Rewrite = rewrite({
  id: "arithmetic-moved",
  title: "Arithmetic on a column is done once on the constant",
  why: "An index holds the column and not what is computed from it, so every row is read and computed; with the column alone on one side, the index and the column's statistics answer.",
  examples: [
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE price * 3 > 4",
      after: "SELECT id FROM item WHERE price > 1.33",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE price - 0.5 = 1 OR 2.5 < 1 + price",
      after: "SELECT id FROM item WHERE price = 1.5 OR price > 1.5",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE id * 1.2 > 2",
      after: "SELECT id FROM item WHERE id > 1",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE size * -2 < 3 AND 5 - size > 2",
      after: "SELECT id FROM item WHERE size > -2 AND size < 3",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE id / 10 = 0",
      after: "SELECT id FROM item WHERE id >= -9 AND id <= 9",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE id / 2 >= 1 OR id / 3 < -1",
      after: "SELECT id FROM item WHERE id >= 2 OR id < -5",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE amount - 1 < 2 AND stock * 2 = 4",
      after: "SELECT id FROM item WHERE amount < 3 AND stock = 2",
      note: "the checks keep the result within its type",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE id + 1 > 2",
      after: null,
      note: "the largest integer makes it fail, and another form would not",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE amount + 1 > 2",
      after: null,
      note: "the check bounds it below only",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE 3 - price > 1",
      after: null,
      note: "NaN is above all numbers, and so is what remains of it",
    },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE price * -1 < 1", after: null, note: "NaN again" },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE price / 3 = 1", after: null, note: "the quotient is rounded" },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE ratio + 0.1 > 0.3", after: null, note: "floats are rounded" },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE any_price * 2 > 3", after: null, note: "it may overflow" },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE size * 2 = 3", after: null, note: "never true" },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE id / 0 = 3", after: null, note: "it fails" },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE id * 0.0 = 0", after: null },
  ],
  rewrite: (statement, context) =>
    rewriteConditions(statement, context, {
      change: (node, place) => moved(node, place),
      argument:
        "What is done to the column can be undone exactly: sums and products of whole and of decimal numbers are exact, and whole division cuts towards zero, so that each quotient stands for a known stretch of numbers. A bound that is no value of the column is moved to the one beside it. The result cannot leave its type, so that neither form fails. NULL gives NULL on both sides.",
    }),
});

interface Operand {
  readonly node: Node;
  readonly column: ConditionColumn;
  /** All values are multiples of 10 to the power of minus this. */
  readonly scale: number;
}

function operandOf(node: Node, place: ConditionPlace): Operand | null {
  const column = place.column(node);
  if (column === null) return null;
  if (column.type in WHOLE_MAX) return { node, column, scale: 0 };
  // Without digits stated it reaches where sums overflow.
  const digits = /^numeric\((\d{1,3}),(\d{1,2})\)$/.exec(column.type);
  return digits === null ? null : { node, column, scale: Number(digits[2]) };
}

/** Constants with more digits are left to those who write them. */
const DIGITS_MAX = 10n ** 12n;

function moved(node: Node, place: ConditionPlace): Change | null {
  for (const { left, operator, right } of bothWays(node)) {
    const found = operatorOf(left);
    const limit = decimalOf(right);
    if (found === null || limit === null || !place.isBuiltIn(operator, found.name)) continue;
    const sides = [
      [found.left, found.right, false],
      [found.right, found.left, true],
    ] as const;
    for (const [variable, constant, flipped] of sides) {
      const operand = operandOf(variable, place);
      const by = decimalOf(constant);
      if (
        operand === null ||
        by === null ||
        [by, limit].some(({ digits }) => digits > DIGITS_MAX || digits < -DIGITS_MAX)
      )
        continue;
      const divided =
        found.name === "/" && !flipped ? quotient(operand, wholeOf(constant), operator, wholeOf(right)) : null;
      const change =
        divided ?? undone(operand, found.name, { by, flipped, isWhole: wholeOf(constant) !== null }, operator, limit);
      if (change !== null) return change;
    }
  }
  return null;
}

interface Constant {
  readonly by: Decimal;
  /** Whether it stands before the operator. */
  readonly flipped: boolean;
  readonly isWhole: boolean;
}

function undone(
  operand: Operand,
  symbol: string,
  constant: Constant,
  operator: Operator,
  limit: Decimal,
): Change | null {
  const { by, flipped, isWhole } = constant;
  const { column, node, scale } = operand;
  const isWholeColumn = column.type in WHOLE_MAX;
  const overflow = isWholeColumn && isWhole ? staysWithin(column, symbol, by.digits, flipped) : [];
  const solved = solve(symbol, by, flipped, limit);
  if (overflow === null || solved === null) return null;
  // Decimal columns hold NaN, which is above all numbers and stays NaN.
  if (solved.falls && !isWholeColumn && operator !== "=" && operator !== "<>") return null;
  const after = gridCondition(node, solved.falls ? SWAPPED[operator] : operator, solved.quotient, scale);
  return after === null ? null : { after, preconditions: [typeFact(column), ...overflow] };
}

/** What the column is compared with instead, and whether the result falls when the column grows. */
function solve(
  symbol: string,
  by: Decimal,
  flipped: boolean,
  limit: Decimal,
): { readonly quotient: Quotient; readonly falls: boolean } | null {
  const scale = Math.max(by.scale, limit.scale);
  const [a, b] = [by, limit].map((one) => one.digits * 10n ** BigInt(scale - one.scale)) as [bigint, bigint];
  const denominator = 10n ** BigInt(scale);
  if (symbol === "+") return { quotient: { numerator: b - a, denominator }, falls: false };
  if (symbol === "-") return { quotient: { numerator: flipped ? a - b : b + a, denominator }, falls: flipped };
  if (symbol !== "*" || a === 0n) return null;
  return { quotient: a < 0n ? { numerator: -b, denominator: -a } : { numerator: b, denominator: a }, falls: a < 0n };
}

/** Why whole arithmetic does not leave its type; null where it might. */
function staysWithin(
  column: ConditionColumn,
  symbol: string,
  by: bigint,
  flipped: boolean,
): readonly Precondition[] | null {
  const own = WHOLE_MAX[column.type];
  if (own === undefined) return null;
  const four = WHOLE_MAX["integer"] ?? 0n;
  // The wider of both types: whole constants are integer, or bigint where they are larger.
  const max = own > four || by > four || by < -four ? (WHOLE_MAX["bigint"] ?? 0n) : four;
  const compute = (value: bigint): bigint =>
    symbol === "+" ? value + by : symbol === "*" ? value * by : flipped ? by - value : value - by;
  const fits = (low: bigint, high: bigint): boolean =>
    [low, high].every((value) => compute(value) <= max && compute(value) >= -max);
  if (fits(-own - 1n, own)) return [];
  const bounds = columnBounds(column);
  const [low, high] = [bounds.low?.value ?? -own - 1n, bounds.high?.value ?? own];
  if (!fits(low, high)) return null;
  return [bounds.low, bounds.high].flatMap((bound) => (bound === null ? [] : [factOf(column, bound.what, bound.from)]));
}

// Cut towards zero: 0 stands for numbers on both sides.
function quotient(operand: Operand, by: bigint | null, operator: Operator, limit: bigint | null): Change | null {
  const { column, node } = operand;
  if (!(column.type in WHOLE_MAX) || by === null || limit === null || by <= 1n) return null;
  const low = limit > 0n ? limit * by : limit * by - (by - 1n);
  const high = limit < 0n ? limit * by : limit * by + (by - 1n);
  const compare = (symbol: Operator, value: bigint): Node => operation(symbol, node, wholeNode(value));
  const after: Partial<Record<Operator, Node | undefined>> = {
    "=": allOf([compare(">=", low), compare("<=", high)]),
    ">=": compare(">=", low),
    ">": compare(">", high),
    "<=": compare("<=", high),
    "<": compare("<", low),
  };
  const found = after[operator];
  return found === undefined ? null : { after: found, preconditions: [typeFact(column)] };
}
