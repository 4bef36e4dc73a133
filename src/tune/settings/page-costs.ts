import type { SettingFacts } from "./facts.ts";
import { OF_SERVER, shortNumber } from "./setting-rule.ts";
import type { SettingFinding, SettingRule } from "./setting-rule.ts";

/** Pages that must have been touched before their places say anything. */
const PAGES_MIN = 10_000;
/** Share of pages found in memory from which on their order matters little. */
const CACHED_MIN = 0.99;
/** For pages that mostly come from memory the manual names no figure but the ratio; 1.1 leaves an index its price. */
const CACHED_COST = "1.1";
const DISK_COST = 4;

function* find(facts: SettingFacts): Generator<SettingFinding> {
  const cost = Number(facts.setting("random_page_cost") ?? Number.NaN);
  if (cost >= DISK_COST) yield randomPages(facts, cost);
  const cache = facts.kilobytes("effective_cache_size");
  const buffers = facts.kilobytes("shared_buffers");
  if (cache !== null && buffers !== null && cache < buffers)
    yield {
      advice: {
        what: "setting",
        ...OF_SERVER,
        sql: `ALTER SYSTEM SET effective_cache_size = '${Math.round(buffers)}kB'`,
        reason: `effective_cache_size (${shortNumber(cache / 1024)} MB) is less than shared_buffers (${shortNumber(buffers / 1024)} MB), which is part of it: index scans are priced as if most pages came from disk. What the operating system caches comes on top; the machine's memory cannot be seen from here`,
        figures: { effective_cache_size_kB: cache, shared_buffers_kB: buffers },
        claim: "queries that read the same pages again are priced lower",
        queries: [...new Set(facts.plans.map(({ query }) => query))],
        trial: { kind: "setting", settings: { effective_cache_size: `${Math.round(buffers)}kB` }, aim: "cost" },
      },
    };
  else if (cache !== null)
    yield {
      unseen: {
        what: "effective_cache_size",
        why: `it is ${shortNumber(cache / 1024)} MB; how much memory the machine has for caching files cannot be seen by SQL (about three quarters of it is usual)`,
      },
    };
}

function randomPages(facts: SettingFacts, cost: number): SettingFinding {
  let [hit, read] = [0, 0];
  const queries = new Set<string>();
  for (const { plan, query } of facts.plans) {
    const { buffers } = plan.root;
    if (buffers === null) continue;
    hit += buffers.sharedHit;
    read += buffers.sharedRead;
    queries.add(query);
  }
  const cached = hit / Math.max(1, hit + read);
  if (hit + read < PAGES_MIN || cached < CACHED_MIN)
    return {
      unseen: {
        what: "random_page_cost",
        why: `it is ${cost}, made for spinning disks; what the storage is cannot be seen by SQL. On solid state or network storage 1.1 to 2 is usual`,
      },
    };
  return {
    advice: {
      what: "setting",
      ...OF_SERVER,
      sql: `ALTER SYSTEM SET random_page_cost = ${CACHED_COST}`,
      reason: `${shortNumber(100 * cached)} % of ${shortNumber(hit + read)} pages were found in memory, where a page out of order costs hardly more than the next; random_page_cost is ${cost}, made for spinning disks`,
      figures: { pages: hit + read, cached_percent: Number((100 * cached).toPrecision(4)), random_page_cost: cost },
      claim: "plans that read few pages by an index are taken where they are faster",
      queries: [...queries],
      trial: { kind: "setting", settings: { random_page_cost: CACHED_COST }, aim: "time" },
    },
  };
}

const T = { t: { rows: 1_000_000, columns: { a: { type: "integer" } } } } as const;
const PLAN = (hit: number, read: number): string =>
  `Seq Scan on t  (cost=0.00..90.00 rows=100000 width=8) (actual time=0.010..9.000 rows=100000 loops=1)\n  Buffers: shared hit=${hit} read=${read}\nExecution Time: 100.000 ms`;

/** What a page out of order and the cache cost, as far as that shows. */
export const pageCosts: SettingRule = {
  id: "page-costs",
  title: "Costs of pages that do not fit the storage",
  mechanism:
    "The planner prices a page out of order at random_page_cost, four times one in order. Where pages come from memory or solid state storage that is too high: whole tables are read where an index would do.",
  source: "PostgreSQL manual, 19.7.2 Planner Cost Constants",
  examples: [
    {
      about: "nearly all pages were in memory",
      tables: T,
      settings: { random_page_cost: "4" },
      plans: [PLAN(50_000, 20)],
      advises: ["ALTER SYSTEM SET random_page_cost = 1.1"],
    },
    {
      about: "many came from disk: what kind of disk is not known",
      tables: T,
      settings: { random_page_cost: "4" },
      plans: [PLAN(50_000, 50_000)],
      advises: [],
      tells: ["random_page_cost"],
    },
    {
      about: "it was lowered already",
      tables: T,
      settings: { random_page_cost: "1.1" },
      plans: [PLAN(50_000, 20)],
      advises: [],
    },
    {
      about: "a cache that is smaller than its part",
      tables: T,
      settings: { effective_cache_size: "1GB", shared_buffers: "4GB" },
      advises: ["ALTER SYSTEM SET effective_cache_size = '4194304kB'"],
    },
    {
      about: "a cache whose size nobody can judge from here",
      tables: T,
      settings: { effective_cache_size: "4GB", shared_buffers: "128MB" },
      advises: [],
      tells: ["effective_cache_size"],
    },
  ],
  find,
};
