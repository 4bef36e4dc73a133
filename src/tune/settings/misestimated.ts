import { MISESTIMATE_FACTOR_MIN, misestimate, stoppedEarly } from "../explain/estimates.ts";
import type { PlanFacts } from "../explain/plan-rule.ts";
import type { QueryPlanNode } from "../../model/query-plan.ts";

/** Fewer rows than this on both sides change no plan. */
const ROWS_MIN = 1000;

/** How far an estimate was off. */
export interface Misestimate {
  readonly estimated: number;
  readonly actual: number;
  /** The larger by the smaller. */
  readonly factor: number;
}

/** The estimate of a node that ran to its end and was off by ten times or more; null for all others. */
export function misestimated(facts: PlanFacts, node: QueryPlanNode): Misestimate | null {
  const found = misestimate(node);
  if (found === null || found.factor < MISESTIMATE_FACTOR_MIN || stoppedEarly(facts, node)) return null;
  const most = Math.max(node.actual?.rows ?? 0, node.rows * (node.actual?.loops ?? 0));
  return most < ROWS_MIN ? null : { estimated: node.rows, actual: found.actual, factor: found.factor };
}
