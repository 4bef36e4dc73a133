import type {
  ColumnStatistics,
  IndexStatistics,
  SampleFinding,
  SequenceStatistics,
  Statistics,
  TableStatistics,
} from "../../model/statistics.ts";
import type { Catalog } from "../../model/catalog.ts";
import { countCardNumbers } from "./card-samples.ts";
import type { SampledTable } from "./card-samples.ts";
import type { Session } from "./driver.ts";
import { qualified } from "./print.ts";
import { guarded, unseenTogether } from "./unseen.ts";
import type { Unseen } from "./unseen.ts";

/** What to read besides the counters. */
export interface StatisticsOptions {
  readonly signal?: AbortSignal;
  /** Rows to look at, at least, in each table for card numbers; 0 for no look at rows at all. Default 1000. */
  readonly sampleRows?: number;
}

const SAMPLE_ROWS = 1000;
/** All samples together; what is not reached is reported as unseen. */
const SAMPLING_MS_MAX = 20_000;

const BEGIN = `
  BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;
  SET LOCAL search_path = '';
  SET LOCAL statement_timeout = '15s';
  SET LOCAL lock_timeout = '500ms';
  SET LOCAL timezone = 'UTC';
  SET LOCAL datestyle = 'ISO, MDY';
  SET LOCAL jit = off;
  SET LOCAL row_security = on`;

const SAMPLING = `
  SET LOCAL statement_timeout = '2s';
  SET LOCAL max_parallel_workers_per_gather = 0`;

/**
 * Reads size, use and the planner's knowledge of the catalog's tables from a live server, PostgreSQL 15 to
 * 18, in a read-only transaction with short time limits. No value of a row leaves the server. What the user
 * may not read, or what takes too long, is named in `unseen`. The session must not be inside a
 * transaction. Throws the server's own error, or the signal's reason.
 */
export async function readStatistics(
  session: Session,
  catalog: Catalog,
  options: StatisticsOptions = {},
): Promise<Statistics> {
  options.signal?.throwIfAborted();
  const unseen: Unseen[] = [];
  const schemas = [...new Set(catalog.objects.flatMap((object) => (object.kind === "table" ? [object.schema] : [])))];
  const attempt = async <T>(what: string, otherwise: T, work: () => Promise<T>): Promise<T> => {
    options.signal?.throwIfAborted();
    return guarded(session, unseen, what, otherwise, work);
  };
  const nothing: never[] = [];
  await session.execute(BEGIN);
  try {
    const server = await readServer(session);
    const sized = async <T>(what: string, work: (sizes: Sizes) => Promise<T[]>): Promise<T[]> =>
      (await attempt(`exact ${what}`, null, () => work(MEASURED))) ?? attempt(what, nothing, () => work(REMEMBERED));
    const tables = await sized("sizes of tables", (sizes) => readTables(session, schemas, sizes));
    const indexes = await sized("sizes of indexes", (sizes) => readIndexes(session, schemas, sizes));
    const columns = await attempt("statistics of columns", nothing, () => readColumns(session, schemas));
    const sequences = await attempt("sequences", nothing, () => readSequences(session, unseen));
    await attempt("privileges", undefined, () => readHidden(session, schemas, unseen));
    const sampleRows = options.sampleRows ?? SAMPLE_ROWS;
    let samples: readonly SampleFinding[] = [];
    if (sampleRows > 0) samples = await sampleTables(session, schemas, sampleRows, unseen, options.signal);
    else unseen.push({ what: "samples of rows", why: "not asked for" });
    return { ...server, tables, indexes, columns, sequences, samples, unseen };
  } finally {
    await session.execute("ROLLBACK").catch(() => {});
  }
}

type ServerFacts = Pick<Statistics, "readAt" | "countersSince" | "replica" | "hasReplicas">;

const ISO = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

