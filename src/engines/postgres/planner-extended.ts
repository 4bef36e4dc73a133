import type { ColumnDistribution, ExtendedDistribution } from "../../model/planner-statistics.ts";
import { readArray } from "../../sql/array-literal.ts";
import type { ArrayItem } from "../../sql/array-literal.ts";
import type { Session } from "./driver.ts";
import { distributionColumns, distributionOf } from "./planner-columns.ts";
import type { DistributionRow } from "./planner-columns.ts";
import { qualified } from "./print.ts";
import type { Unseen } from "./unseen.ts";

interface ExtendedRow {
  readonly schema: string;
  readonly name: string;
  readonly table: string;
  readonly tableSchema: string;
  /** Null where the view shows nothing of it. */
  readonly inherited: boolean | null;
  readonly owned: boolean;
  readonly columns: readonly string[];
  readonly types: readonly string[];
  readonly expressionCount: number;
  readonly distinct: string | null;
  readonly dependencies: string | null;
  readonly values: string | null;
  readonly shares: string | null;
  readonly baseShares: string | null;
}

interface ExpressionRow extends DistributionRow {
  readonly schema: string;
  readonly name: string;
  readonly expression: string;
}

// pg_statistic_ext names all objects to everybody; what they hold is shown by pg_stats_ext, since the minor releases
// of May 2024 to the table's owner alone (CVE-2024-4317).
const EXTENDED = `
  select sn.nspname as schema, e.stxname as name, c.relname as "table", tn.nspname as "tableSchema",
    v.inherited, pg_has_role(c.relowner, 'USAGE') as owned,
    array(select a.attname from unnest(e.stxkeys::smallint[]) with ordinality k(number, at)
      join pg_attribute a on a.attrelid = e.stxrelid and a.attnum = k.number order by k.at)::text[] as columns,
    array(select format_type(a.atttypid, a.atttypmod) from unnest(e.stxkeys::smallint[]) with ordinality k(number, at)
      join pg_attribute a on a.attrelid = e.stxrelid and a.attnum = k.number order by k.at)::text[] as types,
    coalesce(array_length(v.exprs, 1), 0) as "expressionCount",
    v.n_distinct::text as distinct, v.dependencies::text as dependencies,
    v.most_common_vals::text as values, v.most_common_freqs::text as shares,
    v.most_common_base_freqs::text as "baseShares"
  from pg_statistic_ext e
  join pg_class c on c.oid = e.stxrelid
  join pg_namespace tn on tn.oid = c.relnamespace
  join pg_namespace sn on sn.oid = e.stxnamespace
  left join pg_stats_ext v on v.statistics_schemaname = sn.nspname and v.statistics_name = e.stxname
  where tn.nspname = any ($1::text[])
  order by 1, 2, v.inherited`;

/** The tables whose statistics are wanted. */
export interface WantedTables {
  readonly schemas: readonly string[];
  has(schema: string, name: string): boolean;
}

/** Reads extended statistics of tables: what they hold of several columns together and of expressions. */
export async function readExtendedDistributions(
  session: Session,
  wanted: WantedTables,
  unseen: Unseen[],
): Promise<ExtendedDistribution[]> {
  const found = await session.query<ExtendedRow>(EXTENDED, [wanted.schemas]);
  const rows = found.rows.filter(({ tableSchema, table }) => wanted.has(tableSchema, table));
  for (const row of rows) {
    if (row.inherited !== null) continue;
    const why = row.owned ? "never analysed" : "pg_stats_ext shows it to the table's owner alone";
    unseen.push({ what: `statistics ${qualified(row.schema, row.name)}`, why });
  }
  const shown = rows.filter((row): row is ExtendedRow & { inherited: boolean } => row.inherited !== null);
  const expressions = shown.some(({ expressionCount }) => expressionCount > 0)
    ? await readExpressions(session, wanted.schemas)
    : new Map<string, ColumnDistribution[]>();
  return shown.map((row) => {
    const own = expressions.get(JSON.stringify([row.schema, row.name, row.inherited]));
    return {
      schema: row.schema,
      name: row.name,
      table: row.table,
      inherited: row.inherited,
      columns: row.columns,
      types: [...row.types, ...Array.from({ length: row.expressionCount }, () => null)],
      ...(own === undefined ? {} : { expressions: own }),
      distinct: row.distinct,
      dependencies: row.dependencies,
      common: combinationsOf(row),
    };
  });
}

async function readExpressions(
  session: Session,
  schemas: readonly string[],
): Promise<ReadonlyMap<string, ColumnDistribution[]>> {
  // This view shows nothing of ranges.
  const { rows } = await session.query<ExpressionRow>(
    `select s.statistics_schemaname as schema, s.statistics_name as name, s.expr as expression,
      ${distributionColumns(false)}
    from pg_stats_ext_exprs s where s.schemaname = any ($1::text[])`,
    [schemas],
  );
  const found = new Map<string, ColumnDistribution[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.schema, row.name, row.inherited]);
    const place = { schema: row.schema, relation: row.name, column: row.expression, type: "" };
    const same = found.get(key);
    if (same === undefined) found.set(key, [distributionOf(row, place)]);
    else same.push(distributionOf(row, place));
  }
  return found;
}

const isText = (item: ArrayItem): item is string | null => item === null || typeof item === "string";
const listOf = (text: string): readonly ArrayItem[] => readArray(text);

function combinationsOf({ values, shares, baseShares }: ExtendedRow): ExtendedDistribution["common"] {
  if (values === null || shares === null || baseShares === null) return null;
  return {
    values: listOf(values).map((item) => (isText(item) ? [item] : item.map((part) => (isText(part) ? part : "")))),
    shares: listOf(shares).map(Number),
    baseShares: listOf(baseShares).map(Number),
  };
}
