import fc from "fast-check";
import { expect, test } from "vitest";
import { gridCondition } from "./grid.ts";
import { comparisonOf, decimalOf } from "./terms.ts";
import type { Operator } from "./terms.ts";

const COLUMN = { ColumnRef: { fields: [{ String: { sval: "a" } }] } };

const holds = (order: number, operator: Operator): boolean =>
  ({ "=": order === 0, "<>": order !== 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0 })[
    operator
  ];

const orderOf = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

test("a quotient moved to the grid parts the grid's values as before", () => {
  const parts = fc.record({
    operator: fc.constantFrom<Operator>("=", "<>", "<", "<=", ">", ">="),
    numerator: fc.bigInt({ min: -60n, max: 60n }),
    denominator: fc.bigInt({ min: 1n, max: 12n }),
    scale: fc.integer({ min: 0, max: 2 }),
    value: fc.bigInt({ min: -600n, max: 600n }),
  });
  fc.assert(
    fc.property(parts, ({ operator, numerator, denominator, scale, value }) => {
      // The value is `value` divided by 10 to the power of the scale.
      const before = holds(orderOf(value * denominator, numerator * 10n ** BigInt(scale)), operator);
      const found = gridCondition(COLUMN, operator, { numerator, denominator }, scale);
      // Only an equality that no value meets, and its contrary, have no form.
      if (found === null) return before === (operator === "<>") && ["=", "<>"].includes(operator);
      const compared = comparisonOf(found);
      const limit = decimalOf(compared?.right);
      if (compared === null || limit === null) return false;
      const [left, right] = [value * 10n ** BigInt(limit.scale), limit.digits * 10n ** BigInt(scale)];
      return holds(orderOf(left, right), compared.operator) === before;
    }),
    { numRuns: 2000 },
  );
  expect(gridCondition(COLUMN, "=", { numerator: 1n, denominator: 3n }, 2)).toBeNull();
});