// Senders to a running base backup are no replicas; a user without pg_monitor sees them without their state.
async function readServer(session: Session): Promise<ServerFacts> {
  const { rows } = await session.query<ServerFacts>(`
    select to_char(clock_timestamp(), ${ISO}) as "readAt",
      (select to_char(stats_reset, ${ISO}) from pg_stat_database where datname = current_database()) as "countersSince",
      pg_is_in_recovery() as replica,
      exists (select from pg_stat_replication where state is distinct from 'backup')
        or exists (select from pg_replication_slots where slot_type = 'physical') as "hasReplicas"`);
  const facts = rows[0];
  if (facts === undefined) throw new Error("the server did not tell its time");
  return facts;
}

/** How sizes are told: a function of the SQL name of a pg_class row, giving bytes. */
interface Sizes {
  table(row: string): string;
  index(row: string): string;
}

const MEASURED: Sizes = {
  table: (row) => `pg_total_relation_size(${row}.oid)::float8`,
  index: (row) => `pg_relation_size(${row}.oid)::float8`,
};

// Measuring takes a lock, for which a table under ALTER lets everybody wait; what VACUUM wrote down does not.
const BLOCK = "current_setting('block_size')::float8";
const REMEMBERED: Sizes = {
  table: (row) => `${BLOCK} * (${row}.relpages
    + (select coalesce(sum(toast.relpages), 0) from pg_class toast where toast.oid = ${row}.reltoastrelid)
    + (select coalesce(sum(x.relpages), 0) from pg_index i join pg_class x on x.oid = i.indexrelid
       where i.indrelid = ${row}.oid))`,
  index: (row) => `${BLOCK} * ${row}.relpages`,
};

// The rows of a partitioned table are those of its leaves; they are known when all leaves were analysed.
async function readTables(
  session: Session,
  schemas: readonly (string | null)[],
  sizes: Sizes,
): Promise<TableStatistics[]> {
  const { rows } = await session.query<TableStatistics>(
    `with leaf as (
      select t.oid as root, l.reltuples, ${sizes.table("l")} as bytes
      from pg_class t join pg_namespace n on n.oid = t.relnamespace
      cross join lateral (select relid from pg_partition_tree(t.oid) where isleaf) p
      join pg_class l on l.oid = p.relid and l.relkind = 'r'
      where t.relkind = 'p' and n.nspname = any ($1::text[])),
    parted as (
      select root, case when bool_and(reltuples >= 0) then sum(reltuples)::float8 end as rows, sum(bytes) as bytes
      from leaf group by root)
    select n.nspname as schema, c.relname as table,
      case when c.relkind = 'p' then p.rows else nullif(c.reltuples, -1)::float8 end as rows,
      case when c.relkind = 'p' then coalesce(p.bytes, 0) else ${sizes.table("c")} end as bytes,
      case when ${COUNTED} then s.seq_scan::float8 end as "sequentialScans",
      case when ${COUNTED} then s.idx_scan::float8 end as "indexScans",
      to_char(greatest(s.last_analyze, s.last_autoanalyze), ${ISO}) as "lastAnalysed",
      case when ${COUNTED} and c.relkind = 'r' and s.relid is not null then json_build_object(
        'inserted', s.n_tup_ins, 'updated', s.n_tup_upd, 'hotUpdated', s.n_tup_hot_upd, 'deleted', s.n_tup_del,
        'liveRows', s.n_live_tup, 'deadRows', s.n_dead_tup, 'insertedSinceVacuum', s.n_ins_since_vacuum,
        'lastVacuum', to_char(greatest(s.last_vacuum, s.last_autovacuum), ${ISO}), 'frozenAge', age(c.relfrozenxid))
      end as activity
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    left join pg_stat_user_tables s on s.relid = c.oid
    left join parted p on p.root = c.oid
    where c.relkind in ('r', 'p') and n.nspname = any ($1::text[])
    order by 1, 2`,
    [schemas],
  );
  return [...rows];
}

// Counters that nobody keeps stand at zero and say nothing.
const COUNTED = "current_setting('track_counts')::boolean";

