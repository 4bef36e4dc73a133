import { connect } from "../engines/postgres/driver.ts";
import type { Session } from "../engines/postgres/driver.ts";
import { readableTables, readEncodedRows } from "../engines/postgres/encoded-rows.ts";
import type { ReadableTable, RowsRead } from "../engines/postgres/encoded-rows.ts";
import { qualified } from "../engines/postgres/print.ts";
import { nearest } from "../formats/brief/nearest.ts";
import { invalid } from "../model/error.ts";
import { parseSource } from "./load/address.ts";
import { readSource } from "./source.ts";
import type { ReadSourceOptions } from "./source.ts";

/** The rows of a table as numbers, with the table's full name. */
export interface EncodedTable extends RowsRead {
  readonly table: string;
  /** What reading the source told. */
  readonly remarks: readonly string[];
}

/**
 * Reads rows of one table of a source: a live database (only read), or SQL with its rows, run on the twin. `table` is
 * `schema.table`, or a table alone where only one schema has it; names in double quotes are taken exactly. Throws
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
  const { database, notes } = await readSource(source, { ...options, rows: true });
  if (database === undefined) {
    throw invalid({
      what: "no rows can be read from this kind of source",
      where: "--source",
      expected: "a postgres:// URL, or SQL with INSERT or COPY for PostgreSQL",
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

function tableNamed({ text, schema, table }: NamedTable, there: readonly ReadableTable[]): ReadableTable {
  const fits = (one: ReadableTable, fold: (name: string) => string): boolean =>
    one.table === fold(table) && (schema === null || one.schema === fold(schema));
  const exact = there.filter((one) => fits(one, (name) => name));
  // As the server reads names without quotes.
  const found = exact.length > 0 ? exact : there.filter((one) => fits(one, (name) => name.toLowerCase()));
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first;
  const usual = found.find((one) => one.schema === "public");
  if (usual !== undefined) return usual;
  const names = (found.length > 0 ? found : there).map((one) => qualified(one.schema, one.table));
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
        : `of ${names.slice(0, 20).join(", ")}${names.length > 20 ? ", …" : ""}`,
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
  return found === undefined ? null : qualified(found.schema, found.table);
}
