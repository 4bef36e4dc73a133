import type { Catalog } from "../../model/catalog.ts";
import type { ColumnDistribution, PlannerStatistics, RelationSize } from "../../model/planner-statistics.ts";
import type { Session } from "./driver.ts";
import { readColumnDistributions } from "./planner-columns.ts";
import { readExtendedDistributions } from "./planner-extended.ts";
import type { WantedTables } from "./planner-extended.ts";
import { withExtremes } from "./planner-extremes.ts";
import { readHeights, readRelationSizes } from "./planner-relations.ts";
import { readDatabaseLocale, readPlannerSettings, readTablespaceCosts } from "./planner-settings.ts";
import { ident, qualified } from "./print.ts";
import { guarded, unseenTogether } from "./unseen.ts";
import type { Unseen } from "./unseen.ts";

/** How planner statistics are read. */
export interface PlannerStatisticsOptions {
  readonly signal?: AbortSignal;
  /** Whether to ask indexes for the lowest and highest values, which reads two entries of each. Absent: no. */
  readonly extremes?: boolean;
}

// One snapshot for all parts. Settings are read before any is set for the reading itself.
const BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const SET_UP = `
  SET LOCAL search_path = '';
  SET LOCAL statement_timeout = '15s';
  SET LOCAL lock_timeout = '500ms';
  SET LOCAL timezone = 'UTC';
  SET LOCAL datestyle = 'ISO, MDY';
  SET LOCAL intervalstyle = 'postgres';
  SET LOCAL bytea_output = 'hex';
  SET LOCAL extra_float_digits = 1;
  SET LOCAL jit = off;
  SET LOCAL row_security = on`;

/**
 * Reads what the planner of a live server judges the catalog's relations by, PostgreSQL 15 to 18, in one read-only
 * transaction with short time limits. Any role will do: what it may not see (`pg_stats` shows a column only to those
 * who may read it, and extended statistics only to the table's owner) is named in `unseen`. Most common values and
 * histogram bounds are values of rows: `masked` is false, and masking them is for the caller before they are kept
 * anywhere. The session must not be inside a transaction. Throws the server's own error, or the signal's reason.
 */
export async function readPlannerStatistics(
  session: Session,
  catalog: Catalog,
  options: PlannerStatisticsOptions = {},
): Promise<PlannerStatistics> {
  options.signal?.throwIfAborted();
  const known = relationsOf(catalog);
  const unseen: Unseen[] = [];
  const attempt = async <T>(what: string, otherwise: T, work: () => Promise<T>): Promise<T> => {
    options.signal?.throwIfAborted();
    return guarded(session, unseen, what, otherwise, work);
  };
  await session.execute(BEGIN);
  try {
    const settings = await attempt("settings", {}, () => readPlannerSettings(session, unseen));
    await session.execute(SET_UP);
    const readAt = await readTime(session);
    const locale = await attempt("the database's locale", null, () => readDatabaseLocale(session));
    const tablespaceCosts = await attempt("costs of tablespaces", {}, () => readTablespaceCosts(session));
    const sized = async (): Promise<readonly RelationSize[]> =>
      (await attempt("exact sizes of relations", null, () => readRelationSizes(session, known.schemas, "measured"))) ??
      (await attempt("sizes of relations", [], () => readRelationSizes(session, known.schemas, "counted")));
    const sizes = (await sized()).filter(({ name, schema, table }) => known.has(schema, table ?? name));
    const heights = await attempt("heights of B-trees", null, () => readHeights(session, sizes));
    const relations = heights === null ? sizes : sizes.map((size) => withHeight(size, heights));
    const read = await attempt("statistics of columns", [], () =>
      readColumnDistributions(session, known.schemas, unseen),
    );
    const indexes = new Set(sizes.flatMap(({ table, schema, name }) => (table === null ? [] : [key(schema, name)])));
    const columns = read.filter(
      ({ schema, relation }) => known.has(schema, relation) || indexes.has(key(schema, relation)),
    );
    const extended = await attempt("extended statistics", [], () => readExtendedDistributions(session, known, unseen));
    await attempt("privileges", undefined, () => readHidden(session, known, columns, unseen));
    // Last, as it shortens the time limit.
    const whole =
      options.extremes === true
        ? await attempt("extremes", columns, () => withExtremes(session, known.schemas, columns, unseen))
        : columns;
    return {
      readAt,
      versionNumber: session.versionNumber,
      masked: false,
      settings,
      ...(Object.keys(tablespaceCosts).length === 0 ? {} : { tablespaceCosts }),
      ...(locale === null ? {} : { locale }),
      relations,
      columns: whole,
      extended,
      unseen,
    };
  } finally {
    await session.execute("ROLLBACK").catch(() => {});
  }
}