async function readIndexes(
  session: Session,
  schemas: readonly (string | null)[],
  sizes: Sizes,
): Promise<IndexStatistics[]> {
  const { rows } = await session.query<IndexStatistics>(
    `select n.nspname as schema, c.relname as index, ${sizes.index("c")} as bytes,
      case when ${COUNTED} then s.idx_scan::float8 end as scans
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    left join pg_stat_user_indexes s on s.indexrelid = c.oid
    where c.relkind = 'i' and n.nspname = any ($1::text[])
    order by 1, 2`,
    [schemas],
  );
  return [...rows];
}

// Words between commas, none of them a sentence: "red,green" but not "Berlin, in the rain".
const LIST = String.raw`^[^,\s]{1,40}(?:,\s?[^,\s]{1,40})+$`;

async function readColumns(session: Session, schemas: readonly (string | null)[]): Promise<ColumnStatistics[]> {
  // A parent has two entries, for itself and with its children: the latter is what its columns hold.
  const { rows } = await session.query<ColumnStatistics>(
    `select distinct on (s.schemaname, s.tablename, s.attname)
      s.schemaname as schema, s.tablename as table, s.attname as column, s.null_frac::float8 as "nullShare",
      case when s.n_distinct >= 0 then s.n_distinct::float8
        when coalesce(p.rows, nullif(c.reltuples, -1)) is not null
          then round(-s.n_distinct::float8 * coalesce(p.rows, c.reltuples))
      end as distinct,
      s.avg_width as width_bytes,
      case when t.typcategory = 'S' then (
        select avg((remembered ~ $2)::integer)::float8
        from unnest(coalesce(s.most_common_vals::text::text[], '{}') || coalesce(s.histogram_bounds::text::text[], '{}'))
          as remembered) end as "listShare"
    from pg_stats s
    join pg_namespace n on n.nspname = s.schemaname
    join pg_class c on c.relnamespace = n.oid and c.relname = s.tablename and c.relkind in ('r', 'p')
    join pg_attribute a on a.attrelid = c.oid and a.attname = s.attname
    join pg_type t on t.oid = a.atttypid
    left join lateral (
      select sum(l.reltuples)::float8 as rows from pg_partition_tree(c.oid) tree
      join pg_class l on l.oid = tree.relid and l.relkind = 'r' and l.reltuples >= 0
      where c.relkind = 'p' and tree.isleaf) p on true
    where s.schemaname = any ($1::text[])
    order by s.schemaname, s.tablename, s.attname, s.inherited desc`,
    [schemas, LIST],
  );
  return [...rows];
}

interface SequenceRow extends SequenceStatistics {
  readonly readable: boolean;
}

// A sequence feeds the columns whose default calls it, and the identity column it is the inside of.
async function readSequences(session: Session, unseen: Unseen[]): Promise<SequenceStatistics[]> {
  const { rows } = await session.query<SequenceRow>(`
    with feed as (
      select d.refobjid as sequence, f.adrelid as relation, f.adnum as number
      from pg_depend d join pg_attrdef f on f.oid = d.objid
      where d.classid = 'pg_attrdef'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype = 'n'
      union
      select d.objid, d.refobjid, d.refobjsubid from pg_depend d
      where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
        and d.refobjsubid > 0 and d.deptype = 'i'),
    fed as (
      select f.sequence, json_agg(json_build_object('schema', n.nspname, 'table', c.relname, 'column', a.attname)
        order by n.nspname, c.relname, a.attnum) as feeds
      from feed f join pg_class c on c.oid = f.relation join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = f.relation and a.attnum = f.number
      group by f.sequence)
    select n.nspname as schema, c.relname as sequence, coalesce(fed.feeds, '[]') as feeds, privilege.readable,
      case when privilege.readable then pg_sequence_last_value(c.oid)::text end as "lastValue"
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    cross join lateral (select has_sequence_privilege(c.oid, 'SELECT,USAGE') as readable) privilege
    left join fed on fed.sequence = c.oid
    where c.relkind = 'S' and c.relpersistence <> 't' and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
    order by 1, 2`);
  for (const { schema, sequence, readable } of rows)
    if (!readable) unseen.push({ what: `sequence ${qualified(schema, sequence)}`, why: "no privilege to read it" });
  return rows.map(({ schema, sequence, lastValue, feeds }) => ({ schema, sequence, lastValue, feeds }));
}

