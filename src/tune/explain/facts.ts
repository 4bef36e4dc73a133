import type { QueryPlan, QueryPlanNode } from "../../model/query-plan.ts";
import { planNodes } from "../../model/query-plan.ts";
import type { PlanFacts } from "./plan-rule.ts";

/** Gathers what the rules ask of a plan. */
export function factsOf(plan: QueryPlan): PlanFacts {
  const nodes = planNodes(plan.root);
  const parents = new Map<QueryPlanNode, QueryPlanNode>();
  const processes = new Map<QueryPlanNode, number>();
  for (const node of nodes) {
    const own = processes.get(node) ?? 1;
    const launched = node.kind.startsWith("Gather")
      ? Number(node.details["Workers Launched"] ?? node.details["Workers Planned"] ?? 0) + 1
      : own;
    for (const child of node.children) {
      parents.set(child, node);
      processes.set(child, launched);
    }
  }
  const timed = plan.root.actual?.total_ms !== null && plan.root.actual !== null;
  const amount = (node: QueryPlanNode): number =>
    timed ? (node.actual?.total_ms ?? 0) / (processes.get(node) ?? 1) : node.cost.total;
  const whole = Math.max(timed ? (plan.execution_ms ?? 0) : 0, amount(plan.root), Number.MIN_VALUE);
  const bounded = (value: number): number => Math.min(1, Math.max(0, value / whole));
  return {
    plan,
    nodes,
    ran: plan.root.actual !== null,
    parentOf: (node) => parents.get(node) ?? null,
    // A CTE's or an InitPlan's time is shown at the node it hangs on, which did not spend it.
    ownShare: (node) =>
      bounded(
        amount(node) -
          node.children
            .filter(({ relationship }) => relationship !== "InitPlan")
            .reduce((sum, child) => sum + amount(child), 0),
      ),
    share: (node) => bounded(amount(node)),
  };
}
