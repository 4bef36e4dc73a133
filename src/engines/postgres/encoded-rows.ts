import { isSqlState } from "./driver.ts";
import { unavailable } from "../../model/error.ts";
import { ColumnEncoder } from "../../model/column-encoder.ts";
import type { ReadableTable, RowsRead } from "../../model/dependency.ts";
import type { Session } from "./driver.ts";
import { ident, qualified } from "./print.ts";

/** Tables, views, materialised views and foreign tables outside the system's schemas. */
export async function readableTables(session: Session): Promise<readonly ReadableTable[]> {
  const { rows } = await session.query<ReadableTable>(
    `select n.nspname::pg_catalog.text as schema, c.relname::pg_catalog.text as table
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     order by 1, 2`,
  );
  return rows;
}

interface TableFacts {
  readonly oid: number;
  readonly kind: string;
  readonly estimate: number;
  readonly filtered: boolean;
}

interface ColumnFacts {
  readonly number: number;
  readonly name: string;
  readonly type: string;
  readonly readable: boolean;
  readonly notnull: boolean;
}

const BATCH_ROWS = 2000;
const SETTINGS = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
  SET LOCAL search_path = ''; SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '60s';
  SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, MDY'; SET LOCAL extra_float_digits = 1`;

/**
 * Reads up to `rowsMax` rows of a table in a read-only transaction, values turned into numbers as they come: equal by
 * their text (numbers without trailing zeros, citext without case) is equal here. A table known to be larger is sampled
 * by pages from all over it. Throws `unavailable` (exit 3) when rows may not or cannot be read; a value is never told.
 */
export async function readEncodedRows(
  session: Session,
  { schema, table }: ReadableTable,
  rowsMax: number,
): Promise<RowsRead> {
  await session.execute(SETTINGS);
  try {
    const facts = await factsOf(session, schema, table);
    const columns = await columnsOf(session, facts.oid);
    const readable = columns.filter((column) => column.readable);
    if (readable.length === 0) throw unavailable(notReadable(schema, table));
    const sample = sampleClause(facts, rowsMax);
    const { encoders, more } = await encoded(session, { schema, table, readable, sample, rowsMax });
    const rows = encoders[0]?.length ?? 0;
    return {
      rows: { rows, columns: encoders.map((encoder) => encoder.column()) },
      sampled: more || sample !== "",
      rowsEstimated: facts.estimate < 0 ? null : facts.estimate,
      declaredKeys: await declaredKeys(session, facts.oid, columns),
      notes: notesOn(facts, columns, more && sample === ""),
    };
  } catch (error) {
    throw readProblem(error, schema, table);
  } finally {
    await session.execute("ROLLBACK").catch(() => {});
  }
}

async function factsOf(session: Session, schema: string, table: string): Promise<TableFacts> {
  const { rows } = await session.query<TableFacts>(
    `select c.oid, c.relkind::text as kind, c.reltuples::float8 as estimate, row_security_active(c.oid) as filtered
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2`,
    [schema, table],
  );
  const [facts] = rows;
  if (facts === undefined) throw unavailable({ what: "the table is gone", where: qualified(schema, table) });
  return facts;
}

