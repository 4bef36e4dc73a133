import { expect, test } from "vitest";
import { figureText, median } from "./figure.ts";
import type { Figure } from "./figure.ts";

const peer = { what: "pg_dump", seconds: 2 };
const check = (parts: Partial<Figure>, expected: string): void => {
  const text = figureText({ what: "read", seconds: 1.5, peer: null, goal: null, ...parts });
  expect(text.replaceAll(/ +/g, " ").trim()).toBe(expected);
};

test("a figure by itself", () => check({}, "read 1.50 s"));
test("beside its peer", () => check({ peer }, "read 1.50 s 0.75× of pg_dump (2.00 s)"));
test("under a second", () => check({ seconds: 0.0421 }, "read 42 ms"));
test("a goal in seconds", () => {
  check({ goal: { seconds: 1.5 } }, "read 1.50 s goal 1.50 s: met");
  check({ goal: { seconds: 1.4 } }, "read 1.50 s goal 1.40 s: MISSED");
});
test("a goal in times of the peer", () => {
  check({ peer, goal: { timesPeer: 1 } }, "read 1.50 s 0.75× of pg_dump (2.00 s) goal 1.0×: met");
  check({ peer, seconds: 3, goal: { timesPeer: 1 } }, "read 3.00 s 1.50× of pg_dump (2.00 s) goal 1.0×: MISSED");
});
test("a goal in times of a peer that was not measured is not met", () => {
  check({ goal: { timesPeer: 1 } }, "read 1.50 s goal 1.0×: MISSED");
});

test("the median is a value that was measured", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2);
  expect(() => median([])).toThrow("nothing was measured");
});
