import type { TableView } from "../../model/catalog-view.ts";
import { ident, qualified } from "../../sql/identifier.ts";
import type { SettingFacts, TableScan } from "./facts.ts";
import { shortNumber } from "./setting-rule.ts";
import type { SettingFinding, SettingRule } from "./setting-rule.ts";

/** Pages that are read at once as cheaply as an index is walked: its root, a leaf, and the table's page. */
const SMALL_PAGES = 8;
/** Share of rows beyond which an index scan reads most pages anyhow. */
const COMMON_SHARE = 0.25;
/** Writes for each reading from which on an index costs more than it gives. */
const WRITES_FOR_READ = 100;
const WRITES_MIN = 100_000;

/** Why no index is wanted for a column that a scan filters by; null where one may be. */
function reasonAgainst(facts: SettingFacts, scan: TableScan, column: string): string | null {
  const { table, comparisons } = scan;
  const size = facts.sizeOf(table);
  if (size !== null && size.pages <= SMALL_PAGES)
    return `small table: its ${size.pages} ${size.pages === 1 ? "page is" : "pages are"} read as fast as an index is walked`;
  const covered = table.indexes.find(
    ({ keys, predicate, valid }) => valid && predicate === null && keys[0]?.column === column,
  );
  if (covered !== undefined)
    return `already covered: ${ident(covered.name)} begins with it, and the planner did not take it here`;
  const compared = comparisons.find((one) => one.column === column && one.operator === "=");
  const common = facts.columnOf(table, column)?.common ?? null;
  const place = compared?.constant == null ? -1 : (common?.values.indexOf(compared.constant) ?? -1);
  const share = common?.shares[place] ?? 0;
  if (share >= COMMON_SHARE)
    return `low selectivity: ${shortNumber(100 * share)} % of the rows have that value; a partial index on the rarer values may be worth it`;
  return againstWrites(facts, scan);
}

// Counters of rows and a file's weights have nothing to do with each other.
function againstWrites(facts: SettingFacts, { table, observed }: TableScan): string | null {
  const query = facts.workload.queries.find(({ id }) => id === observed.query);
  if (query !== undefined && query.total_ms === null) return null;
  const activity = facts.activityOf(table);
  if (activity === null) return null;
  const writes = activity.inserted + activity.deleted + (activity.updated - activity.hotUpdated);
  return writes >= WRITES_MIN && writes >= WRITES_FOR_READ * observed.calls
    ? `write-heavy: ${shortNumber(writes)} rows written for ${shortNumber(observed.calls)} readings by it`
    : null;
}

// On the table, or on the one that it is a partition of.
function isAdvised(
  { advised = [], view }: Pick<SettingFacts, "advised" | "view">,
  { table }: TableView,
  column: string,
): boolean {
  if (
    advised.some(
      (index) =>
        index.schema === table.schema &&
        index.table === table.name &&
        (index.keys.some((key) => key.column === column) || (index.predicate ?? "").includes(column)),
    )
  )
    return true;
  const above = table.partitionOf === null ? undefined : view.table(table.partitionOf.schema, table.partitionOf.table);
  return above !== undefined && isAdvised({ advised, view }, above, column);
}

const nameOf = ({ table }: TableView): string => qualified(table.schema, table.name);

function* find(facts: SettingFacts): Generator<SettingFinding> {
  const told = new Set<string>();
  for (const scan of facts.scans) {
    if (scan.node.kind !== "Seq Scan") continue;
    for (const { column } of scan.comparisons) {
      if (column === null || isAdvised(facts, scan.table, column)) continue;
      const what = `an index on ${ident(column)} of ${nameOf(scan.table)}`;
      const why = told.has(what) ? null : reasonAgainst(facts, scan, column);
      if (why === null) continue;
      told.add(what);
      yield { notAdvised: { what, why } };
    }
  }
}

const PLAN = "Seq Scan on t  (cost=0.00..90.00 rows=100 width=8)\n  Filter: (a = 1)";
const A = { a: { type: "integer", distinct: 1000 } } as const;

/** When not to add an index. */
export const noIndex: SettingRule = {
  id: "no-index",
  title: "An index that would not help",
  mechanism:
    "Each index is written with every row, takes memory from others and time of VACUUM. It helps only where it leaves out most of a table's pages.",
  source:
    "PostgreSQL manual, 11.1 and 14.4.3; costsize.c, cost_index: pages fetched by share of rows (Mackert and Lohman 1989)",
  examples: [
    {
      about: "a table of five pages",
      tables: { t: { rows: 500, pages: 5, columns: A } },
      plans: [PLAN],
      advises: [],
      tells: ["an index on a of public.t"],
    },
    {
      about: "a value that half of the rows have",
      tables: {
        t: { rows: 100_000, columns: { a: { type: "integer", distinct: 3, common: { "1": 0.5, "2": 0.3 } } } },
      },
      plans: [PLAN],
      advises: [],
      tells: ["an index on a of public.t"],
    },
    {
      about: "an index begins with it",
      tables: { t: { rows: 100_000, columns: A, indexes: { t_a: ["a"] } } },
      plans: [PLAN],
      advises: [],
      tells: ["an index on a of public.t"],
    },
    {
      about: "written a million times, and asked for once",
      tables: { t: { rows: 100_000, columns: A, activity: { inserted: 1_000_000 } } },
      plans: [PLAN],
      advises: [],
      tells: ["an index on a of public.t"],
    },
    {
      about: "a selective column of a large table",
      tables: { t: { rows: 100_000, columns: A } },
      plans: [PLAN],
      advises: [],
    },
  ],
  find,
};
