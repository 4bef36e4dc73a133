import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { naturalOrder } from "./order.ts";

function check(names: readonly string[]): void {
  expect(names.toReversed().toSorted(naturalOrder)).toEqual(names);
}

describe("the order of scripts", () => {
  test.each<[string, string[]]>([
    ["numbers", ["1.sql", "2.sql", "10.sql", "011.sql"]],
    [
      "Flyway's versions, repeatable scripts last",
      ["V1__a.sql", "V1.1__b.sql", "V1.10__c.sql", "V2__d.sql", "V10__e.sql", "R__z.sql"],
    ],
    [
      "times beyond a safe integer",
      ["20260101000000000001_a.sql", "20260101000000000002_a.sql", "99260101000000000002_a.sql"],
    ],
    ["leading zeros", ["0002-a.sql", "10-b.sql", "0011-c.sql"]],
    ["names", ["a.sql", "a1.sql", "b.sql"]],
  ])("%s", (_, names) => check(names));

  test("is a total order", () => {
    const name = fc
      .array(fc.constantFrom("V", "R", "1", "01", "10", "_", "__", ".", "a", "-"), { maxLength: 6 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(Math.sign(naturalOrder(a, b))).toBe(-Math.sign(naturalOrder(b, a)) || 0);
        if (naturalOrder(a, b) === 0) expect(a).toBe(b);
        const sorted = [a, b, c].toSorted(naturalOrder);
        expect(naturalOrder(sorted[0] ?? "", sorted[2] ?? "")).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });
});
