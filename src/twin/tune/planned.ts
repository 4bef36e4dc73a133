import type { WorkloadQuery } from "../../model/workload.ts";
import type { ObservedPlan } from "../../tune/settings/facts.ts";
import type { WhatIf } from "../../tune/what-if.ts";

/** One plan of each query under a configuration of indexes; queries that cannot be planned are left out. */
export async function plannedQueries(
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
