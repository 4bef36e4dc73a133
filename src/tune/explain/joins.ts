import { planNodes } from "../../model/query-plan.ts";
import type { QueryPlanNode } from "../../model/query-plan.ts";
import { detailText, eachNode, nodeName, rowsText, timeText } from "./plan-rule.ts";
import type { PlanRule } from "./plan-rule.ts";

const innerOf = (node: QueryPlanNode): QueryPlanNode | undefined =>
  node.children.find(({ relationship }) => relationship === "Inner") ?? node.children[1];
const outerOf = (node: QueryPlanNode): QueryPlanNode | undefined =>
  node.children.find(({ relationship }) => relationship === "Outer") ?? node.children[0];

const nestedLoop: PlanRule = {
  id: "nested-loop-explosion",
  title: "A nested loop runs its inner side very often",
  severity: "warning",
  mechanism:
    "The inner side is run once for each outer row. That is the fastest way for few rows and the slowest for many; it is mostly chosen because few were expected.",
  remedy:
    "mend the estimate of the outer side (see the misestimate), give the inner side an index on the join's columns, or see that a hash join is possible (equality, no function that hides it)",
  *find(facts) {
    for (const node of facts.nodes) {
      const [outer, inner] = node.kind === "Nested Loop" ? [outerOf(node), innerOf(node)] : [];
      if (outer === undefined || inner?.actual === null || inner?.actual === undefined) continue;
      if (inner.actual.loops < 1_000 || inner.kind === "Memoize" || facts.share(inner) < 0.3) continue;
      const expected = Math.max(1, outer.rows);
      const time = inner.actual.total_ms === null ? "" : `, ${timeText(inner.actual.total_ms)} altogether`;
      yield {
        node: node.id,
        message: `${nodeName(inner)} ran ${rowsText(inner.actual.loops)} times${time} (${rowsText(expected)} were expected${(outer.actual?.loops ?? 1) > 1 ? " a loop" : ""})`,
        share: facts.share(node),
        remedy: remedyOfLoop(inner, expected * Math.max(1, outer.actual?.loops ?? 1), inner.actual.loops),
      };
    }
  },
};

// Only what is not so already is advised.
function remedyOfLoop(inner: QueryPlanNode, expected: number, loops: number): string {
  const byIndex = planNodes(inner).some((one) => detailText(one, "Index Cond") !== "");
  return [
    ...(loops >= 10 * expected ? ["mend the estimate of the outer side (see the misestimate)"] : []),
    ...(byIndex ? [] : ["give the inner side an index on the join's columns"]),
    "narrow the outer side before the join, or see that a hash join is possible (equality, no function that hides it, no enable_… switched off)",
  ].join("; ");
}

const innerScan: PlanRule = {
  id: "inner-side-read-whole",
  title: "The inner side of a nested loop is read whole each time",
  severity: "warning",
  mechanism: "No index fits the join's condition, so that every outer row reads all inner rows.",
  remedy: "an index on the inner table's join columns",
  find: eachNode((node) => {
    if (node.kind !== "Nested Loop" || node.actual === null) return null;
    const inner = innerOf(node);
    const loops = inner?.actual?.loops ?? 0;
    // What was materialised or hashed has been read once only.
    const scan =
      inner === undefined
        ? undefined
        : planNodes(inner).find((one) => one.kind === "Seq Scan" && (one.actual?.loops ?? 0) >= loops);
    const read = (scan?.actual?.rows ?? 0) + (scan?.actual?.rowsRemoved ?? 0);
    if (scan === undefined || loops < 10 || read < 100_000) return null;
    return `${nodeName(scan)} was read for each of ${rowsText(loops)} outer rows: ${rowsText(read)} rows altogether`;
  }),
};

