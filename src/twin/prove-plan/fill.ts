import type { Session } from "../../engines/postgres/driver.ts";
import type { Catalog } from "../../model/catalog.ts";
import { DbwrightError } from "../../model/error.ts";
import type { Progress } from "../../model/progress.ts";
import { notRun, refused } from "../prove/step.ts";
import type { Observation } from "../prove/step.ts";
import { fillTables } from "../rows/generate.ts";
import type { GeneratedTable } from "../rows/request.ts";
import type { TwinDatabase } from "../server.ts";
import { emptyTables, tightenedCatalog } from "./rows.ts";

/** What rows a schema is filled with. */
export interface FillOptions {
  /** For each table; 0 for none. */
  readonly rows: number;
  /** For each table, kept back: each could still be inserted. */
  readonly spare: number;
  readonly seed?: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** What came of filling a schema: rows, or the reason for none. */
export interface Filled {
  readonly tables: readonly GeneratedTable[];
  readonly seen: Observation;
}

/**
 * Fills a database that holds the catalog `before` with rows that also satisfy what `after` asks of them, or, where such
 * rows cannot be made, with any.
 */
export async function fillBearing(
  database: TwinDatabase,
  before: Catalog,
  after: Catalog,
  options: FillOptions,
): Promise<Filled> {
  // Filling leaves temporary objects, which go with its session.
  const session = await database.connect("owner");
  try {
    const tightened = tightenedCatalog(before, after);
    const first = await fillRows(session, tightened, options);
    if (first.tables.length > 0 || tightened === before || options.rows === 0) return first;
    await emptyTables(session, before);
    return await fillRows(session, before, options);
  } finally {
    await session.close();
  }
}

/** Fills the tables of a catalog with synthetic rows. What cannot be filled is said, and no error. */
export async function fillRows(session: Session, catalog: Catalog, options: FillOptions): Promise<Filled> {
  const { rows, spare, seed = 1, signal, progress } = options;
  if (rows === 0) return { tables: [], seen: notRun("no rows were asked for") };
  const hints = { meaning: () => null, volume: () => null, tenancy: null };
  try {
    const tables = await fillTables(session, {
      catalog,
      hints,
      rows: () => rows,
      seed,
      now: null,
      spare,
      signal,
      progress,
    });
    const total = tables.reduce((sum, table) => sum + table.rows, 0);
    if (total === 0) return { tables: [], seen: notRun("there is no table that rows could be made for") };
    const observed = `${total} synthetic rows in ${tables.length} tables`;
    return { tables, seen: { verdict: "proved", standing: "measured", observed, figures: { rows: total } } };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DbwrightError) && !refused(error)) throw error;
    return { tables: [], seen: notRun(`rows could not be made for this schema: ${error.message}`) };
  }
}
