import { postgres } from "../../engines/postgres/dialect.ts";
import type { SettingAdvice } from "../../model/advice.ts";
import type { Proof } from "../../model/proof.ts";
import type { WorkloadQuery } from "../../model/workload.ts";
import type { ObservedPlan } from "../../tune/settings/facts.ts";
import type { ProposedSetting } from "../../tune/settings/setting-rule.ts";
import { proposeSettings } from "../../tune/settings/settings.ts";
import type { WhatIf } from "../../tune/what-if.ts";
import type { Situation } from "./situation.ts";

/** Advice on statistics and settings, with what is not advised and what cannot be told. */
export interface AdvisedSettings {
  readonly settings: readonly SettingAdvice[];
  /** The same as it was proposed, with how each can be tried. */
  readonly proposed: readonly ProposedSetting[];
  readonly notAdvised: readonly { readonly what: string; readonly why: string }[];
  readonly unseen: readonly { readonly what: string; readonly why: string }[];
}

/** One plan of each query under a configuration of indexes; queries that cannot be planned are left out. */
export async function observedPlans(
  whatIf: WhatIf,
  queries: readonly WorkloadQuery[],
  configuration: ReadonlySet<string>,
): Promise<readonly ObservedPlan[]> {
  const plans: ObservedPlan[] = [];
  for (const { id, text, calls, executions } of queries) {
    const [outcome] = await whatIf.plans([executions[0] ?? { sql: text, values: [] }], configuration);
    if (outcome?.ok === true) plans.push({ query: id, plan: outcome.value.plan, calls });
  }
  return plans;
}

/** What statistics, storage parameters and settings to change, by evidence from the plans given. */
export async function adviseSettings(
  { view, statistics, usage, workload }: Situation,
  plans: readonly ObservedPlan[],
  twin: Proof["twin"],
): Promise<AdvisedSettings> {
  const { advice, notAdvised, unseen } = await proposeSettings({
    view,
    dialect: postgres,
    statistics,
    usage,
    workload,
    plans,
  });
  return { settings: advice.map((one) => untried(one, twin)), proposed: advice, notAdvised, unseen };
}

/** Advice with a proof that says it was not tried, and why. */
export function untried(
  { what, sql, reason, figures, claim, trial }: ProposedSetting,
  twin: Proof["twin"],
): SettingAdvice {
  const why = trial.kind === "none" ? trial.why : "it takes rows to try it, and the twin holds none";
  return {
    what,
    sql,
    reason,
    figures,
    proof: {
      claim,
      twin,
      steps: [{ id: "tried", claim, verdict: "not-run", standing: "not proved", observed: why, duration_ms: 0 }],
      verdict: "not-run",
      reason: why,
      at: new Date().toISOString(),
      duration_ms: 0,
    },
  };
}
