import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkExpression, understand } from "./limits.ts";
import { sampler } from "./pattern.ts";
import { randomOf, skewedIndex } from "./random.ts";
import { keyText } from "./store.ts";

describe("what is understood of a check", () => {
  it.each<[string, string, object]>([
    ["price > 0", "price", { min: { value: "0", inclusive: false } }],
    ["0 <= price", "price", { min: { value: "0", inclusive: true } }],
    [
      "price >= '-5'::integer AND price < 10.5",
      "price",
      { min: { value: "-5", inclusive: true }, max: { value: "10.5", inclusive: false } },
    ],
    [
      "priority BETWEEN 1 AND 4",
      "priority",
      { min: { value: "1", inclusive: true }, max: { value: "4", inclusive: true } },
    ],
    ["char_length(name) <= 120", "name", { lengthMax: 120 }],
    ["length((name)::text) > 2", "name", { lengthMin: 3 }],
    ["(status = ANY (ARRAY['a'::text, 'b'::text]))", "status", { allowed: ["a", "b"] }],
    ["status IN ('a', 'b') AND status IN ('b', 'c')", "status", { allowed: ["b"] }],
    ["ends IS NULL OR ends > '2020-01-01'", "ends", { min: { value: "2020-01-01", inclusive: false } }],
    ["NOT hidden", "hidden", { allowed: ["false"] }],
    ["code ~ '^[A-Z]+$'::text", "code", { patterns: [{ source: "^[A-Z]+$", ignoreCase: false }] }],
  ])("%s", async (expression, column, limits) => {
    expect((await understand(expression)).limits.get(column)).toMatchObject(limits);
  });

  it.each(["a + b > 3", "a OR b", "lower(a) = 'x'", "a <> 5", "not an expression (", "a = b"])(
    "%s adds no limit",
    async (expression) => {
      expect((await understand(expression)).limits.size).toBe(0);
    },
  );

  it.each([
    ["CHECK ((a > 0)) NOT VALID", "(a > 0)"],
    ["CHECK (name <> ')' AND x)", "name <> ')' AND x"],
    ["CHECK (name <> 'it''s (' )", "name <> 'it''s (' "],
  ])("%s", (definition, expression) => {
    expect(checkExpression(definition)).toBe(expression);
  });
});

describe("text that matches a pattern", () => {
  it.each([
    "^[A-Z]{2}[0-9]{4}$",
    "^(foo|bar)-\\d+$",
    "^[a-z0-9]+(-[a-z0-9]+)*$",
    "^\\+[1-9][0-9]{6,14}$",
    "^[^@ ]+@x\\.test$",
    "^a?b*c+$",
  ])("%s", (source) => {
    const sample = sampler(source);
    const pattern = new RegExp(source);
    fc.assert(fc.property(fc.nat(), (seed) => pattern.test(sample?.(randomOf(seed, "x")) ?? "")));
  });

  it.each(["(?=a)b", "\\1", "a{2"])("%s is left alone or sampled, never wrong about its own grammar", (source) => {
    const sample = sampler(source);
    expect(sample === null || typeof sample(randomOf(1, "x")) === "string").toBe(true);
  });
});

describe("laws", () => {
  it("the first hundredth gets its share", () => {
    for (const share of [0.01, 0.1, 0.5, 0.8]) {
      const random = randomOf(3, `share ${share}`);
      const draws = 20_000;
      let first = 0;
      for (let draw = 0; draw < draws; draw++) if (skewedIndex(random, 10_000, share) < 100) first++;
      expect(first / draws).toBeGreaterThan(share * 0.85 - 0.005);
      expect(first / draws).toBeLessThan(share * 1.15 + 0.005);
    }
  });

  it("a skewed index is always one of them", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, count, share) => {
          const index = skewedIndex(randomOf(seed, "i"), count, share);
          return Number.isInteger(index) && index >= 0 && index < count;
        },
      ),
    );
  });

  it("key texts of several values are equal only for equal values", () => {
    const values = fc.array(fc.option(fc.string()), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(values, values, (a, b) => (keyText(a) === keyText(b)) === (JSON.stringify(a) === JSON.stringify(b))),
    );
  });
});
