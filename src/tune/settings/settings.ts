import { autovacuum } from "./autovacuum.ts";
import { expressionStatistics } from "./expression-statistics.ts";
import { extendedStatistics } from "./extended-statistics.ts";
import { settingFacts } from "./facts.ts";
import type { SettingInput } from "./facts.ts";
import { fillfactor } from "./fillfactor.ts";
import { jit } from "./jit.ts";
import { nDistinct } from "./n-distinct.ts";
import { noIndex } from "./no-index.ts";
import { pageCosts } from "./page-costs.ts";
import { parallelism } from "./parallelism.ts";
import type { ProposedSetting, SettingRule } from "./setting-rule.ts";
import { statisticsTarget } from "./statistics-target.ts";
import { workMemory } from "./work-mem.ts";

/** All kinds of advice about statistics and settings. */
export const SETTING_RULES: readonly SettingRule[] = [
  extendedStatistics,
  expressionStatistics,
  statisticsTarget,
  nDistinct,
  workMemory,
  jit,
  parallelism,
  pageCosts,
  autovacuum,
  fillfactor,
  noIndex,
];

/** What is advised, what is not, and what cannot be told. */
export interface ProposedSettings {
  readonly advice: readonly ProposedSetting[];
  readonly notAdvised: readonly { readonly what: string; readonly why: string }[];
  readonly unseen: readonly { readonly what: string; readonly why: string }[];
}

/** Advice on statistics and settings by evidence from plans, planner statistics and counters. None of it was tried. */
export async function proposeSettings(input: SettingInput): Promise<ProposedSettings> {
  const facts = await settingFacts(input);
  const advice: ProposedSetting[] = [];
  const notAdvised: { readonly what: string; readonly why: string }[] = [];
  const unseen: { readonly what: string; readonly why: string }[] = [];
  for (const rule of SETTING_RULES) {
    for (const finding of rule.find(facts)) {
      if ("advice" in finding)
        advice.push({ ...finding.advice, rule: rule.id, mechanism: rule.mechanism, source: rule.source });
      else if ("notAdvised" in finding) notAdvised.push(finding.notAdvised);
      else unseen.push(finding.unseen);
    }
  }
  return { advice, notAdvised, unseen };
}
