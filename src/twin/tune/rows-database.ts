import { viewOf } from "../../model/catalog-view.ts";
import type { Progress } from "../../model/progress.ts";
import { buildTwin } from "../open/build-twin.ts";
import { tableKey } from "../rows/order.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { fillFromStatistics } from "../stats-rows/fill.ts";
import { sourceRowsOf } from "../stats-rows/source-rows.ts";
import type { Situation } from "./situation.ts";

/** A twin at depth `rows`: vacuumed and analysed. */
export interface RowsDatabase {
  readonly database: TwinDatabase;
  /** Whose rows it holds: the source's own, or some that were drawn from its statistics. */
  readonly origin: "source" | "statistics";
  readonly rows: number;
  readonly sourceRows: number;
  /** Rows of the source's table for each of the twin's, by `tableKey`. */
  readonly ratios: ReadonlyMap<string, number>;
  readonly notes: readonly string[];
}

/** How rows are come by. */
export interface RowsOptions {
  /** Rows that are drawn, at most. Rows of SQL are all there already. */
  readonly rowsMax: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** The same rows each time, so that two runs can be compared. */
const SEED = 1;

/**
 * Makes a database that holds rows: a copy of the one in which the source's SQL ran, else one with rows drawn from the
 * source's planner statistics. The caller drops it. Throws what `buildTwin` and `fillFromStatistics` throw; nothing is
 * left then.
 */
export async function rowsDatabase(
  { catalog, statistics, rowsDatabase: own }: Situation,
  server: TwinServer,
  { rowsMax, signal, progress }: RowsOptions,
): Promise<RowsDatabase> {
  if (own !== null) {
    const { known } = sourceRowsOf(viewOf(catalog), statistics, viewOf(catalog).tables);
    const roots = viewOf(catalog).tables.filter(({ table }) => table.partitionOf === null);
    const rows = roots.reduce((sum, { table }) => sum + (known.get(tableKey(table.schema, table.name)) ?? 0), 0);
    const database = await server.createDatabase(own);
    return { database, origin: "source", rows, sourceRows: rows, ratios: new Map(), notes: [] };
  }
  // What it could not build, the twin with the statistics could not either, and has said so.
  const { database } = await buildTwin(server, { catalog, statistics: null }, { signal, progress });
  try {
    const filled = await fillFromStatistics(database, catalog, statistics, { rowsMax, seed: SEED, signal, progress });
    return {
      database,
      origin: "statistics",
      rows: filled.rows,
      sourceRows: filled.tables.reduce((sum, one) => sum + one.sourceRows, 0),
      ratios: new Map(
        filled.tables.map((one) => [
          tableKey(one.schema, one.table),
          one.rows === 0 ? 1 : Math.max(1, one.sourceRows / one.rows),
        ]),
      ),
      notes: filled.unfilled.map(({ table, why }) => `${table} on the twin with rows: ${why}`),
    };
  } catch (error) {
    await database.drop().catch(() => {});
    throw error;
  }
}
