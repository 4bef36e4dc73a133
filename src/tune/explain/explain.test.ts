import { describe, expect, it, test } from "vitest";
import { readQueryPlan } from "../../engines/postgres/explain.ts";
import { readTextPlan } from "../../formats/explain/read.ts";
import { PLAN_RULES, explainPlan, silence } from "./explain.ts";
import { treeOf } from "./tree.ts";

type Rule = string;
const found = (text: string): Rule[] => explainPlan(readQueryPlan(readTextPlan(text))).map(({ rule }) => rule);

const node = (title: string, rows: number, real: number, ms: number, loops = 1): string =>
  `${title}  (cost=0.00..100.00 rows=${rows} width=8) (actual time=0.100..${ms} rows=${real} loops=${loops})`;

const END = "\nPlanning Time: 0.100 ms\nExecution Time: 100.000 ms";

// For each rule a plan that it speaks of, and one next to it that it leaves alone.
const EXAMPLES: Readonly<Record<string, readonly [fires: string, silent: string]>> = {
  "sequential-scan-for-few-rows": [
    `${node("Seq Scan on t", 10, 10, 90)}\n  Filter: (a = 1)\n  Rows Removed by Filter: 99990${END}`,
    `${node("Seq Scan on t", 90_000, 90_000, 90)}\n  Filter: (a = 1)\n  Rows Removed by Filter: 10000${END}`,
  ],
  "sequential-scan-estimated": [
    "Seq Scan on t  (cost=0.00..5000.00 rows=1 width=8)\n  Filter: (a = 1)",
    "Seq Scan on t  (cost=0.00..50.00 rows=1 width=8)\n  Filter: (a = 1)",
  ],
  "index-filter-discards-rows": [
    `${node("Index Scan using t_a on t", 10, 10, 90)}\n  Index Cond: (a = 1)\n  Filter: (b = 1)\n  Rows Removed by Filter: 5000${END}`,
    `${node("Index Scan using t_a on t", 10, 10, 90)}\n  Index Cond: (a = 1)\n  Filter: (b = 1)\n  Rows Removed by Filter: 50${END}`,
  ],
  "lossy-bitmap": [
    `${node("Bitmap Heap Scan on t", 10, 10, 90)}\n  Recheck Cond: (a = 1)\n  Heap Blocks: exact=10 lossy=500${END}`,
    `${node("Bitmap Heap Scan on t", 10, 10, 90)}\n  Recheck Cond: (a = 1)\n  Heap Blocks: exact=510${END}`,
  ],
  "index-recheck-removes-rows": [
    `${node("Bitmap Heap Scan on t", 10, 10, 90)}\n  Recheck Cond: (a ~ 'x')\n  Rows Removed by Index Recheck: 4000\n  Heap Blocks: exact=10${END}`,
    `${node("Bitmap Heap Scan on t", 10, 10, 90)}\n  Recheck Cond: (a ~ 'x')\n  Rows Removed by Index Recheck: 40\n  Heap Blocks: exact=10${END}`,
  ],
  "stale-visibility-map": [
    `${node("Index Only Scan using t_a on t", 1_000, 1_000, 90)}\n  Heap Fetches: 900${END}`,
    `${node("Index Only Scan using t_a on t", 1_000, 1_000, 90)}\n  Heap Fetches: 9${END}`,
  ],
  "index-not-covering": [
    `${node("Index Scan using t_a on t", 5_000, 5_000, 90)}\n  Index Cond: (a = 1)\n  Buffers: shared hit=4000 read=900${END}`,
    `${node("Index Scan using t_a on t", 5_000, 5_000, 90)}\n  Index Cond: (a = 1)\n  Buffers: shared hit=100${END}`,
  ],
  "indexes-combined": [
    `${node("Bitmap Heap Scan on t", 10, 10, 90)}\n  ->  ${node("BitmapAnd", 0, 0, 80)}\n        ->  ${node("Bitmap Index Scan on t_a", 900, 900, 40)}\n        ->  ${node("Bitmap Index Scan on t_b", 900, 900, 40)}${END}`,
    `${node("Bitmap Heap Scan on t", 10, 10, 90)}\n  ->  ${node("BitmapAnd", 0, 0, 80)}\n        ->  ${node("Bitmap Index Scan on t_a", 9, 9, 40)}\n        ->  ${node("Bitmap Index Scan on t_b", 9, 9, 40)}${END}`,
  ],
  "partitions-not-pruned": [
    `${node("Append", 20, 20, 90)}${Array.from({ length: 20 }, (_, n) => `\n  ->  ${node(`Seq Scan on t${n}`, 1, 1, 4)}`).join("")}${END}`,
    `${node("Append", 3, 3, 90)}${Array.from({ length: 3 }, (_, n) => `\n  ->  ${node(`Seq Scan on t${n}`, 1, 1, 4)}`).join("")}${END}`,
  ],
  "foreign-rows-filtered-here": [
    `${node("Foreign Scan on t", 10, 10, 90)}\n  Filter: f(a)\n  Rows Removed by Filter: 5000${END}`,
    `${node("Foreign Scan on t", 10, 10, 90)}\n  Filter: f(a)\n  Rows Removed by Filter: 5${END}`,
  ],
  "nested-loop-explosion": [
    `${node("Nested Loop", 9_000, 9_000, 95)}\n  ->  ${node("Seq Scan on t", 9_000, 9_000, 5)}\n  ->  ${node("Index Scan using u_id on u", 1, 1, 0.01, 9_000)}\n        Index Cond: (id = t.a)${END}`,
    `${node("Nested Loop", 9, 9, 95)}\n  ->  ${node("Seq Scan on t", 9, 9, 5)}\n  ->  ${node("Index Scan using u_id on u", 1, 1, 0.01, 9)}\n        Index Cond: (id = t.a)${END}`,
  ],
  "inner-side-read-whole": [
    `${node("Nested Loop", 100, 100, 95)}\n  Join Filter: (t.a = u.a)\n  Rows Removed by Join Filter: 999900\n  ->  ${node("Seq Scan on t", 100, 100, 5)}\n  ->  ${node("Seq Scan on u", 10_000, 10_000, 0.5, 100)}${END}`,
    `${node("Nested Loop", 10, 10, 95)}\n  Join Filter: (t.a = u.a)\n  ->  ${node("Seq Scan on t", 10, 10, 5)}\n  ->  ${node("Seq Scan on u", 100, 100, 0.5, 10)}${END}`,
  ],
  "cartesian-product": [
    `${node("Nested Loop", 1_000_000, 1_000_000, 95)}\n  ->  ${node("Seq Scan on t", 1_000, 1_000, 5)}\n  ->  ${node("Materialize", 1_000, 1_000, 0.05, 1_000)}\n        ->  ${node("Seq Scan on u", 1_000, 1_000, 5)}${END}`,
    `${node("Nested Loop", 1_000, 1_000, 95)}\n  ->  ${node("Seq Scan on t", 1_000, 1_000, 5)}\n  ->  ${node("Materialize", 1, 1, 0.001, 1_000)}\n        ->  ${node("Seq Scan on u", 1, 1, 5)}${END}`,
  ],
  "subquery-per-row": [
    `${node("Seq Scan on t", 5_000, 5_000, 95)}\n  SubPlan 1\n    ->  ${node("Index Scan using u_id on u", 1, 1, 0.01, 5_000)}${END}`,
    `${node("Seq Scan on t", 50, 50, 95)}\n  SubPlan 1\n    ->  ${node("Index Scan using u_id on u", 1, 1, 0.01, 50)}${END}`,
  ],
  "hash-on-larger-side": [
    `${node("Hash Join", 100, 100, 95)}\n  Hash Cond: (t.a = u.a)\n  ->  ${node("Seq Scan on t", 100, 100, 5)}\n  ->  ${node("Hash", 200_000, 200_000, 80)}\n        ->  ${node("Seq Scan on u", 200_000, 200_000, 50)}${END}`,
    `${node("Hash Join", 100, 100, 95)}\n  Hash Cond: (t.a = u.a)\n  ->  ${node("Seq Scan on u", 200_000, 200_000, 50)}\n  ->  ${node("Hash", 100, 100, 8)}\n        ->  ${node("Seq Scan on t", 100, 100, 5)}${END}`,
  ],
  "join-filter-discards-rows": [
    `${node("Nested Loop", 100, 100, 95)}\n  Join Filter: (t.a < u.a)\n  Rows Removed by Join Filter: 999900\n  ->  ${node("Seq Scan on t", 1_000, 1_000, 5)}\n  ->  ${node("Materialize", 1_000, 1_000, 0.05, 1_000)}${END}`,
    `${node("Nested Loop", 100, 100, 95)}\n  Join Filter: (t.a < u.a)\n  Rows Removed by Join Filter: 99\n  ->  ${node("Seq Scan on t", 10, 10, 5)}\n  ->  ${node("Materialize", 20, 20, 0.05, 10)}${END}`,
  ],
  "sort-on-disk": [
    `${node("Sort", 100, 100, 95)}\n  Sort Key: a\n  Sort Method: external merge  Disk: 9000kB${END}`,
    `${node("Sort", 100, 100, 95)}\n  Sort Key: a\n  Sort Method: quicksort  Memory: 90kB${END}`,
  ],
  "hash-on-disk": [
    `${node("Hash", 100, 100, 95)}\n  Buckets: 1024 (originally 1024)  Batches: 8 (originally 1)  Memory Usage: 4000kB${END}`,
    `${node("Hash", 100, 100, 95)}\n  Buckets: 1024  Batches: 1  Memory Usage: 40kB${END}`,
  ],
  "aggregate-on-disk": [
    `${node("HashAggregate", 100, 100, 95)}\n  Group Key: a\n  Batches: 5  Memory Usage: 4145kB  Disk Usage: 7000kB${END}`,
    `${node("HashAggregate", 100, 100, 95)}\n  Group Key: a\n  Batches: 1  Memory Usage: 45kB${END}`,
  ],
  "temporary-files": [
    `${node("WindowAgg", 100, 100, 95)}\n  Buffers: shared hit=1, temp read=900 written=900\n  ->  ${node("Seq Scan on t", 100, 100, 5)}\n        Buffers: shared hit=1${END}`,
    `${node("WindowAgg", 100, 100, 95)}\n  Buffers: shared hit=1, temp read=900 written=900\n  ->  ${node("Sort", 100, 100, 5)}\n        Buffers: shared hit=1, temp read=900 written=900${END}`,
  ],
  "wide-rows-sorted": [
    `Sort  (cost=1.00..2.00 rows=20000 width=900) (actual time=1.0..90.0 rows=20000 loops=1)\n  Sort Key: a${END}`,
    `Sort  (cost=1.00..2.00 rows=20000 width=9) (actual time=1.0..90.0 rows=20000 loops=1)\n  Sort Key: a${END}`,
  ],
  "memoize-without-hits": [
    `${node("Memoize", 1, 1, 0.01, 5_000)}\n  Cache Key: t.a\n  Hits: 10  Misses: 4990  Evictions: 4000  Overflows: 0  Memory Usage: 4097kB${END}`,
    `${node("Memoize", 1, 1, 0.01, 5_000)}\n  Cache Key: t.a\n  Hits: 4000  Misses: 1000  Evictions: 0  Overflows: 0  Memory Usage: 97kB${END}`,
  ],
  "row-misestimate": [
    `${node("Seq Scan on t", 10, 50_000, 90)}${END}`,
    `${node("Limit", 10, 10, 90)}\n  ->  ${node("Seq Scan on t", 50_000, 10, 5)}${END}`,
  ],
  "function-rows-guess": [
    `${node("Function Scan on f", 1_000, 50_000, 90)}${END}`,
    `${node("Function Scan on f", 40_000, 50_000, 90)}${END}`,
  ],
  "materialised-cte-filter": [
    `${node("CTE Scan on c", 10, 10, 90)}\n  Filter: (a = 1)\n  Rows Removed by Filter: 5000${END}`,
    `${node("CTE Scan on c", 10, 10, 90)}\n  Filter: (a = 1)\n  Rows Removed by Filter: 5${END}`,
  ],
  "cte-read-repeatedly": [
    `${node("Nested Loop", 10, 10, 90)}\n  Join Filter: (a.x = b.x)\n  ->  ${node("CTE Scan on c a", 100, 100, 1)}\n  ->  ${node("CTE Scan on c b", 500, 500, 0.5, 100)}${END}`,
    `${node("Nested Loop", 10, 10, 90)}\n  Join Filter: (a.x = b.x)\n  ->  ${node("CTE Scan on c a", 10, 10, 1)}\n  ->  ${node("CTE Scan on c b", 5, 5, 0.5, 10)}${END}`,
  ],
  "late-limit": [
    `${node("Limit", 10, 10, 95)}\n  ->  ${node("Sort", 90_000, 10, 95)}\n        Sort Key: a\n        ->  ${node("Seq Scan on t", 90_000, 90_000, 30)}${END}`,
    `${node("Limit", 10, 10, 95)}\n  ->  ${node("Index Scan using t_a on t", 90_000, 10, 95)}${END}`,
  ],
  "deep-offset": [
    `${node("Limit", 10, 10, 95)}\n  ->  ${node("Index Scan using t_a on t", 90_000, 90_010, 95)}${END}`,
    `${node("Limit", 10, 10, 95)}\n  ->  ${node("Index Scan using t_a on t", 90_000, 20, 95)}${END}`,
  ],
  "limit-walks-wrong-index": [
    `${node("Limit", 10, 10, 95)}\n  ->  ${node("Index Scan using t_a on t", 90_000, 10, 95)}\n        Filter: (b = 1)\n        Rows Removed by Filter: 80000${END}`,
    `${node("Limit", 10, 10, 95)}\n  ->  ${node("Index Scan using t_a on t", 90_000, 10, 95)}\n        Filter: (b = 1)\n        Rows Removed by Filter: 80${END}`,
  ],
  "distinct-undoes-a-join": [
    `${node("Unique", 100, 100, 95)}\n  ->  ${node("Sort", 90_000, 90_000, 90)}\n        Sort Key: a\n        ->  ${node("Hash Join", 90_000, 90_000, 80)}\n              Hash Cond: (t.a = u.a)${END}`,
    `${node("Unique", 100, 100, 95)}\n  ->  ${node("Sort", 150, 150, 90)}\n        Sort Key: a${END}`,
  ],
  "workers-not-launched": [
    `${node("Gather", 10, 10, 95)}\n  Workers Planned: 4\n  Workers Launched: 1\n  ->  ${node("Parallel Seq Scan on t", 5, 5, 90, 2)}${END}`,
    `${node("Gather", 10, 10, 95)}\n  Workers Planned: 2\n  Workers Launched: 2\n  ->  ${node("Parallel Seq Scan on t", 5, 5, 90, 3)}${END}`,
  ],
  "gather-of-many-rows": [
    `${node("Gather", 900_000, 900_000, 95)}\n  Workers Planned: 1\n  Workers Launched: 1\n  ->  ${node("Parallel Seq Scan on t", 450_000, 450_000, 30, 2)}${END}`,
    `${node("Gather", 90, 90, 95)}\n  Workers Planned: 1\n  Workers Launched: 1\n  ->  ${node("Parallel Seq Scan on t", 45, 45, 30, 2)}${END}`,
  ],
  "no-parallel-plan": [
    `${node("Seq Scan on t", 3_000_000, 3_000_000, 95)}${END}`,
    `${node("Gather", 3_000_000, 3_000, 95)}\n  Workers Planned: 1\n  Workers Launched: 1\n  ->  ${node("Parallel Seq Scan on t", 1_500_000, 1_500_000, 95, 2)}${END}`,
  ],
  "jit-cost": [
    `${node("Seq Scan on t", 10, 10, 95)}\nJIT:\n  Functions: 40\n  Timing: Generation 1.0 ms, Total 60.000 ms${END}`,
    `${node("Seq Scan on t", 10, 10, 95)}\nJIT:\n  Functions: 4\n  Timing: Generation 1.0 ms, Total 3.000 ms${END}`,
  ],
  "planning-time": [
    `${node("Seq Scan on t", 10, 10, 1)}\nPlanning Time: 40.000 ms\nExecution Time: 1.500 ms`,
    `${node("Seq Scan on t", 10, 10, 1)}\nPlanning Time: 0.400 ms\nExecution Time: 1.500 ms`,
  ],
  "trigger-time": [
    `${node("Delete on t", 0, 0, 10)}\nTrigger for constraint fk on t: time=85.000 calls=10${END}`,
    `${node("Delete on t", 0, 0, 95)}\nTrigger for constraint fk on t: time=1.000 calls=10${END}`,
  ],
  "lock-wait": [`${node("Seq Scan on t", 10, 10, 1)}${END}`, `${node("Seq Scan on t", 10, 10, 98)}${END}`],
  "read-from-disk": [
    `${node("Seq Scan on t", 10, 10, 95)}\n  Buffers: shared hit=100 read=50000${END}`,
    `${node("Seq Scan on t", 10, 10, 95)}\n  Buffers: shared hit=50000 read=100${END}`,
  ],
  "reading-writes-pages": [
    `${node("Seq Scan on t", 10, 10, 95)}\n  Buffers: shared hit=5000 dirtied=4000${END}`,
    `${node("Update on t", 0, 0, 95)}\n  Buffers: shared hit=5000 dirtied=4000${END}`,
  ],
  "disabled-node": [
    `Seq Scan on t  (cost=10000000000.00..10000000100.00 rows=10 width=8) (actual time=0.1..95.0 rows=10 loops=1)${END}`,
    `${node("Seq Scan on t", 10, 10, 95)}${END}`,
  ],
  "planner-switched": [
    `${node("Seq Scan on t", 10, 10, 95)}\nSettings: enable_indexscan = 'off'${END}`,
    `${node("Seq Scan on t", 10, 10, 95)}\nSettings: work_mem = '64MB'${END}`,
  ],
};

