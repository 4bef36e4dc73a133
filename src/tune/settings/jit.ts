import type { SettingFacts } from "./facts.ts";
import { OF_SERVER, shortNumber } from "./setting-rule.ts";
import type { SettingFinding, SettingRule } from "./setting-rule.ts";

/** Share of the time from which on compiling is worth a word, and milliseconds below which nobody notices. */
const SHARE_MIN = 0.1;
const TIME_MIN_MS = 20;
/** jit_above_cost's default. */
const ABOVE_COST = 100_000;
/** Beyond so many times the default nothing would be compiled any more. */
const RAISE_MAX = 100;

function* find(facts: SettingFacts): Generator<SettingFinding> {
  if (facts.setting("jit") === "off") return;
  let [compiling, whole, cost] = [0, 0, 0];
  const queries = new Set<string>();
  let gaining = Infinity;
  for (const { plan, query } of facts.plans) {
    const [time, run] = [plan.jit?.total_ms ?? null, plan.execution_ms];
    if (time === null || run === null) continue;
    if (time < TIME_MIN_MS || time < SHARE_MIN * run) gaining = Math.min(gaining, plan.root.cost.total);
    else {
      queries.add(query);
      compiling += time;
      whole += run;
      cost = Math.max(cost, plan.root.cost.total);
    }
  }
  if (queries.size === 0) return;
  const now = Number(facts.setting("jit_above_cost") ?? ABOVE_COST);
  const raised = roundedUp(cost * 1.1);
  // Where compiling pays elsewhere at lower costs, or the limit would be beyond all costs, it is a matter of each query.
  const sql =
    raised > now && raised <= RAISE_MAX * ABOVE_COST && raised < gaining
      ? `ALTER SYSTEM SET jit_above_cost = ${raised}`
      : "SET LOCAL jit = off";
  const settings: Record<string, string> = sql.startsWith("SET") ? { jit: "off" } : { jit_above_cost: String(raised) };
  yield {
    advice: {
      what: "setting",
      ...OF_SERVER,
      sql,
      reason: `compiling took ${shortNumber(compiling)} of ${shortNumber(whole)} ms in ${queries.size === 1 ? "a query" : `${queries.size} queries`} with costs up to ${shortNumber(cost)}; it begins at ${shortNumber(now)}`,
      figures: {
        compiling_ms: Math.round(compiling),
        running_ms: Math.round(whole),
        cost: Math.round(cost),
        jit_above_cost: now,
      },
      claim: "without compiling these queries take less time",
      queries: [...queries],
      trial: { kind: "setting", settings, aim: "time" },
    },
  };
}

// 1, 2 or 5 times a power of ten.
function roundedUp(value: number): number {
  const ten = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return ([1, 2, 5, 10].find((step) => step * ten >= value) ?? 10) * ten;
}

const T = { t: { rows: 9_000_000, columns: { a: { type: "integer" } } } } as const;
const PLAN = (cost: number, jit: number, run: number): string =>
  `Seq Scan on t  (cost=0.00..${cost}.00 rows=9000000 width=8) (actual time=0.010..90.000 rows=9000000 loops=1)\nJIT:\n  Functions: 4\n  Options: Inlining false, Optimization false, Expressions true, Deforming true\n  Timing: Generation 1.000 ms, Inlining 0.000 ms, Optimization 1.000 ms, Emission 1.000 ms, Total ${jit}.000 ms\nExecution Time: ${run}.000 ms`;

/** Compiling of expressions where it costs more than it saves. */
export const jit: SettingRule = {
  id: "jit",
  title: "Compiling that costs more than it saves",
  mechanism:
    "Above jit_above_cost expressions are compiled before a query runs. Costs that are estimated too high, and many partitions, make that dearer than what it saves.",
  source: "PostgreSQL manual, 30.2 When to JIT?",
  examples: [
    {
      about: "half of the time is compiling",
      tables: T,
      settings: { jit: "on", jit_above_cost: "100000" },
      plans: [PLAN(150_000, 200, 400)],
      advises: ["ALTER SYSTEM SET jit_above_cost = 200000"],
    },
    {
      about: "others of lower cost gain by it",
      tables: T,
      settings: { jit: "on", jit_above_cost: "100000" },
      plans: [PLAN(150_000, 200, 400), PLAN(120_000, 30, 9000)],
      advises: ["SET LOCAL jit = off"],
    },
    { about: "little of the time", tables: T, settings: { jit: "on" }, plans: [PLAN(150_000, 30, 9000)], advises: [] },
  ],
  find,
};
