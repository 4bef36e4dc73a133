import fc from "fast-check";
import { expect, test } from "vitest";
import { readArray, readFlatArray, readRange, writeArray, writeRange } from "./array-literal.ts";
import type { ArrayItem } from "./array-literal.ts";

test.each<[string, readonly ArrayItem[]]>([
  ["{}", []],
  ["{a,b}", ["a", "b"]],
  ['{NULL,"NULL",""}', [null, "NULL", ""]],
  [String.raw`{"a,b","c\"d","e\\f","{g}"}`, ["a,b", 'c"d', "e\\f", "{g}"]],
  ['{"line\nfeed",🙂}', ["line\nfeed", "🙂"]],
  [
    "{{1,2},{3,NULL}}",
    [
      ["1", "2"],
      ["3", null],
    ],
  ],
  ["[0:1]={x,y}", ["x", "y"]],
  ['{"[1,5)","{1,2}"}', ["[1,5)", "{1,2}"]],
])("%s", (text, items) => {
  expect(readArray(text)).toEqual(items);
});

test.each(["", "a", "{", "{a", "{a,}", "{,a}", '{"a}', "{a}b", "{a}}", "[0:1]"])("%j is no array", (text) => {
  expect(() => readArray(text)).toThrow("no array as PostgreSQL prints it");
});

test("several dimensions are told where one was expected", () => {
  expect(() => readFlatArray("{{1}}")).toThrow("several dimensions");
});

test("what is written is read back", () => {
  const item = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constantFrom("NULL", "null", "{}", "[0:1]={}"));
  fc.assert(
    fc.property(fc.array(fc.option(item)), (items) => {
      expect(readFlatArray(writeArray(items))).toEqual(items);
    }),
  );
});

test("ranges are written and read back", () => {
  expect(readRange('["2030-01-01 00:00:00",)')).toEqual({
    lower: "2030-01-01 00:00:00",
    upper: null,
    lowerInclusive: true,
    upperInclusive: false,
  });
  expect(readRange("empty")).toBeNull();
  expect(() => readRange("1,2")).toThrow("no range");
  const bound = fc.option(fc.string({ minLength: 1 }));
  fc.assert(
    fc.property(bound, bound, fc.boolean(), fc.boolean(), (lower, upper, lowerInclusive, upperInclusive) => {
      const range = { lower, upper, lowerInclusive, upperInclusive };
      expect(readRange(writeRange(range))).toEqual(range);
    }),
  );
});