test("each rule has an example, and there are at least 25", () => {
  expect(Object.keys(EXAMPLES).toSorted()).toEqual(PLAN_RULES.map(({ id }) => id).toSorted());
  expect(PLAN_RULES.length).toBeGreaterThanOrEqual(25);
});

describe.each(Object.entries(EXAMPLES))("%s", (rule, [fires, silent]) => {
  it("speaks of its example", () => expect(found(fires)).toContain(rule));
  it("leaves the one next to it alone", () => expect(found(silent)).not.toContain(rule));
});

test("a misestimate is told at its lowest node only", () => {
  const plan = `${node("Hash Join", 10, 50_000, 95)}\n  Hash Cond: (t.a = u.a)\n  ->  ${node("Seq Scan on t", 10, 50_000, 40)}\n  ->  ${node("Hash", 10, 10, 5)}\n        ->  ${node("Seq Scan on u", 10, 10, 4)}${END}`;
  const observations = explainPlan(readQueryPlan(readTextPlan(plan))).filter(({ rule }) => rule === "row-misestimate");
  expect(observations.map((one) => one.node)).toEqual([2]);
});

test("time of processes side by side is counted once", () => {
  const plan = readQueryPlan(
    readTextPlan(
      `${node("Gather", 10, 10, 100)}\n  Workers Planned: 1\n  Workers Launched: 1\n  ->  ${node("Parallel Seq Scan on t", 5, 5, 90, 2)}${END}`,
    ),
  );
  expect(treeOf(plan).map(({ time, ownShare }) => [time, Math.round(ownShare * 100)])).toEqual([
    ["100 ms", 10],
    ["90 ms", 90],
  ]);
});

