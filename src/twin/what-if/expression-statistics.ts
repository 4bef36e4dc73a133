import { isSqlState } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { distributionColumns, distributionOf } from "../../engines/postgres/planner-columns.ts";
import type { DistributionRow } from "../../engines/postgres/planner-columns.ts";
import { ident, qualified } from "../../engines/postgres/print.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import type { ColumnDistribution } from "../../model/planner-statistics.ts";
import { parseExpression } from "../../sql/parse.ts";
import { nodesOf } from "../../sql/walk.ts";
import { columnType } from "../rows/column-type.ts";
import type { ValueKind } from "../rows/column-type.ts";
import { randomOf } from "../rows/random.ts";
import { drawnValues, namedValues } from "../stats-rows/drawn-values.ts";
import type { DrawnValues } from "../stats-rows/drawn-values.ts";

import { wholeDistinct } from "./sampled-distinct.ts";
import type { SampleCounts } from "./sampled-distinct.ts";

/*
 * Statistics of an index's expressions, which ANALYZE would make in production and a table without rows cannot have:
 * values of the expression's columns are drawn from their statistics, the server computes the expression over them and
 * analyses what comes out, and only the number of distinct values is brought to the size of the table. Columns are taken
 * to be independent of each other.
 */

interface KeyExpression {
  readonly index: number;
  readonly key: number;
  readonly table: number;
  readonly schema: string;
  readonly tableName: string;
  readonly rows: number;
  readonly expression: string;
  /** An older index with statistics of the same expression, and which of its keys. */
  readonly like: { readonly index: number; readonly key: number } | null;
  /** Expressions that the table's extended statistics tell of: the planner has those. */
  readonly told: readonly string[];
}

// With an empty search path, so that every name in an expression says its schema.
const EXPRESSIONS = `
  WITH RECURSIVE family AS (
    SELECT oid FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS asked (oid)
    UNION ALL
    SELECT h.inhrelid FROM family AS f JOIN pg_catalog.pg_inherits AS h ON h.inhparent = f.oid),
  keys AS (
    SELECT i.indexrelid AS index, k.n::integer AS key, i.indrelid AS "table",
           pg_catalog.pg_get_indexdef(i.indexrelid, k.n::integer, false) AS expression,
           EXISTS (SELECT FROM pg_catalog.pg_statistic AS s
                    WHERE s.starelid = i.indexrelid AND s.staattnum = k.n) AS known
      FROM pg_catalog.pg_index AS i
      CROSS JOIN pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k (attribute, n)
     WHERE k.attribute = 0 AND i.indrelid IN (
       SELECT w.indrelid FROM pg_catalog.pg_index AS w JOIN family AS f ON f.oid = w.indexrelid))
  SELECT k.index, k.key, k."table", n.nspname AS schema, t.relname AS "tableName",
         greatest(t.reltuples, 0)::float8 AS rows, k.expression,
         (SELECT pg_catalog.json_build_object('index', o.index, 'key', o.key) FROM keys AS o
           WHERE o."table" = k."table" AND o.expression = k.expression AND o.known LIMIT 1) AS like,
         array(SELECT told FROM pg_catalog.pg_statistic_ext AS e
                 JOIN pg_catalog.pg_statistic_ext_data AS d ON d.stxoid = e.oid AND d.stxdexpr IS NOT NULL
                 CROSS JOIN pg_catalog.unnest(pg_catalog.pg_get_statisticsobjdef_expressions(e.oid)) AS told
                WHERE e.stxrelid = k."table") AS told
    FROM keys AS k
    JOIN family AS f ON f.oid = k.index
    JOIN pg_catalog.pg_class AS t ON t.oid = k."table" AND t.relkind IN ('r', 'm')
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
   WHERE NOT k.known
   ORDER BY k."table", k.expression`;

const SLOTS = [1, 2, 3, 4, 5];
const each = (name: string): string => SLOTS.map((slot) => `${name}${slot}`).join(", ");
const COPY = `
  INSERT INTO pg_catalog.pg_statistic (starelid, staattnum, stainherit, stanullfrac, stawidth, stadistinct,
    ${each("stakind")}, ${each("staop")}, ${each("stacoll")}, ${each("stanumbers")}, ${each("stavalues")})
  SELECT g.index, g.key, false, s.stanullfrac, s.stawidth, coalesce($3::real, s.stadistinct),
    ${each("stakind")}, ${each("staop")}, ${each("stacoll")}, ${each("stanumbers")}, ${each("stavalues")}
    FROM pg_catalog.json_to_recordset($4) AS g (index pg_catalog.oid, key smallint)
    JOIN pg_catalog.pg_statistic AS s ON s.starelid = $1 AND s.staattnum = $2 AND NOT s.stainherit`;

