import type { TableView } from "../../model/catalog-view.ts";
import { ident, qualified } from "../../sql/identifier.ts";
import type { SettingFacts, TableScan } from "./facts.ts";
import { misestimated } from "./misestimated.ts";
import { ofStatistics, shortNumber } from "./setting-rule.ts";
import type { SettingFinding, SettingRule } from "./setting-rule.ts";
import { statisticsName } from "./statistics-name.ts";

/** CREATE STATISTICS takes no more (statscmds.c, STATS_MAX_DIMENSIONS). */
const COLUMNS_MAX = 8;
/** So many common values whose shares go alike show that one column hangs on the other. */
const ALIKE_MIN = 3;
const ALIKE_SHARE = 0.05;

interface Group {
  readonly table: TableView;
  readonly columns: readonly string[];
  readonly queries: Set<string>;
  readonly figures: Record<string, number | string>;
  readonly why: string;
}

// Columns that a scan compares with values, each by itself: their shares are multiplied.
function comparedTogether({ comparisons, table }: TableScan): readonly string[] {
  const known = new Set(table.columns.map(({ name }) => name));
  return [
    ...new Set(comparisons.flatMap(({ column }) => (column !== null && known.has(column) ? [column] : []))),
  ].toSorted();
}

function* groups(facts: SettingFacts): Generator<Group> {
  for (const scan of facts.scans) {
    const columns = comparedTogether(scan);
    if (columns.length < 2 || columns.length > COLUMNS_MAX) continue;
    const queries = new Set([scan.observed.query]);
    const off = misestimated(scan.facts, scan.node);
    if (off !== null) {
      const { estimated, actual, factor } = off;
      yield {
        table: scan.table,
        columns,
        queries,
        figures: { estimated_rows: estimated, actual_rows: actual, factor: Math.round(factor) },
        why: `a condition on both was expected to find ${shortNumber(estimated)} rows and found ${shortNumber(actual)}`,
      };
    } else if (scan.node.actual === null) {
      const pair = alikePair(facts, scan, columns);
      if (pair !== null)
        yield {
          table: scan.table,
          columns: pair,
          queries,
          figures: { values_alike: ALIKE_MIN },
          why: "their most common values have the same shares, one by one: the one seems to decide the other",
        };
    }
  }
}

// City and postcode of a country: as often as the one value comes, comes the other. Equal shares tell nothing.
function alikePair(
  facts: SettingFacts,
  { table, comparisons }: TableScan,
  columns: readonly string[],
): readonly string[] | null {
  const equal = new Set(
    comparisons.flatMap(({ column, operator }) => (column !== null && operator === "=" ? [column] : [])),
  );
  const listed = columns.filter((column) => equal.has(column));
  for (const [at, one] of listed.entries())
    for (const other of listed.slice(at + 1)) {
      const [a, b] = [one, other].map(
        (column) => facts.columnOf(table, column)?.common?.shares.slice(0, ALIKE_MIN) ?? [],
      );
      if (a === undefined || b === undefined || a.length < ALIKE_MIN || b.length < ALIKE_MIN) continue;
      const alike = a.every((share, place) => Math.abs(share - (b[place] as number)) <= ALIKE_SHARE * share);
      const apart = a.every((share, place) => place === 0 || share < (1 - 2 * ALIKE_SHARE) * (a[place - 1] as number));
      if (alike && apart) return [one, other];
    }
  return null;
}

