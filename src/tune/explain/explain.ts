import { SEVERITIES } from "../../model/finding.ts";
import { planNodes } from "../../model/query-plan.ts";
import type { QueryPlan } from "../../model/query-plan.ts";
import { ESTIMATE_RULES } from "./estimates.ts";
import { factsOf } from "./facts.ts";
import { JOIN_RULES } from "./joins.ts";
import { LIMIT_RULES } from "./limits.ts";
import { OVERHEAD_RULES } from "./overhead.ts";
import type { PlanFinding, PlanRule } from "./plan-rule.ts";
import { SCAN_RULES } from "./scans.ts";
import { SPILL_RULES } from "./spills.ts";

/** All rules about plans. */
export const PLAN_RULES: readonly PlanRule[] = [
  ...SCAN_RULES,
  ...JOIN_RULES,
  ...SPILL_RULES,
  ...ESTIMATE_RULES,
  ...LIMIT_RULES,
  ...OVERHEAD_RULES,
];

/** What may be said where no rule spoke: praise only where rows were really looked at. */
export function silence(plan: QueryPlan): string {
  const readers = planNodes(plan.root).filter(({ relation }) => relation !== null);
  if (plan.root.actual === null)
    return "Nothing found in the estimates. The query was not run: rules that need real rows did not look.";
  const looked = readers.some(({ actual }) => (actual?.rows ?? 0) + (actual?.rowsRemoved ?? 0) > 0);
  if (readers.length > 0 && !looked) return "Nothing could be found: no table gave a single row to look at.";
  return "Nothing found that is slow without need.";
}

/** Below this share of the time a finding is worth no more than `info`, whatever its rule says. */
const SHARE_WORTH_MIN = 0.02;

/** What is slow in a plan and why, the worst first. Pure. */
export function explainPlan(plan: QueryPlan): readonly PlanFinding[] {
  const facts = factsOf(plan);
  const found = PLAN_RULES.flatMap((rule) =>
    [...rule.find(facts)].map((one): PlanFinding => {
      const { id, title, severity, mechanism, remedy } = rule;
      const minor = one.share !== null && one.share < SHARE_WORTH_MIN;
      return { remedy, ...one, rule: id, title, severity: minor ? "info" : severity, mechanism };
    }),
  );
  const rank = (one: PlanFinding): number => SEVERITIES.indexOf(one.severity);
  return found.toSorted((a, b) => rank(b) - rank(a) || (b.share ?? 0) - (a.share ?? 0));
}