/** Rows that an expression is computed for: the server's own sample with its default target is five times as many. */
const DRAWN_ROWS = 6_000;
/** What computing one expression may take: it is a function from outside. */
const LIMIT_MS = 2_000;
/** Texts longer than this are documents, between two of which nothing is to be invented. */
const TEXT_BYTES_MAX = 64;
/** SQLSTATE of a statement that was cancelled, by its time limit for one. */
const CANCELLED = "57014";
const SEED = 1;
const TABLE = "pg_temp.dbwright_expression";

/**
 * Writes statistics of the expressions of new indexes (of all their parts) into the scratch database. What cannot be
 * computed, or whose columns have no statistics, stays without, so that the planner guesses. `owner` runs the
 * expressions, in a transaction that may only write its temporary table; `admin` writes the catalog.
 */
export async function stateExpressions(
  { admin, owner }: { readonly admin: Session; readonly owner: Session },
  view: CatalogView,
  indexes: readonly number[],
): Promise<void> {
  if (indexes.length === 0) return;
  const path = await searchPath(admin, "");
  try {
    const { rows } = await admin.query<KeyExpression>(EXPRESSIONS, [indexes]);
    const alike = new Map<string, KeyExpression[]>();
    for (const row of rows) {
      const key = JSON.stringify([row.table, row.expression]);
      alike.set(key, [...(alike.get(key) ?? []), row]);
    }
    for (const same of alike.values()) {
      const [one] = same as [KeyExpression];
      if (one.told.some((told) => bare(told) === bare(one.expression))) continue;
      const targets = JSON.stringify(same.map(({ index, key }) => ({ index, key })));
      if (one.like !== null) await admin.query(COPY, [one.like.index, one.like.key, null, targets]);
      else await derive({ admin, owner }, view, one, targets);
    }
  } finally {
    await searchPath(admin, path);
  }
}

const bare = (expression: string): string => expression.replaceAll(/[()\s]/g, "");

// Returns the path that was before.
async function searchPath(session: Session, path: string): Promise<string> {
  const { rows } = await session.query<{ before: string }>(
    "SELECT pg_catalog.current_setting('search_path') AS before",
  );
  await session.query("SELECT pg_catalog.set_config('search_path', $1, false)", [path]);
  return rows[0]?.before ?? "";
}

async function derive(
  { admin, owner }: { readonly admin: Session; readonly owner: Session },
  view: CatalogView,
  one: KeyExpression,
  targets: string,
): Promise<void> {
  const columns = await columnsOf(admin, one);
  if (columns === null) return;
  const table = qualified(one.schema, one.tableName);
  try {
    await owner.execute(
      `DROP TABLE IF EXISTS ${TABLE};
       CREATE TEMP TABLE dbwright_expression AS SELECT ${one.expression} AS value FROM ${table} WITH NO DATA`,
    );
    for (const drawn of [invented(columns, view, one), named(columns, one)]) {
      const outcome = drawn === null ? "refused" : await compute(owner, one.expression, columns, drawn);
      if (outcome === "cut-off") break;
      if (outcome === "refused") continue;
      const figures = await analysed(owner, one.rows, columns, drawn ?? []);
      await admin.query(COPY, [figures.table, 1, figures.distinct, targets]);
      break;
    }
  } catch (error) {
    if (!isSqlState((error as { readonly code?: unknown }).code)) throw error;
  } finally {
    await owner.execute(`DROP TABLE IF EXISTS ${TABLE}`);
  }
}

// The distributions of the columns that it names; null where one is not known.
async function columnsOf(admin: Session, one: KeyExpression): Promise<readonly ColumnDistribution[] | null> {
  const parsed = await parseExpression(one.expression);
  if (!parsed.ok) return null;
  const names = new Set<string>();
  for (const { type, node } of nodesOf(parsed.value.node)) {
    if (type !== "ColumnRef") continue;
    const fields = (node["fields"] ?? []) as readonly { readonly String?: { readonly sval?: string } }[];
    const name = fields[0]?.String?.sval;
    if (name === undefined || fields.length > 1) return null;
    names.add(name);
  }
  interface Row extends DistributionRow {
    readonly column: string;
    readonly type: string;
  }
  const { rows } = await admin.query<Row>(
    `SELECT s.attname AS "column", pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
            ${distributionColumns(admin.versionNumber >= 170_000)}
       FROM pg_catalog.pg_stats AS s
       JOIN pg_catalog.pg_attribute AS a ON a.attrelid = $1 AND a.attname = s.attname
      WHERE s.schemaname = $2 AND s.tablename = $3 AND s.attname = ANY ($4::text[]) AND NOT s.inherited`,
    [one.table, one.schema, one.tableName, [...names]],
  );
  if (rows.length !== names.size || names.size === 0) return null;
  return rows.map((row) =>
    distributionOf(row, { schema: one.schema, relation: one.tableName, column: row.column, type: row.type }),
  );
}