async function columnsOf(session: Session, oid: number): Promise<readonly ColumnFacts[]> {
  const { rows } = await session.query<ColumnFacts>(
    `select a.attnum as number, a.attname::text as name, format_type(a.atttypid, null) as type,
       has_column_privilege(a.attrelid, a.attnum, 'SELECT') as readable, a.attnotnull as notnull
     from pg_attribute a where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [oid],
  );
  return rows;
}

// Pages from all over a table that is known to be larger; somewhat more than needed, since pages differ.
function sampleClause({ kind, estimate }: TableFacts, rowsMax: number): string {
  if (!["r", "p", "m"].includes(kind) || estimate <= rowsMax * 1.2) return "";
  return ` TABLESAMPLE SYSTEM (${Math.max((120 * rowsMax) / estimate, 0.0001).toFixed(6)}) REPEATABLE (1)`;
}

// Long values are compared by their digest, so that no document crosses the wire.
function comparable({ name, type }: ColumnFacts): string {
  const value = `held.${ident(name)}`;
  if (type === "numeric") return `trim_scale(${value})::text`;
  if (/^(?:smallint|integer|bigint|boolean|uuid|date)$/.test(type)) return `${value}::text`;
  const text = /(?:^|\.)citext$/.test(type) ? `lower(${value}::text)` : `${value}::text`;
  return `case when length(${value}::text) > 40 then md5(${text}) || '*' else ${text} end`;
}

async function encoded(
  session: Session,
  wanted: ReadableTable & {
    readonly readable: readonly ColumnFacts[];
    readonly sample: string;
    readonly rowsMax: number;
  },
): Promise<{ readonly encoders: readonly ColumnEncoder[]; readonly more: boolean }> {
  const { schema, table, readable, sample, rowsMax } = wanted;
  const list = readable.map((column, at) => `${comparable(column)} as c${at}`).join(", ");
  await session.execute(
    `DECLARE dbwright_rows NO SCROLL CURSOR FOR SELECT ${list} FROM ${qualified(schema, table)} AS held${sample} LIMIT ${rowsMax + 1}`,
  );
  const encoders = readable.map((column) => new ColumnEncoder(column));
  for (let read = 0; ;) {
    const { rows } = await session.query<Readonly<Record<string, string | null>>>(
      `FETCH ${BATCH_ROWS} FROM dbwright_rows`,
    );
    for (const row of rows) {
      if (read++ === rowsMax) return { encoders, more: true };
      for (const [at, encoder] of encoders.entries()) encoder.add(row[`c${at}`] ?? null);
    }
    if (rows.length < BATCH_ROWS) return { encoders, more: false };
  }
}

async function declaredKeys(
  session: Session,
  oid: number,
  columns: readonly ColumnFacts[],
): Promise<readonly (readonly string[])[]> {
  const { rows } = await session.query<{ readonly keys: readonly number[] }>(
    `select array_to_json((i.indkey::int2[])[0:i.indnkeyatts - 1]) as keys from pg_index i
     where i.indrelid = $1 and i.indisunique and i.indisvalid and i.indpred is null
       and i.indexprs is null order by i.indisprimary desc, i.indexrelid`,
    [oid],
  );
  return rows.flatMap(({ keys }) => {
    const named = keys.map((number) => columns.find((column) => column.number === number));
    // A nullable column lets rows repeat.
    if (named.some((column) => column?.notnull !== true || !column.readable)) return [];
    return [named.flatMap((column) => (column === undefined ? [] : [column.name]))];
  });
}

function notesOn({ filtered }: TableFacts, columns: readonly ColumnFacts[], firstOnes: boolean): readonly string[] {
  const notes: string[] = [];
  const hidden = columns.filter(({ readable }) => !readable).map(({ name }) => name);
  if (hidden.length > 0) notes.push(`this user may not read ${hidden.map(ident).join(", ")}: left out`);
  if (filtered) notes.push("row security filters this user's rows: only those were seen");
  if (firstOnes)
    notes.push(
      "the rows are the first as stored, not drawn from all over: the server does not know the table's size (ANALYZE tells it), or it is no plain table",
    );
  return notes;
}

const notReadable = (schema: string, table: string): { what: string; where: string; mend: string } => ({
  what: "this user may not read the table's rows",
  where: qualified(schema, table),
  mend: "connect as a user with SELECT on it",
});

// The server's own text may quote a value; its code does not. So the error is not even kept as the cause.
function readProblem(error: unknown, schema: string, table: string): unknown {
  const { code } = error as { readonly code?: unknown };
  if (!isSqlState(code)) return error;
  if (code === "42501") return unavailable(notReadable(schema, table));
  const slow = code === "57014" || code === "55P03";
  return unavailable({
    what: slow ? "the rows could not be read in time" : `the server refused to read the rows (SQLSTATE ${code})`,
    where: qualified(schema, table),
    mend: slow ? "ask for fewer rows with --rows" : "try the same with psql: SELECT * FROM the table LIMIT 1",
  });
}
