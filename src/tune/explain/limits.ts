import type { QueryPlanNode } from "../../model/query-plan.ts";
import { detailText, eachNode, nodeName, rowsText } from "./plan-rule.ts";
import type { PlanRule } from "./plan-rule.ts";

// WITH queries and subqueries hang on a node, too, and give it no rows.
const isInput = ({ relationship }: QueryPlanNode): boolean => !/^(?:InitPlan|SubPlan)$/.test(relationship ?? "");
const inputOf = (node: QueryPlanNode): QueryPlanNode | undefined => node.children.find(isInput);

const lateLimit: PlanRule = {
  id: "late-limit",
  title: "A LIMIT comes after all the work",
  severity: "warning",
  mechanism: "A sort or an aggregate needs all its rows before it gives the first: LIMIT saves nothing below it.",
  remedy:
    "an index in the order of ORDER BY (with the equality columns of WHERE before it) gives the first rows at once",
  find: eachNode((node, facts) => {
    if (node.kind !== "Limit" || node.actual === null) return null;
    const blocking = firstBlocking(node);
    const below = (blocking === null ? null : inputOf(blocking))?.actual?.rows ?? 0;
    if (
      blocking === null ||
      below < 10_000 ||
      below < 100 * Math.max(1, node.actual.rows) ||
      facts.share(blocking) < 0.3
    )
      return null;
    return `${rowsText(below)} rows went into ${nodeName(blocking)} for ${rowsText(node.actual.rows)} that were wanted`;
  }),
};

function firstBlocking(limit: QueryPlanNode): QueryPlanNode | null {
  let node = inputOf(limit);
  while (node !== undefined && !/^(?:Sort|Incremental Sort|Aggregate|WindowAgg)$/.test(node.kind)) {
    if (node.children.filter(isInput).length !== 1) return null;
    node = inputOf(node);
  }
  return node === undefined || node.kind === "Incremental Sort" ? null : node;
}

const deepOffset: PlanRule = {
  id: "deep-offset",
  title: "Rows are made to be skipped",
  severity: "warning",
  mechanism: "OFFSET makes each of the rows before and throws it away: page 1,000 costs a thousand pages.",
  remedy: "go on from the last row seen: WHERE (sort key, id) > ($1, $2) ORDER BY sort key, id LIMIT n",
  find: eachNode((node) => {
    const below = inputOf(node)?.actual?.rows ?? 0;
    if (node.kind !== "Limit" || node.actual === null) return null;
    const skipped = below - node.actual.rows;
    if (skipped < 1_000 || skipped < 9 * Math.max(1, node.actual.rows)) return null;
    return `${rowsText(skipped)} rows were made and skipped for ${rowsText(node.actual.rows)} given`;
  }),
};

const wrongIndexForLimit: PlanRule = {
  id: "limit-walks-wrong-index",
  title: "An index in the right order is walked in vain",
  severity: "warning",
  mechanism:
    "For a LIMIT the planner hopes to meet enough matching rows early in the order's index; they lie elsewhere, so that nearly all of it is read.",
  remedy:
    "an index on the filter's columns followed by those of ORDER BY; extended statistics where the filter and the order depend on each other",
  find: eachNode((node, facts) => {
    if (!/^Index (?:Only )?Scan$/.test(node.kind) || node.actual === null) return null;
    const above = facts.parentOf(node);
    if (above?.kind !== "Limit" || detailText(node, "Index Cond") !== "") return null;
    const removed = node.actual.rowsRemoved;
    if (removed < 10_000 || removed < 100 * Math.max(1, node.actual.rows)) return null;
    return `${nodeName(node)} passed ${rowsText(removed)} rows to find ${rowsText(node.actual.rows)}`;
  }),
};

// Whether the rows come out of a join, however they were sorted, sent or distinguished in part on the way.
function overJoin(node: QueryPlanNode): boolean {
  let below = inputOf(node);
  while (below !== undefined && !/Join|Nested Loop/.test(below.kind)) {
    if (!/^(?:Sort|Incremental Sort|Gather|Gather Merge|Aggregate|Unique|Result)$/.test(below.kind)) return false;
    below = inputOf(below);
  }
  return below !== undefined && /^(?:Inner|Left|Right|Full|)$/.test(detailText(below, "Join Type"));
}

const distinctAfterJoin: PlanRule = {
  id: "distinct-undoes-a-join",
  title: "Rows are multiplied and made distinct again",
  severity: "info",
  mechanism:
    "A join to the many side multiplies rows; Unique or an aggregate without functions throws the copies away.",
  remedy: "ask whether a partner exists (EXISTS) instead of joining to it",
  find: eachNode((node) => {
    if (node.kind !== "Unique" && !(node.kind === "Aggregate" && detailText(node, "Group Key") !== "")) return null;
    const below = inputOf(node)?.actual?.rows ?? 0;
    const rows = node.actual?.rows ?? 0;
    const output = detailText(node, "Output");
    if (node.kind === "Aggregate" && (output === "" || /\b\w+\([^)]*\)/.test(output))) return null;
    if (below < 10_000 || below < 10 * Math.max(1, rows) || !overJoin(node)) return null;
    return `${nodeName(node)} made ${rowsText(rows)} rows of ${rowsText(below)}`;
  }),
};

/** Rules about how much is made for what is given. */
export const LIMIT_RULES: readonly PlanRule[] = [lateLimit, deepOffset, wrongIndexForLimit, distinctAfterJoin];