const NEVER_INVENTED: ReadonlySet<ValueKind> = new Set(["json", "bytes", "array", "words", "other"]);

// Null where nothing can be invented between values of a column.
function invented(
  columns: readonly ColumnDistribution[],
  view: CatalogView,
  { rows, expression }: KeyExpression,
): readonly DrawnValues[] | null {
  const random = randomOf(SEED, expression);
  const drawn: DrawnValues[] = [];
  for (const column of columns) {
    const type = columnType(view, column.type);
    if (NEVER_INVENTED.has(type.kind)) return null;
    if (type.kind === "text" && column.width_bytes > TEXT_BYTES_MAX) return null;
    const values = drawnValues(column, type, { count: DRAWN_ROWS, tableRows: rows, random });
    if (values === null) return null;
    drawn.push(values);
  }
  return drawn;
}

function named(columns: readonly ColumnDistribution[], { expression }: KeyExpression): readonly DrawnValues[] | null {
  const random = randomOf(SEED, expression);
  const drawn = columns.map((column) => namedValues(column, random));
  const lists = drawn.filter((values) => values !== null);
  if (lists.length < drawn.length) return null;
  const most = Math.max(...lists.map((values) => values.length));
  // Shorter lists begin anew.
  return lists.map((values) => Array.from({ length: most }, (_, at) => values[at % values.length] ?? null));
}

async function compute(
  owner: Session,
  expression: string,
  columns: readonly ColumnDistribution[],
  drawn: readonly DrawnValues[],
): Promise<"done" | "refused" | "cut-off"> {
  const texts = columns.map((_, at) => `v${at}`);
  const typed = columns.map(({ column, type }, at) => `v${at}::${type} AS ${ident(column)}`);
  const given = columns.map((_, at) => `pg_catalog.unnest($${at + 1}::pg_catalog.text[])`);
  try {
    await owner.execute(
      `BEGIN READ ONLY; SET LOCAL search_path = ''; SET LOCAL statement_timeout = ${LIMIT_MS}; SET LOCAL TimeZone = 'UTC'`,
    );
    await owner.query(
      `INSERT INTO ${TABLE} SELECT ${expression} FROM (SELECT ${typed.join(", ")}
         FROM ROWS FROM (${given.join(", ")}) AS given (${texts.join(", ")})) AS drawn`,
      drawn,
    );
    await owner.execute("COMMIT");
    return "done";
  } catch (error) {
    await owner.execute("ROLLBACK").catch(() => {});
    const { code } = error as { readonly code?: unknown };
    if (!isSqlState(code)) throw error;
    return code === CANCELLED ? "cut-off" : "refused";
  }
}

interface Analysed {
  /** The oid of the table that was analysed. */
  readonly table: number;
  /** In pg_statistic's form: a share of the rows from a tenth of them on. Null: as it was analysed. */
  readonly distinct: number | null;
}

async function analysed(
  owner: Session,
  tableRows: number,
  columns: readonly ColumnDistribution[],
  drawn: readonly DrawnValues[],
): Promise<Analysed> {
  await owner.execute(`ANALYZE ${TABLE}`);
  const { rows } = await owner.query<SampleCounts & { readonly oid: number }>(
    `SELECT '${TABLE}'::pg_catalog.regclass::pg_catalog.oid AS oid, coalesce(sum(n), 0)::float8 AS present,
            count(*)::float8 AS values, (count(*) FILTER (WHERE n = 1))::float8 AS once
       FROM (SELECT count(*) AS n FROM ${TABLE} WHERE value IS NOT NULL GROUP BY value) AS g`,
  );
  const { oid = 0, present = 0, values = 0, once = 0 } = rows[0] ?? {};
  if (present === 0 || tableRows === 0) return { table: oid, distinct: null };
  const all = Math.max(present, tableRows);
  const distinct = wholeDistinct(all, { present, values, once }, columns, drawn);
  return {
    table: oid,
    distinct: distinct > all / 10 ? -distinct / all : Math.max(1, Math.round(distinct)),
  };
}
