import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { builtTreePages } from "./btree-size.ts";
import { keyGroups, withLimits } from "./repetition.ts";
import type { KeyGroups, Repetition } from "./repetition.ts";

const column = (distinct: number, number = 0): Repetition & { readonly number: number } => ({
  distinct,
  nullShare: 0,
  commonShares: [],
  number,
});
const count = (groups: readonly KeyGroups[]): number => groups.reduce((sum, group) => sum + group.count, 0);

describe("how often keys repeat", () => {
  it("leaves all rows in groups, no more groups than rows", () => {
    const repetition = fc.record({
      distinct: fc.option(fc.integer({ min: 1, max: 1e6 })),
      nullShare: fc.double({ min: 0, max: 0.9, noNaN: true }),
      commonShares: fc.array(fc.double({ min: 1e-4, max: 0.01, noNaN: true }), { maxLength: 8 }),
    });
    fc.assert(
      fc.property(
        fc.array(repetition, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1_000, max: 1e6 }),
        (columns, rows) => {
          const groups = keyGroups(columns, rows, rows);
          const held = groups.reduce((sum, group) => sum + group.count * group.rows, 0);
          expect(held / rows).toBeGreaterThan(0.9);
          expect(held / rows).toBeLessThan(1.1);
          expect(count(groups)).toBeLessThan(rows * 1.1);
        },
      ),
    );
  });

  it.each([
    ["a key beside anything stays one", [column(1_000_000), column(2)], [], 1_000_000],
    ["the same, the other way round", [column(2), column(1_000_000)], [], 1_000_000],
    ["few by few", [column(10), column(20)], [], 200],
    [
      "by a foreign key",
      [column(10_000, 1), column(2_000, 2)],
      [{ columns: [2, 1], distinct: 40_000, counted: false }],
      40_000,
    ],
    [
      "by part of one",
      [column(10_000, 1), column(2_000, 2)],
      [{ columns: [3, 2, 1], distinct: 40_000, counted: false }],
      40_000,
    ],
    ["by what was counted", [column(500, 1), column(700, 2)], [{ columns: [1, 2], distinct: 800, counted: true }], 800],
    ["not by what is more", [column(10, 1), column(20, 2)], [{ columns: [1, 2], distinct: 1e6, counted: true }], 200],
    ["not by other columns", [column(10, 1), column(20, 3)], [{ columns: [1, 2], distinct: 15, counted: true }], 200],
  ])("%s", (_, columns, limits, expected) => {
    const groups = keyGroups(withLimits(columns, limits, 1_000_000), 1_000_000, 1_000_000);
    expect(count(groups) / expected).toBeCloseTo(1, 1);
  });

  it("decides the size: 6 million entries of 800,000 pairs of numbers take 61 MB", () => {
    const limits = [{ columns: [1, 2], distinct: 800_000, counted: false }];
    const groups = keyGroups(withLimits([column(10_000, 1), column(200_000, 2)], limits, 6e6), 6e6, 6e6);
    const tree = { groups, entry_bytes: 16, key_bytes: 16, deduplicates: true, fill: null };
    expect((builtTreePages(tree) * 8192) / 1e6 / 61).toBeCloseTo(1, 1);
    expect((builtTreePages({ ...tree, deduplicates: false }) * 8192) / 1e6 / 134).toBeCloseTo(1, 1);
    expect(builtTreePages({ ...tree, groups: [] })).toBe(1);
  });
});
