import type { TableView } from "../../model/catalog-view.ts";
import type { QueryPlanNode } from "../../model/query-plan.ts";
import { ident, qualified } from "../../sql/identifier.ts";
import { MISESTIMATE_FACTOR_MIN } from "../explain/estimates.ts";
import type { PlanFacts } from "../explain/plan-rule.ts";
import type { SettingFacts } from "./facts.ts";
import { ofStatistics, shortNumber } from "./setting-rule.ts";
import type { SettingFinding, SettingRule } from "./setting-rule.ts";

/** From this share of the rows on ANALYZE itself keeps a number of values as a share (analyze.c). */
const SHARE_MIN = 0.1;
/** Groups that no plan hangs on. */
const GROUPS_MIN = 1000;

/** The groups of a whole table by one column, as they were counted by running it. */
interface CountedGroups {
  readonly table: TableView;
  readonly column: string;
  readonly groups: number;
  readonly rows: number;
  readonly estimated: number;
}

// A grouping of all rows of one table by one column alone, over a scan that leaves out none.
function countedGroups(facts: SettingFacts, plan: PlanFacts, node: QueryPlanNode): CountedGroups | null {
  if (!/^(?:Aggregate|Group|Unique)$/.test(node.kind) || node.actual === null || node.actual.loops !== 1) return null;
  if (node.details["Partial Mode"] !== undefined && node.details["Partial Mode"] !== "Simple") return null;
  const keys = node.details["Group Key"];
  const key = Array.isArray(keys) && keys.length === 1 ? String(keys[0]) : typeof keys === "string" ? keys : null;
  if (key === null || node.details["Filter"] !== undefined) return null;
  let below: QueryPlanNode | undefined = node;
  while (below !== undefined && !below.kind.endsWith("Scan")) {
    if (below.children.length !== 1 || !/^(?:Aggregate|Group|Unique|Sort|Incremental Sort)$/.test(below.kind))
      return null;
    below = below.children[0];
  }
  const scan = facts.scans.find((one) => one.facts === plan && one.node === below);
  if (scan === undefined || scan.comparisons.length > 0 || scan.node.details["Filter"] !== undefined) return null;
  const column = key.split(".").at(-1)?.replaceAll('"', "") ?? "";
  if (!scan.table.columns.some(({ name }) => name === column)) return null;
  return {
    table: scan.table,
    column,
    groups: node.actual.rows,
    rows: scan.node.actual?.rows ?? 0,
    estimated: node.rows,
  };
}

function* find(facts: SettingFacts): Generator<SettingFinding> {
  const seen = new Set<string>();
  for (const [observed, plan] of facts.factsOf) {
    for (const node of plan.nodes) {
      const found = countedGroups(facts, plan, node);
      if (found === null) continue;
      const { table, column, groups, rows, estimated } = found;
      const factor = Math.max(groups, estimated) / Math.max(1, Math.min(groups, estimated));
      const id = JSON.stringify([table.table.schema, table.table.name, column]);
      if (factor < MISESTIMATE_FACTOR_MIN || Math.max(groups, estimated) < GROUPS_MIN || seen.has(id)) continue;
      seen.add(id);
      const { schema, name } = table.table;
      const share = groups / Math.max(1, rows);
      const value = share >= SHARE_MIN ? -Number(Math.min(1, share).toPrecision(3)) : groups;
      const told = table.columns.find((one) => one.name === column)?.options?.["n_distinct"];
      const alter = `ALTER TABLE ${qualified(schema, name)} ALTER COLUMN ${ident(column)}`;
      yield {
        advice: {
          what: "n-distinct",
          ...ofStatistics(
            table,
            `${alter} SET (n_distinct = ${value})`,
            told === undefined ? `${alter} RESET (n_distinct)` : `${alter} SET (n_distinct = ${told})`,
          ),
          reason: `${ident(column)} of ${qualified(schema, name)} has ${shortNumber(groups)} values in ${shortNumber(rows)} rows, where ${shortNumber(estimated)} were expected: a sample shows too few of the rare ones`,
          figures: { values: groups, estimated_values: estimated, rows },
          claim: "with the number of values stated, the number of groups is foreseen",
          queries: [observed.query],
        },
      };
    }
  }
}

const ORDERS = { rows: 1_000_000, columns: { customer: { type: "integer", distinct: 4000 } } } as const;
const plan = (groups: number, filter = ""): string =>
  `HashAggregate  (cost=20000.00..20040.00 rows=4000 width=8) (actual time=800.000..900.000 rows=${groups} loops=1)\n  Group Key: customer\n  ->  Seq Scan on orders  (cost=0.00..15000.00 rows=1000000 width=4) (actual time=0.010..90.000 rows=1000000 loops=1)${filter}\nExecution Time: 990.000 ms`;

/** The number of a column's values, stated where the server's sample misses it. */
export const nDistinct: SettingRule = {
  id: "n-distinct",
  title: "A number of values that the sample misses",
  mechanism:
    "ANALYZE guesses the number of a column's values from a sample of 300 rows for each unit of its target. In large tables with many rare values it guesses far too few, and sizes groups and joins by that.",
  source:
    "PostgreSQL manual, ALTER TABLE … SET (n_distinct = …); the estimator is Haas and Stokes 1998 (analyze.c), known to be low for clustered or skewed values",
  examples: [
    {
      about: "a hundred times as many groups as foreseen",
      tables: { orders: ORDERS },
      plans: [plan(400_000)],
      advises: ["ALTER TABLE public.orders ALTER COLUMN customer SET (n_distinct = -0.4)"],
    },
    {
      about: "few of many rows are stated as a number",
      tables: { orders: ORDERS },
      plans: [plan(50_000)],
      advises: ["ALTER TABLE public.orders ALTER COLUMN customer SET (n_distinct = 50000)"],
    },
    { about: "about as many as foreseen", tables: { orders: ORDERS }, plans: [plan(5000)], advises: [] },
    {
      about: "of some rows only: they say nothing of the table",
      tables: { orders: ORDERS },
      plans: [plan(400_000, "\n        Filter: (customer > 10)")],
      advises: [],
    },
  ],
  find,
};
