import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { findActions } from "../../scripts/gen/actions.ts";
import { ACTIONS } from "../../src/actions/registry.ts";
import { action } from "../../src/model/action.ts";
import type { Action, ActionEntry } from "../../src/model/action.ts";
import { checkActions } from "./actions.ts";
import { ROOT } from "./repository.ts";
import { violationText } from "./violation.ts";

const sound: Action = action({
  name: "count",
  summary: "Count the tables",
  description: "Counts.",
  examples: [{ command: "count a.sql", what: "count the tables of a.sql" }],
  effect: "reads",
  input: z.object({ source: z.string().describe("what to count in") }),
  positionals: ["source"],
  run: async () => 1,
  render: String,
  exitCode: () => 0,
});
const entryOf = (of: Action): ActionEntry => ({ ...of, load: async () => of });

// What is said of an action, by rule.
function check(planted: Action, entries: readonly ActionEntry[], rules: readonly string[]): void {
  const violations = checkActions([{ file: "count.ts", exportName: "count", action: planted }], entries);
  expect(violations.map(({ rule }) => rule)).toEqual(rules);
}

test("a sound action passes", () => check(sound, [entryOf(sound)], []));

test("an action that is not registered is seen", () => check(sound, [], ["actions-registered"]));

test("a registry that is behind is seen", () => {
  check(sound, [{ ...entryOf(sound), effect: "destroys" }], ["actions-registered"]);
});

test("missing and crooked examples are seen", () => {
  const none = { ...sound, examples: [] };
  const crooked = { ...sound, examples: [{ command: "counting a.sql", what: "x" }] };
  check(none, [entryOf(none)], ["actions-have-examples"]);
  check(crooked, [entryOf(crooked)], ["actions-have-examples"]);
});

test("inputs without description and positionals without input are seen", () => {
  const bare = { ...sound, input: z.object({ other: z.string() }) };
  check(bare, [entryOf(bare)], ["inputs-described", "inputs-described"]);
});

test("the actions of dbwright are registered, described and shown in use", async () => {
  const found = await findActions(join(ROOT, "src/actions"));
  expect(found.length).toBeGreaterThan(0);
  expect(found.map(({ action: { name } }) => name).toSorted()).toEqual(ACTIONS.map(({ name }) => name).toSorted());
  const violations = checkActions(found, ACTIONS);
  if (violations.length > 0) expect.fail(`\n${violations.map(violationText).join("\n")}\n`);
});