// The planner's knowledge is shown only to those who may read the rows it comes from.
async function readHidden(session: Session, schemas: readonly (string | null)[], unseen: Unseen[]): Promise<void> {
  const { rows } = await session.query<{ schema: string; table: string; why: string }>(
    `select n.nspname as schema, c.relname as table,
      case when not has_schema_privilege(n.oid, 'USAGE') then 'no USAGE on its schema'
        when not has_any_column_privilege(c.oid, 'SELECT') then 'no privilege to read it'
        when not has_table_privilege(c.oid, 'SELECT') then 'privilege on some of its columns only'
        when row_security_active(c.oid) then 'row security applies to this user'
        else 'never analysed' end as why
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname = any ($1::text[]) and (
      not has_schema_privilege(n.oid, 'USAGE') or not has_table_privilege(c.oid, 'SELECT')
      or row_security_active(c.oid)
      or c.relkind = 'r' and c.reltuples < 0)
    order by 1, 2`,
    [schemas],
  );
  unseen.push(...unseenTogether("columns of", rows));
}

// Whole tables of the project, parents for their partitions; types that can hold 13 digits. Rows behind row
// security are no fair sample, and its policies may call anything.
const CANDIDATES = `
  select n.nspname as schema, c.relname as table, array_agg(a.attname order by a.attnum) as columns,
    coalesce((
      select sum(greatest(l.reltuples, 0))::float8 from pg_partition_tree(c.oid) tree
      join pg_class l on l.oid = tree.relid and l.relkind = 'r' where c.relkind = 'p'),
      nullif(c.reltuples, -1)::float8) as rows
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated <> 'v'
  join pg_type t on t.oid = a.atttypid
  join pg_type b on b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
  where c.relkind in ('r', 'p') and not c.relispartition and n.nspname = any ($1::text[])
    and has_schema_privilege(n.oid, 'USAGE') and has_column_privilege(c.oid, a.attnum, 'SELECT')
    and not row_security_active(c.oid)
    and (b.typname in ('text', 'varchar', 'int8') and b.typnamespace = 'pg_catalog'::regnamespace
      or b.typname = 'numeric' and b.typnamespace = 'pg_catalog'::regnamespace
        and (a.atttypmod < 0 or (a.atttypmod - 4) >> 16 >= 13)
      or b.typname = 'bpchar' and b.typnamespace = 'pg_catalog'::regnamespace
        and (a.atttypmod < 0 or a.atttypmod - 4 >= 13))
    and (b.typname <> 'varchar' or a.atttypmod < 0 or a.atttypmod - 4 >= 13)
    and not exists (select from pg_depend d
      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  group by c.oid, n.nspname, c.relname
  order by 1, 2`;

async function sampleTables(
  session: Session,
  schemas: readonly (string | null)[],
  sampleRows: number,
  unseen: Unseen[],
  signal: AbortSignal | undefined,
): Promise<readonly SampleFinding[]> {
  await session.execute(SAMPLING);
  const tables = await guarded<readonly SampledTable[]>(session, unseen, "samples of rows", [], async () => {
    const { rows } = await session.query<SampledTable>(CANDIDATES, [schemas]);
    return rows;
  });
  const samples: SampleFinding[] = [];
  const started_ms = performance.now();
  for (const [at, table] of tables.entries()) {
    signal?.throwIfAborted();
    if (performance.now() - started_ms > SAMPLING_MS_MAX) {
      unseen.push({ what: `samples of ${tables.length - at} tables`, why: "the time for samples was used up" });
      break;
    }
    const what = `samples of ${qualified(table.schema, table.table)}`;
    samples.push(...(await guarded(session, unseen, what, [], () => countCardNumbers(session, table, sampleRows))));
  }
  return samples;
}
