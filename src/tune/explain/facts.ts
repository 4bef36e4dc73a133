import type { QueryPlan, QueryPlanNode } from "../../model/query-plan.ts";
import { planNodes } from "../../model/query-plan.ts";
import { detailText } from "./plan-rule.ts";
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
    timed
      ? // A node that ran in fewer processes than there were had fewer loops.
        (node.actual?.total_ms ?? 0) / Math.max(1, Math.min(processes.get(node) ?? 1, node.actual?.loops ?? 1))
      : node.cost.total;
  const whole = Math.max(timed ? (plan.execution_ms ?? 0) : 0, amount(plan.root), Number.MIN_VALUE);
  const asked = askers(nodes, parents, timed);
  const bounded = (value: number): number => Math.min(1, Math.max(0, value / whole));
  return {
    plan,
    nodes,
    ran: plan.root.actual !== null,
    parentOf: (node) => parents.get(node) ?? null,
    // An InitPlan's time is not that of the node it hangs on but of the one that asked for its result first.
    ownShare: (node) => {
      const children = node.children.filter(({ relationship }) => relationship !== "InitPlan");
      const below = [...children, ...(asked.get(node) ?? [])].reduce((sum, child) => sum + amount(child), 0);
      return bounded(amount(node) - below);
    },
    share: (node) => bounded(amount(node)),
    askedBy: (node) => asked.get(node) ?? [],
  };
}

/**
 * Which node ran each InitPlan (subqueries that are run once, and WITH queries): they are run when their result is
 * first asked for, within the time of the node that asks. That is the scan of the WITH query, or the node whose
 * expressions name the parameter (`$0`; from PostgreSQL 17 on `(InitPlan 1).col1`). Of several the one that took most,
 * which must hold that time; where none is found the node it hangs on.
 */
function askers(
  nodes: readonly QueryPlanNode[],
  parents: ReadonlyMap<QueryPlanNode, QueryPlanNode>,
  timed: boolean,
): ReadonlyMap<QueryPlanNode, readonly QueryPlanNode[]> {
  const asked = new Map<QueryPlanNode, QueryPlanNode[]>();
  const amount = (node: QueryPlanNode): number => (timed ? (node.actual?.total_ms ?? 0) : node.cost.total);
  for (const initPlan of nodes.filter(({ relationship }) => relationship === "InitPlan")) {
    const asks = asking(detailText(initPlan, "Subplan Name"));
    const inside = new Set(planNodes(initPlan));
    const candidates = nodes.filter((node) => !inside.has(node) && asks(node) && amount(node) >= amount(initPlan));
    const first = candidates.toSorted((a, b) => amount(b) - amount(a))[0];
    const asker = first ?? parents.get(initPlan);
    if (asker !== undefined) asked.set(asker, [...(asked.get(asker) ?? []), initPlan]);
  }
  return asked;
}

function asking(name: string): (node: QueryPlanNode) => boolean {
  const cte = /^CTE (.+)$/.exec(name)?.[1];
  if (cte !== undefined) return (node) => node.kind === "CTE Scan" && detailText(node, "CTE Name") === cte;
  const returned = /\(returns (.+)\)$/.exec(name)?.[1]?.split(/,\s*/) ?? [`(${name})`];
  return (node) =>
    Object.entries(node.details).some(
      ([key, value]) =>
        key !== "Subplan Name" &&
        [value].flat().some((one) => typeof one === "string" && returned.some((parameter) => names(one, parameter))),
    );
}

// `$1` is no part of `$12`.
function names(expression: string, parameter: string): boolean {
  for (let at = expression.indexOf(parameter); at >= 0; at = expression.indexOf(parameter, at + 1))
    if (!/\d/.test(expression[at + parameter.length] ?? "")) return true;
  return false;
}
