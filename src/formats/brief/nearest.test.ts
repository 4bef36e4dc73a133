import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance, nearest } from "./nearest.ts";

describe("edit distance", () => {
  it.each([
    ["", "", 0],
    ["", "abc", 3],
    ["task", "tsak", 1],
    ["kitten", "sitting", 3],
    ["status", "statsu", 1],
    // The optimal string alignment edits no substring twice; the full Damerau distance is 2.
    ["ca", "abc", 3],
  ])("%s to %s is %i", (left, right, distance) => {
    expect(editDistance(left, right)).toBe(distance);
  });

  it("is symmetric, and zero only for equal words", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe("nearest", () => {
  it.each([
    ["tsak", ["team", "task"], "task"],
    ["Task", ["team", "task"], "task"],
    ["belongs-to", ["belongs_to"], "belongs_to"],
    ["xyzzy", ["team", "task"], null],
    ["", ["a"], null],
    ["x", ["y"], null],
    ["a".repeat(101), ["a".repeat(100)], null],
  ])("%s among %j is %s", (word, candidates, found) => {
    expect(nearest(word, candidates)).toBe(found);
  });
});