const key = (schema: string, name: string): string => JSON.stringify([schema, name]);

// The catalog's tables and materialised views: what belongs to extensions or was left out stays out.
function relationsOf(catalog: Catalog): WantedTables {
  const keys = new Set<string>();
  const schemas = new Set<string>();
  for (const object of catalog.objects) {
    if (object.kind !== "table" && !(object.kind === "view" && object.materialised)) continue;
    if (object.schema === null) continue;
    keys.add(key(object.schema, object.name));
    schemas.add(object.schema);
  }
  return { schemas: [...schemas], has: (schema, name) => keys.has(key(schema, name)) };
}

async function readTime(session: Session): Promise<string> {
  const { rows } = await session.query<{ at: string }>(
    `select to_char(clock_timestamp(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`,
  );
  const at = rows[0]?.at;
  if (at === undefined) throw new Error("the server did not tell its time");
  return at;
}

function withHeight(size: RelationSize, heights: ReadonlyMap<string, number>): RelationSize {
  const height = heights.get(key(size.schema, size.name));
  return height === undefined ? size : { ...size, height };
}

interface HiddenRow {
  readonly schema: string;
  readonly table: string;
  readonly readable: boolean;
  readonly secured: boolean;
  readonly unanalysed: boolean;
  readonly parted: boolean;
  readonly rows: number;
  /** Columns that the role may not read, where it may read others. */
  readonly closed: readonly string[];
  /** Indexes whose expressions' statistics only the owner may see. */
  readonly indexes: readonly string[];
}

// What pg_stats leaves out without a word (its definition: has_column_privilege and row_security_active).
const HIDDEN = `
  select n.nspname as schema, c.relname as "table",
    has_any_column_privilege(c.oid, 'SELECT') as readable,
    row_security_active(c.oid) as secured,
    c.reltuples < 0 and c.relkind <> 'f' as unanalysed,
    c.relkind = 'p' as parted,
    c.reltuples as rows,
    array(select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      and not has_column_privilege(c.oid, a.attnum, 'SELECT') order by a.attnum)::text[] as closed,
    array(select x.relname from pg_index i join pg_class x on x.oid = i.indexrelid
      where i.indrelid = c.oid and i.indexprs is not null and not has_table_privilege(x.oid, 'SELECT')
      order by 1)::text[] as indexes
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'm', 'f') and n.nspname = any ($1::text[])
  order by 1, 2`;

async function readHidden(
  session: Session,
  known: WantedTables,
  columns: readonly ColumnDistribution[],
  unseen: Unseen[],
): Promise<void> {
  const { rows } = await session.query<HiddenRow>(HIDDEN, [known.schemas]);
  const described = new Set(columns.map(({ schema, relation }) => key(schema, relation)));
  const hidden: { schema: string; table: string; why: string }[] = [];
  for (const row of rows.filter(({ schema, table }) => known.has(schema, table))) {
    const { schema, table } = row;
    const add = (why: string): void => void hidden.push({ schema, table, why });
    if (!row.readable) add("no privilege to read it, so that pg_stats does not show it");
    else if (row.secured) add("row security applies to this user, so that pg_stats does not show it");
    else if (row.unanalysed && row.parted)
      add("never analysed as a whole: ANALYZE does that, autovacuum does not for partitioned tables");
    else if (row.unanalysed || (row.rows > 0 && !described.has(key(schema, table)))) add("never analysed");
    else if (row.closed.length > 0) {
      const what = `${row.closed.length === 1 ? "column" : "columns"} ${row.closed.map(ident).join(", ")}`;
      unseen.push({ what: `${what} of ${qualified(schema, table)}`, why: "no privilege to read" });
    }
    for (const index of row.indexes)
      unseen.push({
        what: `expressions of index ${qualified(schema, index)}`,
        why: "pg_stats shows them to the table's owner alone",
      });
  }
  unseen.push(...unseenTogether("columns of", hidden));
}
