import { expect, test } from "vitest";
import type { Gift } from "../load/report.ts";
import { statesOwners } from "./give-away.ts";

const to = (...roles: readonly string[]): readonly Gift[] => roles.map((role) => ({ sql: "", role, searchPath: null }));

test.each<[string, readonly Gift[], readonly Gift[] | null, boolean]>([
  ["a file that states none says nothing", to(), to("a", "b"), false],
  ["nor does one beside such a file", to("a", "b"), to(), false],
  ["one role in both is who runs them", to("a", "a"), to("a"), false],
  ["two roles are two owners", to("a"), to("b"), true],
  ["beside a live database one role is who runs the file", to("a", "a"), null, false],
  ["and two are owners", to("a", "b"), null, true],
])("%s", (_, gifts, others, states) => {
  expect(statesOwners(gifts, others)).toBe(states);
});
