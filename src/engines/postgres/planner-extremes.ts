import type { ColumnDistribution } from "../../model/planner-statistics.ts";
import type { Session } from "./driver.ts";
import { ident, qualified } from "./print.ts";
import { guarded } from "./unseen.ts";
import type { Unseen } from "./unseen.ts";

interface LeadingColumn {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

// Columns that a whole, valid B-tree leads with in the type's usual order, and that this role may read in full.
const LEADING = `
  select distinct n.nspname::text as schema, c.relname::text as "table", a.attname::text as column
  from pg_index i
  join pg_class x on x.oid = i.indexrelid and x.relkind = 'i'
  join pg_am m on m.oid = x.relam and m.amname = 'btree'
  join pg_class c on c.oid = i.indrelid and c.relkind in ('r', 'm')
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum = (i.indkey::int2[])[0]
  join pg_opclass o on o.oid = (i.indclass::oid[])[0] and o.opcdefault
  where i.indisvalid and i.indpred is null and n.nspname = any ($1::text[])
    and (i.indcollation::oid[])[0] = a.attcollation
    and has_column_privilege(c.oid, a.attnum, 'SELECT') and not row_security_active(c.oid)
    and c.oid not in (select l.relation from pg_locks l where l.mode = 'AccessExclusiveLock' and l.relation is not null)
  order by 1, 2, 3`;

// The ends of an index, never a scan: dead rows there can make even that slow, so the time is short.
const LIMITS = `
  SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off;
  SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL statement_timeout = '500ms'`;

/**
 * Adds the true extremes to columns that an index leads with and that have a histogram, two values of rows each. To be
 * called inside the reading's transaction; what is refused or slow is left as it was and named in `unseen`. Only for
 * relations with at least one page, as others have no index to ask.
 */
export async function withExtremes(
  session: Session,
  schemas: readonly string[],
  columns: readonly ColumnDistribution[],
  unseen: Unseen[],
): Promise<ColumnDistribution[]> {
  const { rows } = await session.query<LeadingColumn>(LEADING, [schemas]);
  const tables = new Map<string, LeadingColumn[]>();
  const wanted = new Set(
    columns.filter((column) => column.histogram !== null && !column.inherited).map((column) => keyOf(column)),
  );
  for (const row of rows) {
    if (!wanted.has(JSON.stringify([row.schema, row.table, row.column]))) continue;
    const name = qualified(row.schema, row.table);
    tables.set(name, [...(tables.get(name) ?? []), row]);
  }
  const found = new Map<string, NonNullable<ColumnDistribution["extremes"]>>();
  for (const [name, leading] of tables) {
    const ends = leading.flatMap(({ column }, at) =>
      (["asc", "desc"] as const).map(
        (way) =>
          `(select t.${ident(column)}::text from only ${name} t where t.${ident(column)} is not null
            order by t.${ident(column)} ${way} limit 1) as ${way}${at}`,
      ),
    );
    const read = await guarded<Readonly<Record<string, string | null>>>(
      session,
      unseen,
      `extremes of ${name}`,
      {},
      async () => {
        await session.execute(LIMITS);
        return (
          (await session.query<Readonly<Record<string, string | null>>>(`select ${ends.join(", ")}`)).rows[0] ?? {}
        );
      },
    );
    for (const [at, { schema, table, column }] of leading.entries()) {
      const [lowest, highest] = [read[`asc${at}`], read[`desc${at}`]];
      if (lowest == null || highest == null) continue;
      found.set(JSON.stringify([schema, table, column]), { lowest, highest });
    }
  }
  return columns.map((column) => {
    const extremes = column.inherited ? undefined : found.get(keyOf(column));
    return extremes === undefined ? column : { ...column, extremes };
  });
}

const keyOf = ({ schema, relation, column }: ColumnDistribution): string => JSON.stringify([schema, relation, column]);