const cartesian: PlanRule = {
  id: "cartesian-product",
  title: "Two inputs are joined without a condition",
  severity: "error",
  mechanism: "Each row of one side is paired with each of the other. Mostly a join condition was forgotten.",
  remedy: "write the join's condition; where all pairs are wanted, say CROSS JOIN so that the next reader knows",
  find: eachNode((node) => {
    if (
      node.kind !== "Nested Loop" ||
      detailText(node, "Join Filter") !== "" ||
      !/^(?:Inner)?$/.test(detailText(node, "Join Type"))
    )
      return null;
    const [outer, inner] = [outerOf(node), innerOf(node)];
    if (outer === undefined || inner === undefined) return null;
    // A condition that moved into the inner side refers to the outer one.
    const linked = planNodes(inner).some((one) =>
      [
        "Index Cond",
        "Recheck Cond",
        "Filter",
        "Cache Key",
        "TID Cond",
        "Join Filter",
        "Hash Cond",
        "Merge Cond",
        "Function Call",
      ].some((name) => detailText(one, name) !== ""),
    );
    const [left, right] = [
      outer.actual?.rows ?? outer.rows,
      (inner.actual?.rows ?? inner.rows) / Math.max(1, inner.actual?.loops ?? 1),
    ];
    if (linked || left < 10 || right < 10 || left * right < 10_000) return null;
    return `${rowsText(left)} rows are paired with ${rowsText(right)} each: ${rowsText(left * right)} pairs`;
  }),
};

const subplan: PlanRule = {
  id: "subquery-per-row",
  title: "A subquery runs for each row",
  severity: "warning",
  mechanism: "A subquery that refers to the outer row, and could not be made a join, is run anew each time.",
  remedy: "write it as a join, a lateral join or a window function; for NOT IN write NOT EXISTS",
  find: eachNode((node, facts) => {
    if (node.relationship !== "SubPlan" || node.actual === null || node.actual.loops < 1_000 || facts.share(node) < 0.1)
      return null;
    const name = detailText(node, "Subplan Name");
    return `${name === "" ? nodeName(node) : name} ran ${rowsText(node.actual.loops)} times`;
  }),
};

const largeHash: PlanRule = {
  id: "hash-on-larger-side",
  title: "The larger side was put into the hash table",
  severity: "info",
  mechanism: "The hash table is made of the side that was expected to be smaller; here it was not.",
  remedy: "mend the estimate of that side (see the misestimate)",
  find: eachNode((node) => {
    const [outer, inner] = [outerOf(node), innerOf(node)];
    if (
      node.kind !== "Hash Join" ||
      inner?.actual === null ||
      inner?.actual === undefined ||
      outer?.actual === null ||
      outer?.actual === undefined
    )
      return null;
    if (
      !/^(?:Inner)?$/.test(detailText(node, "Join Type")) ||
      inner.actual.rows < 100_000 ||
      inner.actual.rows < 10 * outer.actual.rows
    )
      return null;
    return `${rowsText(inner.actual.rows)} rows were hashed to be asked by ${rowsText(outer.actual.rows)}`;
  }),
};

const joinFilter: PlanRule = {
  id: "join-filter-discards-rows",
  title: "A join makes many pairs that its filter throws away",
  severity: "warning",
  mechanism: "Only a part of the condition is used to find partners; the rest is checked on each pair.",
  remedy:
    "equality on both sides where it is meant (casts and functions hide it); for ranges an index on the inner side, or a range type with GiST",
  find: eachNode((node) => {
    if (node.actual === null || detailText(node, "Join Filter") === "" || !/Join|Loop/.test(node.kind)) return null;
    const removed = node.actual.rowsRemoved;
    if (removed < 100_000 || removed < 9 * node.actual.rows) return null;
    return `${nodeName(node)} threw away ${rowsText(removed)} pairs and kept ${rowsText(node.actual.rows)}: ${detailText(node, "Join Filter")}`;
  }),
};

/** Rules about joins and subqueries. */
export const JOIN_RULES: readonly PlanRule[] = [nestedLoop, innerScan, cartesian, subplan, largeHash, joinFilter];
