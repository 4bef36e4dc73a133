import type { LintOptions } from "../../lint/lint.ts";
import type { LintRule } from "../../lint/rule.ts";
import type { Severity } from "../../model/finding.ts";
import type { SilentRule } from "../../model/review.ts";
import { allRuleIds } from "../review/all-rule-ids.ts";
import { configuredSeverity, wantedRules } from "../review/choose-rules.ts";
import { findConfiguration, readConfiguration } from "../review/configuration.ts";
import { objectPattern } from "../review/object-pattern.ts";

/** What the project and the command line say of the rules of migrations. */
export interface LintSettings {
  /** With the project's severities. */
  readonly rules: readonly LintRule[];
  readonly off: readonly SilentRule[];
  readonly severities: ReadonlyMap<string, Severity>;
  readonly setsAside: NonNullable<LintOptions["setsAside"]>;
  readonly failOn: "error" | "warning" | "info" | "never" | undefined;
}

/** Reads the project's configuration, as `review` does, and chooses among rules. Throws `invalid` (exit 2). */
export async function lintSettings(
  all: readonly LintRule[],
  request: {
    readonly rules?: readonly string[] | undefined;
    readonly notRules?: readonly string[] | undefined;
    readonly config?: string | undefined;
  },
  cwd: string,
): Promise<LintSettings> {
  const path = await findConfiguration(cwd, request.config);
  const { settings, file } =
    path === null ? { settings: {}, file: null } : await readConfiguration(cwd, request.config, await allRuleIds());
  const { rules, off } = wantedRules(all, { only: request.rules, not: request.notRules }, settings, file);
  const severities = new Map(
    rules.flatMap(({ id }) => {
      const severity = configuredSeverity(settings, id);
      return severity === undefined ? [] : [[id, severity] as const];
    }),
  );
  const exceptions = new Map(
    rules.flatMap(({ id }) => {
      const setting = settings.rules?.[id];
      const ignored = typeof setting === "object" ? (setting.ignore ?? []) : [];
      return ignored.length === 0 ? [] : [[id, ignored.map(({ object }) => objectPattern(object))] as const];
    }),
  );
  return {
    rules: rules.map((rule) => ({ ...rule, severity: severities.get(rule.id) ?? rule.severity })),
    off,
    severities,
    setsAside: (rule, relation) =>
      relation !== null && exceptions.get(rule)?.some((pattern) => pattern.test(`table ${relation}`)) === true,
    failOn: settings.failOn,
  };
}
