import type { LintExample, LintRule } from "../../src/lint/rule.ts";
import type { GeneratedFile } from "./generated-file.ts";
import { pageOf, registryOf, rowOf, rulesIn, sqlBlock } from "./rule-files.ts";
import type { Found } from "./rule-files.ts";

const PARTS = ["id", "area", "severity", "summary", "why", "remedy", "fails", "passes", "equivalents"] as const;

/** The lint rules in a folder, by id. A file holds one rule and is named after it; throws where it is not. */
export async function findLintRules(folder: string): Promise<readonly Found<LintRule>[]> {
  return await rulesIn<LintRule>(folder, PARTS);
}

/** The list of lint rules as code, and a page for each. */
export function lintRuleFiles(rules: readonly Found<LintRule>[]): readonly GeneratedFile[] {
  const registry = registryOf(rules, {
    path: "src/lint/registry.ts",
    folder: "./rules",
    files: "`rules/`",
    type: "LintRule",
    list: "LINT_RULES",
    doc: "Every lint rule, by id.",
  });
  return [registry, ...rules.map(({ rule }) => page(rule))];
}

/** The rows of the index of rules. */
export function lintRuleRows(rules: readonly Found<LintRule>[]): readonly string[] {
  return rules.map(({ rule }) => {
    const examples = `${rule.fails.length}, ${rule.passes.length}`;
    return `| ${[...rowOf(rule), examples].join(" | ")} |`;
  });
}

function shown(example: LintExample): string {
  if (typeof example === "string") return sqlBlock(example);
  const major = example.major === undefined ? [] : [`on PostgreSQL ${example.major}`];
  const assumed = example.assumeInTransaction === true ? ["with `--assume-in-transaction`"] : [];
  const remark = [...major, ...assumed].join(", ");
  const block = sqlBlock(example.sql);
  return remark === "" ? block : `${remark[0]?.toUpperCase()}${remark.slice(1)}:\n\n${block}`;
}

function page(rule: LintRule): GeneratedFile {
  return pageOf(rule, {
    from: "src/lint/rules",
    facts: `**A rule of** \`lint\` **about** ${rule.area} · **severity** ${rule.severity} · **for** postgres`,
    limits:
      rule.growsWithTable === true
        ? "Silent for a table that `--source` tells to be small: the harm grows with the table."
        : null,
    fails: rule.fails.map(shown),
    passes: rule.passes.map(shown),
  });
}
