import type { QueryPlanNode } from "../../model/query-plan.ts";
import { detailText, nodeName, rowsText } from "./plan-rule.ts";
import type { PlanFacts, PlanRule } from "./plan-rule.ts";

/** How far an estimate may be off before other plans would have been chosen (pev2 and pgMustard mark the same). */
export const MISESTIMATE_FACTOR_MIN = 10;
/** Fewer rows on both sides change no plan. */
const MISESTIMATE_ROWS_MIN = 1_000;

/** Nodes that always report 0 rows ("Using EXPLAIN", Caveats, in PostgreSQL's manual). */
const COUNTS_NOTHING = /^(?:BitmapAnd|BitmapOr)$/;

/** By how much rows were over- or underestimated in one loop: at least 1; null where it did not run to its end. */
export function misestimate(node: QueryPlanNode): { readonly factor: number; readonly actual: number } | null {
  if (node.actual === null || node.actual.loops === 0 || COUNTS_NOTHING.test(node.kind)) return null;
  const actual = node.actual.rows / node.actual.loops;
  const [low, high] = [Math.min(actual, node.rows), Math.max(actual, node.rows)];
  return { factor: Math.max(high, 1) / Math.max(low, 1), actual };
}

const isOff = (node: QueryPlanNode): boolean => {
  const found = misestimate(node);
  return (
    found !== null &&
    found.factor >= MISESTIMATE_FACTOR_MIN &&
    Math.max(node.actual?.rows ?? 0, node.rows * (node.actual?.loops ?? 0)) >= MISESTIMATE_ROWS_MIN
  );
};

/** Whether a node is stopped early (below a Limit): fewer rows than estimated then say nothing of the estimate. */
export function stoppedEarly(facts: PlanFacts, node: QueryPlanNode): boolean {
  if ((misestimate(node)?.actual ?? 0) >= node.rows) return false;
  for (let above = facts.parentOf(node); above !== null; above = facts.parentOf(above)) {
    if (above.kind === "Limit" || /Semi|Anti/.test(detailText(above, "Join Type"))) return true;
    if (above.kind === "Merge Join") return true;
    if (/^(?:Sort|Hash|Materialize|Aggregate)$/.test(above.kind)) return false;
  }
  return false;
}

const counted = (rows: number): string => `${rowsText(rows)} ${Math.round(rows) === 1 ? "row" : "rows"}`;

const rowMisestimate: PlanRule = {
  id: "row-misestimate",
  title: "The planner expected far other numbers of rows",
  severity: "warning",
  mechanism:
    "Join orders and methods are chosen by estimated rows. From the first node that is off by ten times upwards, each choice was made for another query than the one that ran.",
  remedy:
    "ANALYZE the table; where columns of one condition depend on each other CREATE STATISTICS on them together; raise the column's statistics target where a value is frequent but not listed; make an expression's statistics by an index on it or CREATE STATISTICS on it",
  *find(facts) {
    for (const node of facts.nodes) {
      const found = misestimate(node);
      if (found === null || !isOff(node) || stoppedEarly(facts, node)) continue;
      // Where the WITH query itself is off, it is the cause; where children are, they are.
      if (facts.askedBy(node).some(isOff)) continue;
      if (node.children.some((child) => isOff(child) && !stoppedEarly(facts, child))) continue;
      const way = found.actual > node.rows ? "more" : "fewer";
      yield {
        node: node.id,
        message: `${nodeName(node)} gave ${counted(found.actual)} a loop where ${rowsText(node.rows)} ${node.rows === 1 ? "was" : "were"} expected: ${Math.round(found.factor).toLocaleString("en")} times ${way}`,
        share: facts.share(facts.parentOf(node) ?? node),
      };
    }
  },
};

const functionEstimate: PlanRule = {
  id: "function-rows-guess",
  title: "A function's rows are a guess",
  severity: "info",
  mechanism:
    "The planner cannot look into a function: it takes the number of rows declared with it, by default 1,000 (100 for some built in).",
  remedy:
    "declare ROWS at the function (ALTER FUNCTION … ROWS n), or give the planner the rows in a temporary table that is analysed",
  *find(facts) {
    for (const node of facts.nodes) {
      const found = misestimate(node);
      if (node.kind !== "Function Scan" || found === null || found.factor < MISESTIMATE_FACTOR_MIN) continue;
      if (node.rows !== 1_000 && node.rows !== 100) continue;
      yield {
        node: node.id,
        message: `${nodeName(node)} gave ${rowsText(found.actual)} rows; ${rowsText(node.rows)} is the default`,
        share: facts.share(node),
      };
    }
  },
};

const cteEstimate: PlanRule = {
  id: "materialised-cte-filter",
  title: "A materialised WITH query is filtered afterwards",
  severity: "warning",
  mechanism:
    "A WITH query that is MATERIALIZED, used twice or volatile is made whole, without indexes and statistics; conditions on it from outside come too late.",
  remedy: "write the condition into the WITH query, or add NOT MATERIALIZED so that it is planned with the rest",
  *find(facts) {
    for (const node of facts.nodes) {
      const removed = node.actual?.rowsRemoved ?? 0;
      if (node.kind !== "CTE Scan" || removed < 1_000 || removed < 9 * (node.actual?.rows ?? 0)) continue;
      yield {
        node: node.id,
        message: `${nodeName(node)} throws away ${rowsText(removed)} rows and keeps ${rowsText(node.actual?.rows ?? 0)}`,
        share: facts.share(node),
      };
    }
  },
};

const repeatedCte: PlanRule = {
  id: "cte-read-repeatedly",
  title: "A WITH query is read again and again",
  severity: "info",
  mechanism: "Each reading of a materialised WITH query goes through all its rows one by one: it has no index.",
  remedy: "join to it once, or put it into a temporary table with an index and ANALYZE that",
  *find(facts) {
    const readings = new Map<string, { loops: number; rows: number; first: QueryPlanNode; count: number }>();
    for (const node of facts.nodes) {
      const name = detailText(node, "CTE Name");
      if (node.kind !== "CTE Scan" || name === "") continue;
      const known = readings.get(name) ?? { loops: 0, rows: 0, first: node, count: 0 };
      known.count++;
      known.loops += node.actual?.loops ?? 1;
      known.rows += (node.actual?.rows ?? node.rows) + (node.actual?.rowsRemoved ?? 0);
      readings.set(name, known);
    }
    for (const [name, { loops, rows, first, count }] of readings)
      if (loops >= 3 && rows >= 10_000)
        yield {
          node: first.id,
          message: `the WITH query ${name} is read ${rowsText(loops)} times at ${count} ${count === 1 ? "place" : "places"}, ${rowsText(rows)} rows altogether`,
          share: facts.share(first),
        };
  },
};

/** Rules about what the planner believed. */
export const ESTIMATE_RULES: readonly PlanRule[] = [rowMisestimate, functionEstimate, cteEstimate, repeatedCte];
