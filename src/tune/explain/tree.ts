import type { QueryPlan, QueryPlanNode } from "../../model/query-plan.ts";
import { factsOf } from "./facts.ts";
import { detailText, nodeName, rowsText, timeText } from "./plan-rule.ts";

/** One line of a plan drawn as a tree. */
export interface TreeLine {
  readonly id: number;
  /** The branches before the name. */
  readonly branches: string;
  readonly name: string;
  /** The condition or key that says most, cut short; "" where there is none. */
  readonly detail: string;
  /** Rows as estimated and, where it ran, as they were, of one loop. */
  readonly rows: string;
  /** By how much the estimate is off, at least 1; null where it did not run. */
  readonly off: number | null;
  readonly loops: string;
  /** Time with the children's, processes that ran at the same time counted once; the cost where it did not run. */
  readonly time: string;
  /** Share of the whole that the node itself takes, 0 to 1. */
  readonly ownShare: number;
  readonly pages: string;
}

const DETAILS = [
  "Index Cond",
  "Hash Cond",
  "Merge Cond",
  "Join Filter",
  "Recheck Cond",
  "Filter",
  "Sort Key",
  "Group Key",
  "Cache Key",
  "Function Call",
];
const DETAIL_LENGTH_MAX = 90;

/** A plan's nodes as lines of a table. */
export function treeOf(plan: QueryPlan): readonly TreeLine[] {
  const facts = factsOf(plan);
  const lines: TreeLine[] = [];
  const whole_ms = plan.execution_ms ?? plan.root.actual?.total_ms ?? 0;
  const draw = (node: QueryPlanNode, before: string, last: boolean, root: boolean): void => {
    lines.push(
      lineOf(node, root ? "" : `${before}${last ? "└─ " : "├─ "}`, {
        own: facts.ownShare(node),
        ms: facts.share(node) * Math.max(whole_ms, plan.root.actual?.total_ms ?? 0),
      }),
    );
    const inner = root ? "" : `${before}${last ? "   " : "│  "}`;
    for (const [place, child] of node.children.entries()) draw(child, inner, place === node.children.length - 1, false);
  };
  draw(plan.root, "", true, true);
  return lines;
}

function lineOf(
  node: QueryPlanNode,
  branches: string,
  { own, ms }: { readonly own: number; readonly ms: number },
): TreeLine {
  const { actual, buffers } = node;
  const ran = actual !== null && actual.loops > 0;
  // Bitmaps that are combined do not count what is in them.
  const counted = !/^Bitmap(?:And|Or)$/.test(node.kind);
  const rows = ran ? actual.rows / actual.loops : null;
  const branch = detailText(node, "Subplan Name");
  return {
    id: node.id,
    branches,
    name: `${branch === "" || node.relationship === null || /Outer|Inner|Member/.test(node.relationship) ? "" : `${branch}: `}${nodeName(node)}`,
    detail: detailOf(node),
    rows:
      actual === null || !counted
        ? rowsText(node.rows)
        : rows === null
          ? "never run"
          : `${rowsText(node.rows)} → ${rowsText(rows)}`,
    off: rows === null || !counted ? null : Math.max(rows, node.rows, 1) / Math.max(1, Math.min(rows, node.rows)),
    loops: ran && actual.loops > 1 ? rowsText(actual.loops) : "",
    time: ran && actual.total_ms !== null ? timeText(ms) : actual === null ? node.cost.total.toFixed(0) : "",
    ownShare: own,
    pages: buffers === null ? "" : rowsText(buffers.sharedHit + buffers.sharedRead),
  };
}

function detailOf(node: QueryPlanNode): string {
  for (const name of DETAILS) {
    const text = detailText(node, name);
    if (text !== "")
      return `${name}: ${text.length > DETAIL_LENGTH_MAX ? `${text.slice(0, DETAIL_LENGTH_MAX)}…` : text}`;
  }
  return "";
}
