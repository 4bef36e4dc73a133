import { expect, test } from "vitest";
import { whyNot } from "./try-rewrites.ts";

const rows = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `INSERT INTO t VALUES (${at})`);

test.each([
  [
    { inserts: rows(1), before: ["(1)"], after: [] },
    "1 made-up row (INSERT INTO t VALUES (0)), where it gives no row instead of (1)",
  ],
  [
    { inserts: rows(2), before: [], after: ["(1)", "(2)", "(3)", "(4)"], parameters: ["a", null] },
    "2 made-up rows (INSERT INTO t VALUES (0); INSERT INTO t VALUES (1) with $1 = 'a', with $2 = NULL), where it gives (1), (2), (3) and 1 more instead of no row",
  ],
  [{ inserts: rows(40), before: ["(1)"], after: [] }, "40 made-up rows"],
])("a counterexample is told %#", (counterexample, expected) => {
  expect(whyNot({ verdict: "not-equivalent", counterexample })).toBe(`it is not the same: it differs on ${expected}`);
});