const WITHIN = [
  node("Aggregate", 1, 1, 90),
  "  CTE x",
  `    ->  ${node("Seq Scan on u", 50_000, 50_000, 20)}`,
  "  InitPlan 2 (returns $1)",
  `    ->  ${node("Aggregate", 1, 1, 60)}`,
  `          ->  ${node("CTE Scan on x", 50_000, 50_000, 50)}`,
  `  ->  ${node("Seq Scan on t", 10, 10, 80)}`,
  "        Filter: (a > $1)",
].join("\n");

test("a subquery's time is that of the node that asked for its result, not of the one it hangs on", () => {
  const lines = treeOf(readQueryPlan(readTextPlan(`${WITHIN}${END}`)));
  expect(lines.map(({ name, ownShare }) => [name.replace(/^.*: /, ""), Math.round(ownShare * 100)])).toEqual([
    ["Aggregate", 10],
    ["Seq Scan on u", 20],
    ["Aggregate", 10],
    ["CTE Scan on x", 30],
    ["Seq Scan on t", 20],
  ]);
});

// What real plans of PostgreSQL 15 held, and rules once said of them.
const SILENT: Readonly<Record<string, readonly [rule: Rule, plan: string]>> = {
  "combined bitmaps report no rows": [
    "row-misestimate",
    `${node("Bitmap Heap Scan on t", 1_354, 1_440, 90)}\n  ->  ${node("BitmapAnd", 1_354, 0, 80)}\n        ->  ${node("Bitmap Index Scan on t_a", 34_125, 36_000, 40)}\n        ->  ${node("Bitmap Index Scan on t_b", 23_801, 24_000, 40)}${END}`,
  ],
  "a WITH query's rows are not skipped by the LIMIT that it hangs on": [
    "deep-offset",
    `${node("Limit", 10, 10, 90)}\n  CTE x\n    ->  ${node("Seq Scan on u", 50_000, 50_000, 20)}\n  ->  ${node("CTE Scan on x", 10, 10, 80)}${END}`,
  ],
  "nor sorted for it": [
    "late-limit",
    `${node("Limit", 10, 10, 90)}\n  CTE x\n    ->  ${node("Sort", 50_000, 50_000, 80)}\n          ->  ${node("Seq Scan on u", 50_000, 50_000, 20)}\n  ->  ${node("CTE Scan on x", 10, 10, 80)}${END}`,
  ],
  "copies without a join are not made by one": [
    "distinct-undoes-a-join",
    `${node("Unique", 100, 100, 95)}\n  ->  ${node("Sort", 90_000, 90_000, 90)}\n        Sort Key: a\n        ->  ${node("Seq Scan on t", 90_000, 90_000, 80)}${END}`,
  ],
  "an index that is walked for its order narrows nothing": [
    "index-filter-discards-rows",
    `${node("Index Scan using t_a on t", 10, 10, 90)}\n  Filter: (b = 1)\n  Rows Removed by Filter: 5000${END}`,
  ],
  "what is materialised is read once": [
    "inner-side-read-whole",
    `${node("Nested Loop", 10, 10, 95)}\n  ->  ${node("Seq Scan on t", 3_000, 3_000, 5)}\n  ->  ${node("Materialize", 200, 200, 0.02, 3_000)}\n        ->  ${node("Seq Scan on u", 200, 200, 1)}${END}`,
  ],
};

test.each(Object.entries(SILENT))("%s", (_, [rule, plan]) => expect(found(plan)).not.toContain(rule));

test("rows of an inner side are counted once, and those that its join threw away are among them", () => {
  const plan = `${node("Nested Loop", 500_000, 500_000, 95)}\n  Join Filter: (t.a = u.a)\n  Rows Removed by Join Filter: 4500000\n  ->  ${node("Seq Scan on t", 100, 100, 5)}\n  ->  ${node("Seq Scan on u", 50_000, 50_000, 0.8, 100)}${END}`;
  const one = explainPlan(readQueryPlan(readTextPlan(plan))).find(({ rule }) => rule === "inner-side-read-whole");
  expect(one?.message).toContain("5.0 million rows altogether");
});

test.each([
  ["a query that was not run", "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)", /^Nothing found in the estimates/],
  ["tables without rows", `${node("Seq Scan on t", 1, 0, 0.01)}${END}`, /^Nothing could be found: no table gave/],
  ["rows that were read", `${node("Seq Scan on t", 1, 1, 0.01)}${END}`, /^Nothing found that is slow/],
])("silence over %s", (_, plan, expected) => expect(silence(readQueryPlan(readTextPlan(plan)))).toMatch(expected));
