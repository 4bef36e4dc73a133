import type { RelationSize } from "../../model/planner-statistics.ts";
import type { Session } from "./driver.ts";

type Kind = RelationSize["kind"];

const KINDS: Readonly<Record<string, Kind>> = {
  r: "table",
  p: "partitioned table",
  m: "materialised view",
  i: "index",
  I: "partitioned index",
  f: "foreign table",
};

interface SizeRow {
  readonly schema: string;
  readonly name: string;
  readonly relkind: string;
  readonly table: string | null;
  readonly pages: string;
  readonly countedPages: number;
  readonly rows: number;
  readonly allVisiblePages: number;
  readonly toastPages: string;
}

// Measuring a file takes a lock, for which a relation under ALTER lets everybody wait. What is locked so, or about to
// be, is told as VACUUM counted it.
const BUSY = `
  with busy as materialized (
    select l.relation from pg_locks l
    where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
      and l.database = (select d.oid from pg_database d where d.datname = current_database()))`;

const BLOCK = "current_setting('block_size')::bigint";
const measured = (oid: string, counted: string): string =>
  `case when ${oid} in (select relation from busy) then ${counted}
     else coalesce(pg_relation_size(${oid}) / ${BLOCK}, ${counted}) end`;

/**
 * Reads the sizes of all tables, materialised views, foreign tables and indexes of the schemas: `measured` by the
 * length of their files, which is what the planner goes by, or `counted` when they were last vacuumed or analysed.
 */
export async function readRelationSizes(
  session: Session,
  schemas: readonly string[],
  how: "measured" | "counted",
): Promise<RelationSize[]> {
  const size = how === "measured" ? measured : (_oid: string, counted: string): string => counted;
  const { rows } = await session.query<SizeRow>(
    `${BUSY}
    select n.nspname as schema, c.relname as name, c.relkind::text as relkind, t.relname as "table",
      case when c.relkind in ('r', 'm', 'i') then ${size("c.oid", "c.relpages")} else greatest(c.relpages, 0) end::text
        as pages,
      greatest(c.relpages, 0) as "countedPages", c.reltuples as rows, c.relallvisible as "allVisiblePages",
      case when toast.oid is null then 0 else ${size("toast.oid", "toast.relpages")} end::text as "toastPages"
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_class toast on toast.oid = c.reltoastrelid and c.reltoastrelid <> 0
    left join pg_index i on i.indexrelid = c.oid
    left join pg_class t on t.oid = i.indrelid
    where c.relkind in ('r', 'p', 'm', 'i', 'I', 'f') and n.nspname = any ($1::text[])
    order by 1, 2`,
    [schemas],
  );
  return rows.map(({ relkind, pages, toastPages, ...row }) => ({
    schema: row.schema,
    name: row.name,
    kind: KINDS[relkind] ?? "table",
    table: row.table,
    pages: Number(pages),
    countedPages: row.countedPages,
    rows: row.rows,
    allVisiblePages: Math.max(row.allVisiblePages, 0),
    toastPages: Number(toastPages),
    height: null,
  }));
}

// The function must be pageinspect's own: another of that name would be run as a superuser here.
const METAPAGE = `
  select format('%I.%I', n.nspname, p.proname) as name
  from pg_extension e
  join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
    and d.classid = 'pg_proc'::regclass
  join pg_proc p on p.oid = d.objid and p.proname = 'bt_metap'
  join pg_language l on l.oid = p.prolang and l.lanname = 'c'
  join pg_namespace n on n.oid = p.pronamespace
  where e.extname = 'pageinspect' and (select rolsuper from pg_roles where rolname = current_user)`;

/**
 * Levels of B-trees above their leaves, by `JSON.stringify([schema, name])`: the fast root's, which is what the
 * planner charges for (`_bt_getrootheight`). Null where extension pageinspect is not there, or the role is no
 * superuser, as its functions demand.
 */
export async function readHeights(
  session: Session,
  relations: readonly RelationSize[],
): Promise<ReadonlyMap<string, number> | null> {
  const { rows: functions } = await session.query<{ name: string }>(METAPAGE);
  const name = functions[0]?.name;
  if (name === undefined) return null;
  const schemas = [...new Set(relations.map(({ schema }) => schema))];
  const { rows } = await session.query<{ schema: string; name: string; height: string }>(
    `${BUSY}
    select n.nspname as schema, c.relname as name, m.fastlevel::text as height
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_am a on a.oid = c.relam and a.amname = 'btree'
    cross join lateral ${name}(format('%I.%I', n.nspname, c.relname)) m
    where c.relkind = 'i' and n.nspname = any ($1::text[]) and c.oid not in (select relation from busy)`,
    [schemas],
  );
  return new Map(rows.map(({ schema, name: index, height }) => [JSON.stringify([schema, index]), Number(height)]));
}
