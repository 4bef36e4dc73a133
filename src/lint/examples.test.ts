import { describe, expect, test } from "vitest";
import { lintScripts } from "./lint.ts";
import { scriptsIn } from "./marks.ts";
import { LINT_RULES } from "./registry.ts";
import type { LintExample, LintRule } from "./rule.ts";

/** The documented examples of each rule, run. */
async function fires(rule: LintRule, example: LintExample): Promise<boolean> {
  const { sql, ...options } = typeof example === "string" ? { sql: example } : example;
  const result = await lintScripts(scriptsIn("example.sql", sql), { rules: [rule], ...options });
  expect(result.errors).toEqual([]);
  expect(result.failed).toEqual([]);
  return result.findings.length > 0;
}

describe.each(LINT_RULES.map((rule) => [rule.id, rule] as const))("%s", (_id, rule) => {
  const text = (example: LintExample): string => (typeof example === "string" ? example : JSON.stringify(example));
  test.each(rule.fails.map((example) => [text(example), example] as const))("fires on %s", async (_text, example) => {
    expect(await fires(rule, example)).toBe(true);
  });
  test.each(rule.passes.map((example) => [text(example), example] as const))(
    "is silent on %s",
    async (_text, example) => {
      expect(await fires(rule, example)).toBe(false);
    },
  );
  test("has an example of each kind", () => {
    expect(rule.fails.length).toBeGreaterThan(0);
    expect(rule.passes.length).toBeGreaterThan(0);
  });
});
