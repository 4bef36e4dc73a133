import type { TableView } from "../../model/catalog-view.ts";
import { qualified } from "../../sql/identifier.ts";
import type { SettingFacts } from "./facts.ts";
import { misestimated } from "./misestimated.ts";
import { ofStatistics, shortNumber } from "./setting-rule.ts";
import type { SettingFinding, SettingRule } from "./setting-rule.ts";
import { statisticsName } from "./statistics-name.ts";

/** Statistics on one expression came with this version. */
const SINCE_VERSION = 140_000;

// The same text without blanks, casts of constants and outer parentheses.
const plain = (text: string): string => text.replaceAll(/\s|::\w+/g, "").replaceAll(/^\(+|\)+$/g, "");

// An index on the expression has statistics of it, be it there or advised.
function isCovered({ view, advised = [] }: SettingFacts, table: TableView, expression: string): boolean {
  const { schema, name } = table.table;
  const own = advised.filter((index) => index.schema === schema && index.table === name);
  const indexed = [...table.indexes, ...own].some(({ keys }) =>
    keys.some((key) => key.expression !== null && plain(key.expression) === plain(expression)),
  );
  return (
    indexed ||
    view
      .of("statistics")
      .some(
        ({ on, definition }) =>
          on?.schema === table.table.schema &&
          on.table === table.table.name &&
          plain(definition).includes(plain(expression)),
      )
  );
}

function* find(facts: SettingFacts): Generator<SettingFinding> {
  if (facts.statistics.versionNumber < SINCE_VERSION) return;
  const seen = new Set<string>();
  const taken = new Set<string>();
  for (const { observed, facts: plan, node, table, comparisons } of facts.scans) {
    const [only] = comparisons;
    // With several comparisons another may be the reason.
    if (only === undefined || comparisons.length > 1 || only.expression === null) continue;
    const off = misestimated(plan, node);
    const { schema, name } = table.table;
    const id = JSON.stringify([schema, name, only.expression]);
    if (off === null || seen.has(id) || isCovered(facts, table, only.expression)) continue;
    seen.add(id);
    const words =
      only.expression
        .match(/[a-z]\w*/gi)
        ?.join("_")
        .toLowerCase() ?? "expression";
    const statistics = qualified(schema, statisticsName(facts.view, schema, [name, words], taken));
    const sql = `CREATE STATISTICS ${statistics} ON (${only.expression}) FROM ${qualified(schema, name)}`;
    yield {
      advice: {
        what: "extended-statistics",
        ...ofStatistics(table, sql, `DROP STATISTICS ${statistics}`),
        reason: `nothing is known of ${only.expression} in ${qualified(schema, name)}: ${shortNumber(off.estimated)} rows were expected and ${shortNumber(off.actual)} came`,
        figures: { estimated_rows: off.estimated, actual_rows: off.actual, factor: Math.round(off.factor) },
        claim: "with statistics on the expression the estimate comes nearer to the rows there are",
        queries: [observed.query],
      },
    };
  }
}

const PERSON = { rows: 1_000_000, columns: { name: { type: "text" } } } as const;
const PLAN =
  "Seq Scan on person  (cost=0.00..20000.00 rows=5000 width=8) (actual time=0.010..90.000 rows=200000 loops=1)\n  Filter: (lower(name) = 'x'::text)\nExecution Time: 99.000 ms";

/** Statistics on an expression that conditions compare. */
export const expressionStatistics: SettingRule = {
  id: "expression-statistics",
  title: "An expression that nothing is known of",
  mechanism:
    "Statistics are of columns. Of an expression over them the planner assumes that it has 200 values, all of them as frequent, or that a range holds a third of the rows.",
  source: "PostgreSQL manual, CREATE STATISTICS; selfuncs.h: DEFAULT_NUM_DISTINCT 200, DEFAULT_INEQ_SEL 0.3333",
  examples: [
    {
      about: "forty times the guess",
      tables: { person: PERSON },
      plans: [PLAN],
      advises: ["CREATE STATISTICS public.person_lower_name_stat ON (lower(name)) FROM public.person"],
    },
    {
      about: "an index on the expression has statistics of its own",
      tables: { person: { ...PERSON, indexes: { person_lower: ["lower(name)"] } } },
      plans: [PLAN],
      advises: [],
    },
    {
      about: "a guess that is about right",
      tables: { person: PERSON },
      plans: [PLAN.replace("rows=200000", "rows=9000")],
      advises: [],
    },
  ],
  find,
};
