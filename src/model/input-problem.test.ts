import { expect, test } from "vitest";
import { z } from "zod";
import { inputProblem, valueAt } from "./input-problem.ts";

const INPUT = z.object({
  areas: z.array(z.enum(["schema", "index"])),
  rows: z.number().int().min(10).max(100),
  name: z.string(),
  deep: z.boolean(),
});
const RIGHT = { areas: ["schema"], rows: 10, name: "a", deep: true };

/** What is said of an input in which one value is wrong. */
function check(wrong: Readonly<Record<string, unknown>>, what: string, expected: string): void {
  const given = { ...RIGHT, ...wrong };
  const issues = INPUT.safeParse(given).error?.issues ?? [];
  expect(issues.map((issue) => inputProblem({ ...issue }, valueAt(given, issue.path)))).toEqual([{ what, expected }]);
}

test.each([
  ["a choice", { areas: ["schema", "bogus"] }, '"bogus" is not known here', "one of schema, index"],
  ["a URL", { areas: ["postgres://a:secret@b/c"] }, "what was given is not known here", "one of schema, index"],
  ["a list", { areas: "schema" }, "it is not a list", "a list"],
  ["a text", { name: 3 }, "it is not a text", "a text"],
  ["yes or no", { deep: "yes" }, "it is not true or false", "true or false"],
  ["nothing", { name: undefined }, "it is missing", "a text"],
  ["no number", { rows: Number.NaN }, "it is no number", "a whole number"],
  ["half a row", { rows: 12.5 }, "12.5 is no whole number", "a whole number"],
  ["too few", { rows: 9 }, "9 is too small", "10 or more"],
  ["too many", { rows: 101 }, "101 is too large", "100 or less"],
] as const)("%s", (_, wrong, what, expected) => {
  check(wrong, what, expected);
});
