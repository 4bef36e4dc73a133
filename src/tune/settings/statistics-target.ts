import { ident, qualified } from "../../sql/identifier.ts";
import type { SettingFacts, TableScan } from "./facts.ts";
import { misestimated } from "./misestimated.ts";
import { ofStatistics, shortNumber } from "./setting-rule.ts";
import type { SettingFinding, SettingRule } from "./setting-rule.ts";

/** The server's own largest (MAX_STATISTICS_TARGET since PostgreSQL 16; before it was the same number). */
const TARGET_MAX = 10_000;
/** By so much the list of common values grows. */
const GROWTH = 10;
/** The last listed value is so many times as frequent as the average of the rest: the list ends too early. */
const CLIFF_MIN = 10;
const DEFAULT_TARGET = 100;

function* find(facts: SettingFacts): Generator<SettingFinding> {
  const seen = new Set<string>();
  for (const scan of facts.scans) {
    for (const { column, operator, constant } of scan.comparisons) {
      if (column === null || operator !== "=" || constant === null) continue;
      const id = JSON.stringify([scan.table.table.schema, scan.table.table.name, column]);
      if (seen.has(id)) continue;
      const finding = adviceFor(facts, scan, column, constant);
      if (finding === null) continue;
      seen.add(id);
      yield finding;
    }
  }
}

function adviceFor(facts: SettingFacts, scan: TableScan, column: string, constant: string): SettingFinding | null {
  const { table, node } = scan;
  const distribution = facts.columnOf(table, column);
  const object = table.columns.find(({ name }) => name === column);
  const common = distribution?.common ?? null;
  if (distribution === null || object === undefined || common === null || facts.statistics.masked) return null;
  const target = object.statisticsTarget ?? Number(facts.setting("default_statistics_target") ?? DEFAULT_TARGET);
  const size = facts.sizeOf(table);
  if (common.values.includes(constant) || common.values.length < target || target >= TARGET_MAX) return null;
  const listed = common.shares.reduce((sum, share) => sum + share, 0);
  const distinct = distribution.distinct < 0 ? -distribution.distinct * (size?.rows ?? 0) : distribution.distinct;
  const rest = Math.max(0, 1 - distribution.nullShare - listed) / Math.max(1, distinct - common.values.length);
  const last = common.shares.at(-1) ?? 0;
  // With several comparisons another may be the reason.
  const off = scan.comparisons.length === 1 ? misestimated(scan.facts, node) : null;
  if (off === null && (node.actual !== null || last < CLIFF_MIN * rest)) return null;
  const { schema, name } = table.table;
  const wanted = Math.min(TARGET_MAX, target * GROWTH);
  const alter = `ALTER TABLE ${qualified(schema, name)} ALTER COLUMN ${ident(column)} SET STATISTICS`;
  return {
    advice: {
      what: "statistics-target",
      ...ofStatistics(table, `${alter} ${wanted}`, `${alter} ${object.statisticsTarget ?? -1}`),
      reason:
        `${ident(column)} of ${qualified(schema, name)} is skewed, its list of ${common.values.length} common values is full, and a value that is asked for is not among them: ` +
        (off === null
          ? `the last listed value has ${shortNumber(100 * last)} % of the rows, each of the rest is taken to have ${shortNumber(100 * rest)} %`
          : `${shortNumber(off.estimated)} rows were expected and ${shortNumber(off.actual)} came`),
      figures: {
        common_values: common.values.length,
        last_listed_percent: Number((100 * last).toPrecision(3)),
        rest_each_percent: Number((100 * rest).toPrecision(3)),
        ...(off === null ? {} : { estimated_rows: off.estimated, actual_rows: off.actual }),
      },
      claim: `with a target of ${wanted} the value is listed, and the estimate comes nearer to the rows there are`,
      queries: [scan.observed.query],
    },
  };
}

const COMMON = Object.fromEntries(Array.from({ length: 4 }, (_, at) => [`k${at}`, 0.05 - at * 0.001]));
const EVENT = {
  rows: 1_000_000,
  columns: { kind: { type: "text", distinct: 20_000, common: COMMON } },
} as const;

/** A longer list of common values for skewed columns whose list ends too early. */
export const statisticsTarget: SettingRule = {
  id: "statistics-target",
  title: "A list of common values that ends too early",
  mechanism:
    "Of a value that is not listed the planner knows only the average of all that are not listed. In a skewed column values just beyond the end of the list are far more frequent than that.",
  source:
    "PostgreSQL manual, 14.2.1 and ALTER TABLE … SET STATISTICS; selfuncs.c, var_eq_const: (1 - listed) / values not listed",
  examples: [
    {
      about: "a value behind the end of the list with a hundred times the rows expected",
      tables: { event: EVENT },
      settings: { default_statistics_target: "4" },
      plans: [
        "Seq Scan on event  (cost=0.00..20000.00 rows=40 width=8) (actual time=0.010..90.000 rows=40000 loops=1)\n  Filter: (kind = 'k9'::text)\nExecution Time: 99.000 ms",
      ],
      advises: ["ALTER TABLE public.event ALTER COLUMN kind SET STATISTICS 40"],
    },
    {
      about: "not run: the list ends where values are still frequent",
      tables: { event: EVENT },
      settings: { default_statistics_target: "4" },
      plans: ["Seq Scan on event  (cost=0.00..20000.00 rows=40 width=8)\n  Filter: (kind = 'k9'::text)"],
      advises: ["ALTER TABLE public.event ALTER COLUMN kind SET STATISTICS 40"],
    },
    {
      about: "a value that is listed",
      tables: { event: EVENT },
      settings: { default_statistics_target: "4" },
      plans: ["Seq Scan on event  (cost=0.00..20000.00 rows=50000 width=8)\n  Filter: (kind = 'k1'::text)"],
      advises: [],
    },
    {
      about: "a list that is not full holds all that is frequent",
      tables: { event: EVENT },
      plans: ["Seq Scan on event  (cost=0.00..20000.00 rows=40 width=8)\n  Filter: (kind = 'k9'::text)"],
      advises: [],
    },
  ],
  find,
};
