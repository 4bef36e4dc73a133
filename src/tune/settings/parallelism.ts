import { detail } from "../explain/plan-rule.ts";
import type { SettingFacts } from "./facts.ts";
import { OF_SERVER, shortNumber } from "./setting-rule.ts";
import type { SettingFinding, SettingRule } from "./setting-rule.ts";

/** Rows that one process reads by itself for a good part of a second. */
const LONG_SCAN_ROWS = 2_000_000;
const SHARE_MIN = 0.5;

function* find(facts: SettingFacts): Generator<SettingFinding> {
  yield* missingWorkers(facts);
  yield* switchedOff(facts);
}

function* missingWorkers({ factsOf, setting }: SettingFacts): Generator<SettingFinding> {
  let [planned, launched] = [0, 0];
  const queries = new Set<string>();
  for (const [{ query }, { nodes }] of factsOf)
    for (const node of nodes) {
      if (!node.kind.startsWith("Gather") || node.actual === null) continue;
      const [wanted, came] = [detail(node, "Workers Planned"), detail(node, "Workers Launched")];
      planned += wanted;
      launched += came;
      if (came < wanted) queries.add(query);
    }
  const now = Number(setting("max_parallel_workers") ?? Number.NaN);
  if (queries.size === 0 || Number.isNaN(now)) return;
  const processes = Number(setting("max_worker_processes") ?? Number.NaN);
  const wanted = Math.max(now + 1, now * 2);
  if (wanted > processes) {
    yield {
      notAdvised: {
        what: "max_parallel_workers",
        why: `${launched} of ${planned} planned workers came, but ${wanted} would take more than max_worker_processes (${processes}) and a restart; let fewer queries run in parallel, or lower max_parallel_workers_per_gather`,
      },
    };
    return;
  }
  yield {
    advice: {
      what: "setting",
      ...OF_SERVER,
      sql: `ALTER SYSTEM SET max_parallel_workers = ${wanted}`,
      reason: `${launched} of ${planned} workers that ${queries.size === 1 ? "a plan" : "plans"} counted on came: others had them all (${now} for the whole server)`,
      figures: { workers_planned: planned, workers_launched: launched, max_parallel_workers: now },
      claim: "plans made for several processes run in as many",
      queries: [...queries],
      trial: {
        kind: "none",
        why: "workers were missing because of what else ran on production, which a scratch server does not have",
      },
    },
  };
}

function* switchedOff({ factsOf, setting }: SettingFacts): Generator<SettingFinding> {
  if (setting("max_parallel_workers_per_gather") !== "0") return;
  const queries = new Set<string>();
  let most = 0;
  for (const [{ query }, plan] of factsOf)
    for (const node of plan.nodes) {
      if (node.kind !== "Seq Scan") continue;
      const rows = node.actual === null ? node.rows : node.actual.rows + node.actual.rowsRemoved;
      if (rows < LONG_SCAN_ROWS || plan.ownShare(node) < SHARE_MIN) continue;
      queries.add(query);
      most = Math.max(most, rows);
    }
  if (queries.size === 0) return;
  yield {
    advice: {
      what: "setting",
      ...OF_SERVER,
      sql: "SET LOCAL max_parallel_workers_per_gather = 2",
      reason: `max_parallel_workers_per_gather is 0, and ${queries.size === 1 ? "a query reads" : `${queries.size} queries read`} up to ${shortNumber(most)} rows in one process. For these queries alone: workers are taken from all others`,
      figures: { rows: most, queries: queries.size },
      claim: "with two workers the long scans take less time",
      queries: [...queries],
      trial: { kind: "setting", settings: { max_parallel_workers_per_gather: "2" }, aim: "time" },
    },
  };
}

const T = { t: { rows: 9_000_000, columns: { a: { type: "integer" } } } } as const;
const GATHER = (launched: number): string =>
  `Gather  (cost=0.00..90000.00 rows=100 width=8) (actual time=1.000..900.000 rows=100 loops=1)\n  Workers Planned: 2\n  Workers Launched: ${launched}\n  ->  Parallel Seq Scan on t  (cost=0.00..80000.00 rows=42 width=8) (actual time=0.010..890.000 rows=33 loops=${launched + 1})\nExecution Time: 901.000 ms`;
const ALONE =
  "Seq Scan on t  (cost=0.00..90000.00 rows=9000000 width=8) (actual time=0.010..900.000 rows=9000000 loops=1)\nExecution Time: 901.000 ms";

/** Workers that do not come, and long scans where they are not let. */
export const parallelism: SettingRule = {
  id: "parallelism",
  title: "Plans that lack their workers",
  mechanism:
    "Workers are taken from one pool for the whole server (max_parallel_workers, within max_worker_processes). When it is empty a plan made for several processes runs in one.",
  source: "PostgreSQL manual, 15.2 When Can Parallel Query Be Used? and 19.4.6 Asynchronous Behavior",
  examples: [
    {
      about: "no worker came",
      tables: T,
      settings: { max_parallel_workers: "4", max_worker_processes: "16" },
      plans: [GATHER(0)],
      advises: ["ALTER SYSTEM SET max_parallel_workers = 8"],
    },
    {
      about: "the server has no more processes",
      tables: T,
      settings: { max_parallel_workers: "8", max_worker_processes: "8" },
      plans: [GATHER(0)],
      advises: [],
      tells: ["max_parallel_workers"],
    },
    { about: "all came", tables: T, settings: { max_parallel_workers: "8" }, plans: [GATHER(2)], advises: [] },
    {
      about: "a long scan where parallel plans are switched off",
      tables: T,
      settings: { max_parallel_workers_per_gather: "0" },
      plans: [ALONE],
      advises: ["SET LOCAL max_parallel_workers_per_gather = 2"],
    },
    {
      about: "a long scan that the planner left to one process",
      tables: T,
      settings: { max_parallel_workers_per_gather: "2" },
      plans: [ALONE],
      advises: [],
    },
  ],
  find,
};
