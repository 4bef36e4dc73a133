import type { ColumnDistribution, CommonValues } from "../../model/planner-statistics.ts";
import { readFlatArray } from "../../sql/array-literal.ts";
import type { Session } from "./driver.ts";
import type { Unseen } from "./unseen.ts";

/** What both `pg_stats` and `pg_stats_ext_exprs` show of a distribution. */
export interface DistributionRow {
  readonly inherited: boolean;
  readonly nullShare: number;
  readonly width_bytes: number;
  readonly distinct: number;
  readonly commonValues: string | null;
  readonly commonShares: string | null;
  readonly histogram: string | null;
  readonly correlation: number | null;
  readonly elements: string | null;
  readonly elementShares: string | null;
  readonly elementCounts: string | null;
  readonly rangeBounds: string | null;
  readonly rangeLengths: string | null;
  readonly rangeEmptyShare: number | null;
}

/** The select list that gives a {@link DistributionRow} from a row `s` of one of the views; `ranges`: it shows those of ranges. */
export function distributionColumns(ranges: boolean): string {
  const range = ranges
    ? `s.range_bounds_histogram::text as "rangeBounds", s.range_length_histogram::text as "rangeLengths",
      s.range_empty_frac as "rangeEmptyShare"`
    : `null::text as "rangeBounds", null::text as "rangeLengths", null::real as "rangeEmptyShare"`;
  return `s.inherited, s.null_frac as "nullShare", s.avg_width as width_bytes, s.n_distinct as distinct,
    s.most_common_vals::text as "commonValues", s.most_common_freqs::text as "commonShares",
    s.histogram_bounds::text as histogram, s.correlation,
    s.most_common_elems::text as elements, s.most_common_elem_freqs::text as "elementShares",
    s.elem_count_histogram::text as "elementCounts", ${range}`;
}

interface ColumnRow extends DistributionRow {
  readonly schema: string;
  readonly relation: string;
  readonly column: string;
  readonly type: string;
}

/** The first major whose `pg_stats` shows the statistics of range columns. */
const SHOWS_RANGES = 170_000;

/** Reads `pg_stats` of the schemas: columns of tables and materialised views, and expressions of indexes. */
export async function readColumnDistributions(
  session: Session,
  schemas: readonly string[],
  unseen: Unseen[],
): Promise<ColumnDistribution[]> {
  const shown = session.versionNumber >= SHOWS_RANGES;
  const { rows } = await session.query<ColumnRow>(
    `select s.schemaname as schema, s.tablename as relation, s.attname as "column",
      format_type(a.atttypid, a.atttypmod) as type, ${distributionColumns(shown)}
    from pg_stats s
    join pg_namespace n on n.nspname = s.schemaname
    join pg_class c on c.relnamespace = n.oid and c.relname = s.tablename
    join pg_attribute a on a.attrelid = c.oid and a.attname = s.attname
    where s.schemaname = any ($1::text[])
    order by 1, 2, a.attnum, s.inherited`,
    [schemas],
  );
  const columns = rows.map((row) => distributionOf(row, row));
  return shown ? columns : await withRanges(session, schemas, columns, unseen);
}

/** A distribution as the model has it. */
export function distributionOf(
  row: DistributionRow,
  place: Pick<ColumnDistribution, "schema" | "relation" | "column" | "type">,
): ColumnDistribution {
  const { schema, relation, column, type } = place;
  return {
    schema,
    relation,
    column,
    type,
    inherited: row.inherited,
    nullShare: row.nullShare,
    width_bytes: row.width_bytes,
    distinct: row.distinct,
    common: commonOf(row.commonValues, row.commonShares),
    histogram: row.histogram === null ? null : valuesOf(row.histogram),
    correlation: row.correlation,
    elements: elementsOf(row.elements, row.elementShares),
    elementCounts: row.elementCounts === null ? null : numbersOf(row.elementCounts),
    rangeBounds: row.rangeBounds === null ? null : valuesOf(row.rangeBounds),
    rangeLengths: row.rangeLengths === null ? null : numbersOf(row.rangeLengths),
    rangeEmptyShare: row.rangeEmptyShare,
  };
}

