import { wordAdvice } from "../../formats/brief/problems.ts";
import { invalid } from "../../model/error.ts";
import type { Severity } from "../../model/finding.ts";
import type { SilentRule } from "../../model/review.ts";
import type { Area, Rule } from "../../rules/rule.ts";
import type { Configuration, RuleSetting } from "./configuration-shape.ts";

/** Which rules a person wants; absent parts leave all. */
export interface RuleChoice {
  readonly only?: readonly string[] | undefined;
  readonly not?: readonly string[] | undefined;
  readonly areas?: readonly Area[] | undefined;
}

/** The rules that are to run, with the project's severities, and those that the project switched off. */
export interface ChosenRules {
  readonly rules: readonly Rule[];
  readonly off: readonly SilentRule[];
  /** Rules asked for by name: where one is for other engines, that is said and not passed over. */
  readonly named?: readonly string[];
}

/**
 * Chooses among rules of either kind. A rule asked for by name runs even where the configuration switches it off. Throws
 * `invalid` for a name that is no rule's, and where no rule is left.
 */
export function wantedRules<R extends { readonly id: string; readonly area: string }>(
  all: readonly R[],
  { only, not, areas }: RuleChoice,
  configuration: Configuration,
  file: string | null,
): { readonly rules: readonly R[]; readonly off: readonly SilentRule[] } {
  const ids = all.map(({ id }) => id);
  const problems = (
    [
      ["--rules", only],
      ["--not-rules", not],
    ] as const
  ).flatMap(([where, names]) =>
    (names ?? [])
      .filter((name) => !ids.includes(name))
      .map((name) => ({
        what: `there is no rule ${JSON.stringify(name)}`,
        where,
        ...wordAdvice(name, ids, "the id of a rule"),
      })),
  );
  if (problems.length > 0) throw invalid(problems);
  const wanted = all.filter(
    ({ id, area }) =>
      (only === undefined || only.includes(id)) &&
      not?.includes(id) !== true &&
      (areas === undefined || areas.some((one) => one === area)),
  );
  if (wanted.length === 0) {
    const given = Object.entries({ "--rules": only, "--not-rules": not, "--area": areas });
    throw invalid({
      what: "together they leave no rule to run",
      where: given.flatMap(([name, value]) => (value === undefined ? [] : [name])).join(", "),
      expected: "at least one rule, since a review that looks at nothing would pass",
    });
  }
  const settingOf = (id: string): RuleSetting | undefined => configuration.rules?.[id];
  const off = wanted.filter(({ id }) => settingOf(id) === "off" && only?.includes(id) !== true);
  return {
    rules: wanted.filter((rule) => !off.includes(rule)),
    off: off.map(({ id }) => ({ rule: id, why: `switched off in ${file ?? "the configuration"}` })),
  };
}

/** The severity that a project gives to a rule; undefined where it leaves the rule's own. */
export function configuredSeverity({ rules }: Configuration, id: string): Severity | undefined {
  const setting = rules?.[id];
  const severity = typeof setting === "object" ? setting.severity : setting;
  return severity === "off" ? undefined : severity;
}

/** Chooses among rules of schemas, with the severities of the configuration; as {@link wantedRules}. */
export function chooseRules(
  all: readonly Rule[],
  choice: RuleChoice,
  configuration: Configuration,
  file: string | null,
): ChosenRules {
  const { rules, off } = wantedRules(all, choice, configuration, file);
  return {
    rules: rules.map((rule) => {
      const severity = configuredSeverity(configuration, rule.id);
      return severity === undefined ? rule : withSeverity(rule, severity);
    }),
    off,
    ...(choice.only === undefined ? {} : { named: choice.only }),
  };
}

// Whatever the rule itself would say of the one or the other finding.
function withSeverity(rule: Rule, severity: Severity): Rule {
  return {
    ...rule,
    severity,
    *check(input) {
      for (const observation of rule.check(input)) yield { ...observation, severity };
    },
  };
}
