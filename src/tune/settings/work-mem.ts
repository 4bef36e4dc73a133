import type { QueryPlanNode } from "../../model/query-plan.ts";
import { detail, detailText } from "../explain/plan-rule.ts";
import { memoryText } from "./facts.ts";
import type { SettingFacts } from "./facts.ts";
import { OF_SERVER, shortNumber } from "./setting-rule.ts";
import type { SettingFinding, SettingRule } from "./setting-rule.ts";

/** Rows of a sort take so much more room in memory than on disk: a pointer, a header and padding for each. */
const SORT_GROWTH = 2.5;
/** The same of groups that went to disk. */
const GROUP_GROWTH = 2;
/** More than this for each node of each process is not advised for a query. */
const WANTED_MAX_KB = 1024 * 1024;
const DEFAULT_KB = 4096;
/** hash_mem_multiplier's default since PostgreSQL 15. */
const HASH_MULTIPLIER = 2;

/** Memory in kB that would have kept a node off the disk; null where it was not on it. */
function neededBy(node: QueryPlanNode, multiplier: number): number | null {
  if (node.actual === null) return null;
  const workers = (node.details["Workers"] ?? []) as readonly Readonly<Record<string, unknown>>[];
  const largest = (name: string): number =>
    workers.reduce((most, worker) => Math.max(most, Number(worker[name] ?? 0)), detail(node, name));
  if (node.kind.endsWith("Sort")) {
    const onDisk = detailText(node, "Sort Space Type") === "Disk" || /external/.test(detailText(node, "Sort Method"));
    return onDisk ? largest("Sort Space Used") * SORT_GROWTH : null;
  }
  if (node.kind === "Hash" && detail(node, "Hash Batches") > 1)
    return (detail(node, "Hash Batches") * Math.max(1, detail(node, "Peak Memory Usage"))) / multiplier;
  if (node.kind === "Aggregate" && largest("Disk Usage") > 0)
    return (largest("Peak Memory Usage") + largest("Disk Usage") * GROUP_GROWTH) / multiplier;
  return null;
}

function* find(facts: SettingFacts): Generator<SettingFinding> {
  const now = facts.kilobytes("work_mem") ?? DEFAULT_KB;
  const multiplier = Number(facts.setting("hash_mem_multiplier") ?? HASH_MULTIPLIER);
  const needs: { readonly query: string; readonly kB: number; readonly nodes: number }[] = [];
  for (const [observed, { nodes }] of facts.factsOf) {
    const found = nodes.flatMap((node) => neededBy(node, multiplier) ?? []);
    if (found.length > 0) needs.push({ query: observed.query, kB: Math.max(...found), nodes: found.length });
  }
  const modest = needs.filter(({ kB }) => kB <= WANTED_MAX_KB);
  for (const { query, kB } of needs.filter((need) => need.kB > WANTED_MAX_KB))
    yield {
      notAdvised: {
        what: `work_mem for query ${query}`,
        why: `it would take about ${memoryText(kB)} for each node and process: make the rows fewer or narrower before they are sorted or hashed`,
      },
    };
  if (modest.length === 0) return;
  const most = Math.max(...modest.map(({ kB }) => kB), now + 1);
  const value = memoryText(most);
  yield {
    advice: {
      what: "setting",
      ...OF_SERVER,
      sql: `SET LOCAL work_mem = '${value}'`,
      reason: `${modest.length} ${modest.length === 1 ? "query writes" : "queries write"} temporary files with work_mem at ${shortNumber(now / 1024)} MB; at ${value} what ${modest.length === 1 ? "it sorts and hashes fits" : "they sort and hash fits"} into memory. For these queries alone (SET LOCAL, or ALTER ROLE for who runs them): each node of each process of each connection may take as much`,
      figures: { work_mem_kB: now, needed_kB: Math.ceil(most), queries: modest.length },
      claim: `with work_mem at ${value} these queries write no temporary files`,
      queries: modest.map(({ query }) => query),
      trial: { kind: "setting", settings: { work_mem: value }, aim: "no-spill" },
    },
  };
}

const T = { t: { rows: 1_000_000, columns: { a: { type: "integer" } } } } as const;
const SORTED = (kB: number): string =>
  `Sort  (cost=100.00..200.00 rows=100000 width=8) (actual time=90.000..99.000 rows=100000 loops=1)\n  Sort Key: a\n  Sort Method: external merge  Disk: ${kB}kB\n  ->  Seq Scan on t  (cost=0.00..90.00 rows=100000 width=8) (actual time=0.010..9.000 rows=100000 loops=1)\nExecution Time: 100.000 ms`;

/** Memory for the queries that write temporary files, by what they wrote. */
export const workMemory: SettingRule = {
  id: "work-mem",
  title: "Queries that sort and hash on disk",
  mechanism:
    "What does not fit into work_mem (times hash_mem_multiplier for hashes) is written to temporary files and read again.",
  source:
    "PostgreSQL manual, 19.4.1 work_mem: a sort on disk takes less room there than it would in memory; hashes may take hash_mem_multiplier times as much",
  examples: [
    {
      about: "a sort of 20 MB on disk",
      tables: T,
      settings: { work_mem: "4MB" },
      plans: [SORTED(20_000)],
      advises: ["SET LOCAL work_mem = '64MB'"],
    },
    {
      about: "a hash of 8 batches",
      tables: T,
      settings: { work_mem: "4MB", hash_mem_multiplier: "2" },
      plans: [
        "Hash  (cost=100.00..100.00 rows=100000 width=8) (actual time=90.000..90.000 rows=100000 loops=1)\n  Buckets: 65536  Batches: 8  Memory Usage: 7000kB\n  ->  Seq Scan on t  (cost=0.00..90.00 rows=100000 width=8) (actual time=0.010..9.000 rows=100000 loops=1)\nExecution Time: 100.000 ms",
      ],
      advises: ["SET LOCAL work_mem = '32MB'"],
    },
    {
      about: "a sort of 2 GB is not for memory",
      tables: T,
      plans: [SORTED(2_000_000)],
      advises: [],
      tells: ["work_mem for query q0"],
    },
    {
      about: "a sort in memory",
      tables: T,
      plans: [SORTED(20_000).replace("external merge  Disk: 20000kB", "quicksort  Memory: 900kB")],
      advises: [],
    },
  ],
  find,
};
