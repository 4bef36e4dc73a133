import { resolve } from "node:path";
import type { Session } from "../../engines/sqlite/driver.ts";
import type { EncodedRowsOptions } from "../../engines/sqlite/encoded-rows.ts";
import type { Catalog } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { ReadableTable, RowsRead } from "../../model/dependency.ts";
import type { Statistics } from "../../model/statistics.ts";
import { parseSource } from "../load/address.ts";

// The library is loaded at its first use: most sources do not need it.
async function reading<T>(
  path: string,
  shown: string,
  signal: AbortSignal,
  work: (session: Session) => T | Promise<T>,
): Promise<T> {
  const { openFile, readProblem } = await import("../../engines/sqlite/driver.ts");
  const session = await openFile(path, shown, { signal });
  try {
    return await work(session);
  } catch (error) {
    throw readProblem(error, shown);
  } finally {
    await session.close();
  }
}

/**
 * The catalog of an SQLite file. Throws `invalid` (exit 2) for what is no SQLite database, `unavailable` (exit 3)
 * where it cannot be read. `shown` stands for the file in messages.
 */
export async function sqliteCatalog(path: string, shown: string, signal: AbortSignal): Promise<Catalog> {
  const { introspect } = await import("../../engines/sqlite/introspect.ts");
  return await reading(path, shown, signal, (session) => introspect(session, { signal }));
}

/**
 * Rows of a table of an SQLite file as numbers. `choose` picks the table from those that can be read: virtual tables and
 * views run code of others and are not among them. Throws as {@link sqliteCatalog} does, and `unavailable` (exit 3)
 * where rows cannot be read.
 */
export async function sqliteRows(
  path: string,
  shown: string,
  choose: (there: readonly ReadableTable[]) => ReadableTable,
  options: EncodedRowsOptions,
): Promise<RowsRead & { readonly table: string }> {
  const { introspect } = await import("../../engines/sqlite/introspect.ts");
  const { readEncodedRows } = await import("../../engines/sqlite/encoded-rows.ts");
  const { qualified } = await import("../../engines/sqlite/print.ts");
  return await reading(path, shown, options.signal, async (session) => {
    const catalog = introspect(session, { signal: options.signal });
    const there = viewOf(catalog).tables.map(({ table }) => ({ schema: table.schema ?? "main", table: table.name }));
    const { schema, table } = choose(there);
    return { ...(await readEncodedRows(session, catalog, table, options)), table: qualified(schema, table) };
  });
}

/**
 * The statistics of a source that names an SQLite file, whose catalog was read before. Throws as
 * {@link sqliteCatalog} does.
 */
export async function sqliteStatistics(
  source: string,
  cwd: string,
  catalog: Catalog,
  signal: AbortSignal,
): Promise<Statistics> {
  const address = parseSource(source);
  if (address.kind !== "sqlite") throw new Error("the source is no SQLite file");
  const { readStatistics } = await import("../../engines/sqlite/statistics.ts");
  const path = resolve(cwd, address.path);
  return await reading(path, source, signal, (session) => readStatistics(session, catalog, { signal }));
}
