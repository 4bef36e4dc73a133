import { expect, test } from "vitest";
import { renamedColumn } from "./rename-in-text.ts";

const CASES: readonly (readonly [string, string, string])[] = [
  ["(c)", "c", "(x)"],
  [
    "(c DESC, cc, \"c\", lower(c)) INCLUDE (c) WHERE (c > 'c'::c)",
    "c",
    "(x DESC, cc, \"c\", lower(x)) INCLUDE (x) WHERE (x > 'c'::c)",
  ],
  ["(c(c), s.c, 'it''s c', E'\\' c', 1e5)", "c", "(c(x), s.c, 'it''s c', E'\\' c', 1e5)"],
  ['("a ""b", c COLLATE "a ""b")', '"a ""b"', '(x, c COLLATE "a ""b")'],
  ["((c)::c, CAST(c AS c))", "c", "((x)::c, CAST(x AS c))"],
];

test.for(CASES)("%s", ([text, from, expected]) => {
  expect(renamedColumn(text, from, "x")).toBe(expected);
});