function* find(facts: SettingFacts): Generator<SettingFinding> {
  const byColumns = new Map<string, Group>();
  const taken = new Set<string>();
  for (const group of groups(facts)) {
    const { schema, name } = group.table.table;
    const id = JSON.stringify([schema, name, group.columns]);
    const known = byColumns.get(id);
    if (known === undefined) byColumns.set(id, group);
    else for (const query of group.queries) known.queries.add(query);
  }
  for (const group of byColumns.values()) {
    const { schema, name } = group.table.table;
    const list = group.columns.map((column) => ident(column));
    const covered = coveredBy(facts, group);
    const what = `statistics on ${list.join(", ")} of ${qualified(schema, name)}`;
    if (covered !== null) {
      yield { notAdvised: { what, why: `${covered} holds them already; ANALYZE the table, or raise its target` } };
      continue;
    }
    const statistics = qualified(schema, statisticsName(facts.view, schema, [name, ...group.columns], taken));
    const sql = `CREATE STATISTICS ${statistics} ON ${list.join(", ")} FROM ${qualified(schema, name)}`;
    yield {
      advice: {
        what: "extended-statistics",
        ...ofStatistics(group.table, sql, `DROP STATISTICS ${statistics}`),
        reason: `${list.join(" and ")} of ${qualified(schema, name)} depend on one another: ${group.why}`,
        figures: group.figures,
        claim: `with statistics on ${list.join(", ")} together the estimate comes nearer to the rows there are`,
        queries: [...group.queries],
      },
    };
  }
}

function coveredBy({ view }: SettingFacts, { table, columns }: Group): string | null {
  for (const object of view.of("statistics")) {
    if (object.on?.schema !== table.table.schema || object.on.table !== table.table.name) continue;
    const list = / ON (.*) FROM /s.exec(object.definition)?.[1] ?? "";
    const held = new Set(list.split(",").map((one) => one.trim()));
    if (columns.every((column) => held.has(ident(column)))) return qualified(object.schema, object.name);
  }
  return null;
}

const PLACE = {
  rows: 100_000,
  columns: {
    city: { type: "text", distinct: 500, common: { a: 0.2, b: 0.1, c: 0.05 } },
    zip: { type: "text", distinct: 500, common: { "1": 0.2, "2": 0.1, "3": 0.05 } },
  },
} as const;
const CREATE = "CREATE STATISTICS public.place_city_zip_stat ON city, zip FROM public.place";

/** Statistics on several columns together, where they are compared together and depend on one another. */
export const extendedStatistics: SettingRule = {
  id: "extended-statistics",
  title: "Columns that depend on one another",
  mechanism:
    "The planner multiplies the shares of conditions on different columns, as if these had nothing to do with each other. Where one decides the other it expects far too few rows, and picks joins that are made for few.",
  source:
    "PostgreSQL manual, 14.2.2 Extended Statistics and 70.2 Multivariate Statistics Examples; ten times off is where pev2 and pgMustard begin to mark an estimate",
  examples: [
    {
      about: "a condition on two columns that finds a hundred times what was expected",
      tables: { place: PLACE },
      plans: [
        "Seq Scan on place  (cost=0.00..2500.00 rows=40 width=8) (actual time=0.010..9.000 rows=20000 loops=1)\n  Filter: ((city = 'a'::text) AND (zip = '1'::text))\n  Rows Removed by Filter: 80000\nExecution Time: 10.000 ms",
      ],
      advises: [CREATE],
    },
    {
      about: "not run, but the common values of both have the same shares",
      tables: { place: PLACE },
      plans: [
        "Seq Scan on place  (cost=0.00..2500.00 rows=40 width=8)\n  Filter: ((city = 'a'::text) AND (zip = '1'::text))",
      ],
      advises: [CREATE],
    },
    {
      about: "a condition whose rows were foreseen",
      tables: { place: PLACE },
      plans: [
        "Seq Scan on place  (cost=0.00..2500.00 rows=18000 width=8) (actual time=0.010..9.000 rows=20000 loops=1)\n  Filter: ((city = 'a'::text) AND (zip = '1'::text))\nExecution Time: 10.000 ms",
      ],
      advises: [],
    },
    {
      about: "one column alone: no other can be the reason",
      tables: { place: PLACE },
      plans: [
        "Seq Scan on place  (cost=0.00..2500.00 rows=40 width=8) (actual time=0.010..9.000 rows=20000 loops=1)\n  Filter: (city = 'a'::text)\nExecution Time: 10.000 ms",
      ],
      advises: [],
    },
  ],
  find,
};
