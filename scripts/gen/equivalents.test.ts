import { expect, test } from "vitest";
import { equivalentsFile } from "./equivalents.ts";
import { LINT_RULES } from "../../src/lint/registry.ts";
import { RULES } from "../../src/rules/registry.ts";

const found = [...RULES, ...LINT_RULES].map(({ id, equivalents }) => ({ rule: { id, equivalents } }));
const withEquivalents = (at: number, equivalents: readonly string[]): typeof found =>
  found.map((one, index) => (index === at ? { ...one, rule: { ...one.rule, equivalents } } : one));

test("every rule of splinter has a rule or a reason", () => {
  const { text } = equivalentsFile(found);
  for (let number = 1; number <= 29; number++) expect(text).toContain(`| ${String(number).padStart(4, "0")} \``);
});

test("every rule of the tools that look at migrations has a rule or a reason", () => {
  const { text } = equivalentsFile(found);
  for (const id of [
    "`require-concurrent-index-creation`",
    "`E15`",
    "`add_unique_constraint`",
    "`PG311`",
    "`OW102`",
    "`AUTHZ_UPDATE`",
  ])
    expect(text).toContain(`| ${id} |`);
});

test("a rule of squawk that nobody names is told", () => {
  const at = found.findIndex(({ rule }) => rule.equivalents.includes("squawk:prefer-repack"));
  expect(() => equivalentsFile(withEquivalents(at, []))).toThrow("squawk:prefer-repack: neither a rule nor a reason");
});

test.each([
  ["squawk:no-such", /squawk:no-such: squawk has no such rule/],
  ["splinter:0099", /splinter:0099: splinter has no such rule/],
  ["nobody:1", /nobody:1: no such tool is known/],
  ["splinter:0020", /splinter:0020: .* the reason why there is none is in the way/],
] as const)("%s is refused", (id, message) => {
  expect(() => equivalentsFile(withEquivalents(0, [id]))).toThrow(message);
});

test("a rule of splinter that nobody names is told", () => {
  const at = found.findIndex(({ rule }) => rule.equivalents.includes("splinter:0006"));
  expect(() => equivalentsFile(withEquivalents(at, []))).toThrow(
    /splinter:0006 \(multiple_permissive_policies\): neither a rule nor a reason/,
  );
});
