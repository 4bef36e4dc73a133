import type { QueryPlan, QueryPlanNode } from "../../model/query-plan.ts";
import type { Severity } from "../../model/finding.ts";

/** What a rule found at one node (or in the plan as a whole). */
export interface PlanObservation {
  /** `QueryPlanNode.id`; null: the plan as a whole. */
  readonly node: number | null;
  /** One sentence: what happened here, with its numbers. Holds no value of a row but what the plan's text holds. */
  readonly message: string;
  /** Share of the query's time (or, not run, of its cost) that it concerns, 0 to 1; null where that cannot be told. */
  readonly share: number | null;
  /** What to do about this one; null: the rule's own remedy. */
  readonly remedy?: string;
}

/** A finding of `explain`. */
export interface PlanFinding extends PlanObservation {
  readonly rule: string;
  readonly severity: Severity;
  readonly title: string;
  readonly mechanism: string;
  readonly remedy: string;
}

/** A plan with what rules ask of it again and again. */
export interface PlanFacts {
  readonly plan: QueryPlan;
  /** All nodes, parents first. */
  readonly nodes: readonly QueryPlanNode[];
  /** Whether the query was run, so that rows and (mostly) time are known. */
  readonly ran: boolean;
  parentOf(node: QueryPlanNode): QueryPlanNode | null;
  /**
   * Time spent in the node itself, its children's taken off, as a share of the whole; of the cost where nothing was
   * timed. Nodes below a Gather ran at the same time, so that theirs is divided by the processes.
   */
  ownShare(node: QueryPlanNode): number;
  /** The same with the children's time. */
  share(node: QueryPlanNode): number;
  /** WITH queries and subqueries that were run within this node's time, though they hang on another. */
  askedBy(node: QueryPlanNode): readonly QueryPlanNode[];
}

/** A pure check of plans. */
export interface PlanRule {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  /** Why it is slow. */
  readonly mechanism: string;
  readonly remedy: string;
  find(facts: PlanFacts): Iterable<PlanObservation>;
}

/** Rows as people write them: 1,234, and 1.2 million. */
export function rowsText(rows: number): string {
  if (rows >= 1e9) return `${(rows / 1e9).toFixed(1)} billion`;
  if (rows >= 1e6) return `${(rows / 1e6).toFixed(1)} million`;
  return Math.round(rows).toLocaleString("en");
}

/** Milliseconds as people write them. */
export function timeText(ms: number): string {
  if (ms >= 60_000) return `${(ms / 60_000).toFixed(1)} min`;
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${ms >= 10 ? ms.toFixed(0) : ms.toFixed(2)} ms`;
}

/** Kilobytes as people write them. */
export function kilobytesText(kB: number): string {
  return kB >= 1024 * 1024
    ? `${(kB / 1024 / 1024).toFixed(1)} GB`
    : kB >= 1024
      ? `${(kB / 1024).toFixed(0)} MB`
      : `${kB} kB`;
}

/** A number among a node's details; 0 where it is absent. */
export function detail(node: QueryPlanNode, name: string): number {
  const value = Number(node.details[name] ?? 0);
  return Number.isFinite(value) ? value : 0;
}

/** A text among a node's details; "" where it is absent. Lists are joined by commas. */
export function detailText(node: QueryPlanNode, name: string): string {
  const value = node.details[name];
  if (Array.isArray(value)) return value.map(String).join(", ");
  return typeof value === "string" ? value : "";
}

/** How a node is named in messages: `Seq Scan on task`, `Index Scan using task_pkey on task t`. */
export function nodeName(node: QueryPlanNode): string {
  const { relation, index } = node;
  const parallel = node.details["Parallel Aware"] === true && !/Gather/.test(node.kind) ? "Parallel " : "";
  const kind = KINDS[`${node.kind} ${detailText(node, "Strategy")}`] ?? kindOf(node);
  const by = index === null ? "" : node.kind === "Bitmap Index Scan" ? ` on ${index}` : ` using ${index}`;
  const other = detailText(node, "CTE Name") || detailText(node, "Function Name") || detailText(node, "Subplan Name");
  const on =
    relation === null ? (other === "" || !/Scan/.test(node.kind) ? "" : ` on ${other}`) : ` on ${relation.name}`;
  const alias = relation === null || relation.alias === relation.name ? "" : ` ${relation.alias}`;
  return `${parallel}${kind}${by}${on}${alias}`;
}

const KINDS: Readonly<Record<string, string>> = {
  "Aggregate Hashed": "HashAggregate",
  "Aggregate Sorted": "GroupAggregate",
  "Aggregate Mixed": "MixedAggregate",
  "SetOp Hashed": "HashSetOp",
};

function kindOf(node: QueryPlanNode): string {
  const join = detailText(node, "Join Type");
  if (node.kind === "ModifyTable") return detailText(node, "Operation") || node.kind;
  if (join === "" || join === "Inner") return node.kind;
  return node.kind === "Nested Loop" ? `Nested Loop ${join} Join` : node.kind.replace("Join", `${join} Join`);
}

/** A shorthand for rules that look at each node by itself: a message, or null. */
export function eachNode(look: (node: QueryPlanNode, facts: PlanFacts) => string | null): PlanRule["find"] {
  return function* find(facts) {
    for (const node of facts.nodes) {
      const message = look(node, facts);
      if (message !== null) yield { node: node.id, message, share: facts.share(node) };
    }
  };
}