// Statistics hold no nulls: those are counted apart.
function valuesOf(text: string): readonly string[] {
  return readFlatArray(text).map((value) => value ?? "");
}

function numbersOf(text: string): readonly number[] {
  return readFlatArray(text).map(Number);
}

function commonOf(values: string | null, shares: string | null): CommonValues | null {
  return values === null || shares === null ? null : { values: valuesOf(values), shares: numbersOf(shares) };
}

// After the elements' own shares come the lowest, the highest, and (of arrays, not of tsvector) that of nulls.
function elementsOf(values: string | null, shares: string | null): ColumnDistribution["elements"] {
  const common = commonOf(values, shares);
  if (common === null) return null;
  const [lowest = 0, highest = 0, nulls = null] = common.shares.slice(common.values.length);
  return { values: common.values, shares: common.shares.slice(0, common.values.length), lowest, highest, nulls };
}

// Kinds 6 and 7 of pg_statistic.h: lengths (with the share of empty ranges as number) and bounds. `stavalues` cannot
// be made an array of, hence one CASE for each slot.
const slot = (kind: number, what: string): string =>
  `case ${[1, 2, 3, 4, 5].map((at) => `when s.stakind${at} = ${kind} then s.${what}${at}::text`).join(" ")} end`;

// Before 17 the ranges' statistics stand in pg_statistic alone, which is for superusers.
async function withRanges(
  session: Session,
  schemas: readonly string[],
  columns: readonly ColumnDistribution[],
  unseen: Unseen[],
): Promise<ColumnDistribution[]> {
  const { rows } = await session.query<{ open: boolean; ranges: number }>(
    `select has_table_privilege('pg_catalog.pg_statistic', 'SELECT') as open,
      (select count(*)::integer from pg_attribute a join pg_class c on c.oid = a.attrelid
        join pg_namespace n on n.oid = c.relnamespace join pg_type t on t.oid = a.atttypid
        where c.relkind in ('r', 'p', 'm') and not a.attisdropped and t.typtype in ('r', 'm')
          and n.nspname = any ($1::text[])) as ranges`,
    [schemas],
  );
  const { open = false, ranges = 0 } = rows[0] ?? {};
  if (ranges === 0) return [...columns];
  if (!open) {
    unseen.push({
      what: `bounds and lengths of ${ranges} range columns`,
      why: "pg_stats shows them from PostgreSQL 17 on; before, only superusers see them",
    });
    return [...columns];
  }
  const found = await session.query<{
    schema: string;
    relation: string;
    column: string;
    inherited: boolean;
    bounds: string | null;
    lengths: string | null;
    empty: string | null;
  }>(
    `select n.nspname as schema, c.relname as relation, a.attname as "column", s.stainherit as inherited,
      ${slot(7, "stavalues")} as bounds, ${slot(6, "stavalues")} as lengths, ${slot(6, "stanumbers")} as empty
    from pg_statistic s join pg_class c on c.oid = s.starelid join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum = s.staattnum
    where n.nspname = any ($1::text[]) and 6 in (s.stakind1, s.stakind2, s.stakind3, s.stakind4, s.stakind5)`,
    [schemas],
  );
  const keyOf = (row: Pick<ColumnDistribution, "schema" | "relation" | "column" | "inherited">): string =>
    JSON.stringify([row.schema, row.relation, row.column, row.inherited]);
  const byColumn = new Map(found.rows.map((row) => [keyOf(row), row]));
  return columns.map((column) => {
    const row = byColumn.get(keyOf(column));
    if (row === undefined) return column;
    return {
      ...column,
      rangeBounds: row.bounds === null ? null : valuesOf(row.bounds),
      rangeLengths: row.lengths === null ? null : numbersOf(row.lengths),
      rangeEmptyShare: row.empty === null ? null : (numbersOf(row.empty)[0] ?? null),
    };
  });
}
