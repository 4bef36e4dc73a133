import { resolve } from "node:path";
import { connect } from "../engines/postgres/driver.ts";
import type { Session } from "../engines/postgres/driver.ts";
import { readableTables, readEncodedRows } from "../engines/postgres/encoded-rows.ts";
import { qualified } from "../engines/postgres/print.ts";
import { nearest } from "../formats/brief/nearest.ts";
import type { ReadableTable, RowsRead } from "../model/dependency.ts";
import { invalid } from "../model/error.ts";
import { parseSource } from "./load/address.ts";
import { readSource } from "./source.ts";
import { sqliteRows } from "./sqlite/catalog.ts";
import type { ReadSourceOptions } from "./source.ts";

/** The rows of a table as numbers, with the table's full name. */
export interface EncodedTable extends RowsRead {
  readonly table: string;
  /** What reading the source told. */
  readonly remarks: readonly string[];
}

/**
 * Reads rows of one table of a source: a live database or SQLite file (only read), or SQL with its rows, run on the
 * twin or in a scratch file. `table` is `schema.table`, or a table alone where only one schema has it; names in double quotes are taken exactly. Throws
 * `invalid` (exit 2) for an unknown or ambiguous table and for a source without rows, `unavailable` (exit 3) when the
 * server does not let it read.
 */
export async function readEncodedTable(
  source: string,
  table: string,
  options: ReadSourceOptions & { readonly rowsMax: number },
): Promise<EncodedTable> {
  const name = parsedName(table);
  const address = parseSource(source);
  if (address.kind === "live") {
    const session = await connect({ url: address.url, signal: options.signal });
    return await readAndClose(session, name, options, []);
  }
  if (address.kind === "sqlite") return await readSqlite(resolve(options.cwd, address.path), source, name, options);
  let fromScratch: EncodedTable | null = null;
  const { database, notes } = await readSource(source, {
    ...options,
    rows: true,
    inScratch: async (path) => {
      fromScratch = await readSqlite(path, "the scratch database", name, options);
    },
  });
  if (fromScratch !== null) return { ...(fromScratch as EncodedTable), remarks: notes };
  if (database === undefined) {
    throw invalid({
      what: "no rows can be read from this kind of source",
      where: "--source",
      expected: "a postgres:// URL, sqlite:PATH or a .db file, or SQL with rows (INSERT; for PostgreSQL also COPY)",
    });
  }
  return await readAndClose(await database.connect("owner"), name, options, notes);
}

async function readAndClose(
  session: Session,
  name: NamedTable,
  { rowsMax, progress }: ReadSourceOptions & { readonly rowsMax: number },
  remarks: readonly string[],
): Promise<EncodedTable> {
  const task = progress.start("reading rows");
  try {
    const found = tableNamed(name, await readableTables(session));
    const read = await readEncodedRows(session, found, rowsMax);
    task.done(`${read.rows.rows} rows, ${read.rows.columns.length} columns`);
    return { ...read, table: qualified(found.schema, found.table), remarks };
  } catch (error) {
    task.failed();
    throw error;
  } finally {
    await session.close();
  }
}

async function readSqlite(
  path: string,
  shown: string,
  name: NamedTable,
  { rowsMax, progress, signal }: ReadSourceOptions & { readonly rowsMax: number },
): Promise<EncodedTable> {
  const task = progress.start("reading rows");
  try {
    // SQLite tells no names apart by case.
    const fold = (text: string): string => text.toLowerCase();
    const read = await sqliteRows(path, shown, (there) => tableNamed(name, there, fold), { rowsMax, signal });
    task.done(`${read.rows.rows} rows, ${read.rows.columns.length} columns`);
    return { ...read, remarks: [] };
  } catch (error) {
    task.failed();
    throw error;
  }
}

interface NamedTable {
  /** As it was given. */
  readonly text: string;
  readonly schema: string | null;
  readonly table: string;
}

const NAME = /^(?:("(?:[^"]|"")+"|[^".]+)\.)?("(?:[^"]|"")+"|[^".]+)$/s;

function parsedName(text: string): NamedTable {
  const [, schema, table] = NAME.exec(text) ?? [];
  if (table === undefined || text.includes("\0")) {
    throw invalid({
      what: `${JSON.stringify(text)} names no table`,
      where: "--table",
      expected: 'schema.table, names with dots or quotes in double quotes: public."order.items"',
    });
  }
  const plain = (name: string): string => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name);
  return { text, schema: schema === undefined ? null : plain(schema), table: plain(table) };
}

// `foldThere` is how the engine folds the names that it holds.
function tableNamed(
  { text, schema, table }: NamedTable,
  there: readonly ReadableTable[],
  foldThere: (name: string) => string = (name) => name,
): ReadableTable {
  const fits = (one: ReadableTable, fold: (name: string) => string): boolean =>
    foldThere(one.table) === foldThere(fold(table)) &&
    (schema === null || foldThere(one.schema) === foldThere(fold(schema)));
  const exact = there.filter((one) => fits(one, (name) => name));
  // As the server reads names without quotes.
  const found = exact.length > 0 ? exact : there.filter((one) => fits(one, (name) => name.toLowerCase()));
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first;
  const usual = found.find((one) => one.schema === "public");
  if (usual !== undefined) return usual;
  const names = (found.length > 0 ? found : there).map(nameOf);
  const unread = there.every((one) => one.schema === "main") ? "; views and virtual tables of SQLite are not read" : "";
  const near = found.length > 0 ? null : (nearest(text, names) ?? nearTable(table, there));
  throw invalid({
    what:
      found.length > 0
        ? `several schemas have a table ${JSON.stringify(table)}`
        : `there is no table ${JSON.stringify(text)}`,
    where: "--table",
    expected:
      names.length === 0
        ? "a source with tables"
        : `of ${names.slice(0, 20).join(", ")}${names.length > 20 ? ", …" : ""}${unread}`,
    ...(near === null ? {} : { mend: `did you mean ${near}?` }),
  });
}

// The right table in the wrong schema, or without one.
function nearTable(table: string, there: readonly ReadableTable[]): string | null {
  const near = nearest(
    table,
    there.map((one) => one.table),
  );
  const found = there.find((one) => one.table === near);
  return found === undefined ? null : nameOf(found);
}

// A file of SQLite has one schema, which goes without saying.
function nameOf({ schema, table }: ReadableTable): string {
  return schema === "main" ? qualified(null, table) : qualified(schema, table);
}
