import type { Session } from "../../engines/postgres/driver.ts";
import type { Catalog } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import { DbwrightError } from "../../model/error.ts";
import type { Progress } from "../../model/progress.ts";
import { qualified } from "../../sql/identifier.ts";
import { notRun, refused } from "../prove/step.ts";
import type { Observation } from "../prove/step.ts";
import { fillTables } from "../rows/generate.ts";
import type { GeneratedTable } from "../rows/request.ts";
import type { TwinDatabase } from "../server.ts";
import { TABLES_WITHOUT_ROWS } from "./unproved-with-rows.ts";
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

/** What came of filling a schema: rows, or the reason why there are none, or none in some tables. */
export interface Filled {
  /** Those that were gone through; where a later one failed these hold rows all the same. */
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
    if (first.seen.verdict === "proved" || tightened === before || options.rows === 0) return first;
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
  const made: GeneratedTable[] = [];
  try {
    const tables = await fillTables(session, {
      catalog,
      hints,
      rows: () => rows,
      seed,
      now: null,
      spare,
      onTable: (table) => made.push(table),
      signal,
      progress,
    });
    const total = rowsOf(tables);
    if (total === 0) return { tables: [], seen: notRun("there is no table that rows could be made for") };
    const empty = tables.filter((table) => table.rows === 0 && table.asked > 0);
    const none = empty.length === 0 ? "" : `; none in ${namesOf(empty)}`;
    const observed = `${total} synthetic rows in ${tablesIn(tables.length - empty.length)}${none}`;
    return { tables, seen: { verdict: "proved", standing: "measured", observed, figures: { rows: total } } };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DbwrightError) && !refused(error)) throw error;
    return halfWay(catalog, made, error.message.split("\n")[0] ?? "");
  }
}

// The tables before the one that failed keep their rows, and steps may be refused for the sake of these.
function halfWay(catalog: Catalog, made: readonly GeneratedTable[], why: string): Filled {
  const full = made.filter(({ rows }) => rows > 0);
  const there = new Set(full.map(({ schema, table }) => qualified(schema, table)));
  const without = viewOf(catalog)
    .tables.filter(({ table }) => table.partitionOf === null && !there.has(qualified(table.schema, table.name)))
    .map(({ table }) => ({ schema: table.schema, table: table.name }));
  const what =
    full.length === 0
      ? "rows could not be made for this schema"
      : without.length === 0
        ? "rows could not be made whole"
        : `${rowsOf(full)} synthetic rows in ${tablesIn(full.length)}, but none in ${namesOf(without)}`;
  const figures = { rows: rowsOf(full), [TABLES_WITHOUT_ROWS]: without.length };
  return { tables: full.length === 0 ? [] : made, seen: { ...notRun(`${what}: ${why}`), figures } };
}

const tablesIn = (count: number): string => `${count} table${count === 1 ? "" : "s"}`;

const rowsOf = (tables: readonly GeneratedTable[]): number => tables.reduce((sum, { rows }) => sum + rows, 0);

const NAMES_SHOWN = 10;

function namesOf(tables: readonly Pick<GeneratedTable, "schema" | "table">[]): string {
  const names = tables.slice(0, NAMES_SHOWN).map(({ schema, table }) => qualified(schema, table));
  const more = tables.length - names.length;
  return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
