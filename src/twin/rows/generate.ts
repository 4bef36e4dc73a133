import type { Session } from "../../engines/postgres/driver.ts";
import type { TableObject } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { Design, TableVolume } from "../../model/design.ts";
import type { Progress } from "../../model/progress.ts";
import { loadOrder, tableKey } from "./order.ts";
import { planTable } from "./plan.ts";
import { TableLoader } from "./load.ts";
import { openToOwner, silenceTriggers } from "./gates.ts";
import { keptByTriggers } from "./kept-by-triggers.ts";
import { rootTables } from "./partitions.ts";
import { fillCutReferences } from "./second-pass.ts";
import type { GeneratedTable, RowHints, RowRequest } from "./request.ts";
import { storeFor } from "./store-for.ts";

export type { GeneratedTable, RowHints, RowRequest, SpareRow } from "./request.ts";

/** The hints a design gives. */
export function hintsOf(design: Design): RowHints {
  const meanings = new Map(
    design.columns.map((column) => [JSON.stringify([column.schema, column.table, column.column]), column.meaning]),
  );
  const volumes = new Map(design.volumes.map((volume) => [tableKey(volume.schema, volume.table), volume]));
  const { tenancy } = design;
  return {
    meaning: (schema, table, column) => meanings.get(JSON.stringify([schema, table, column])) ?? null,
    volume: (schema, table) => volumes.get(tableKey(schema, table)) ?? null,
    tenancy:
      tenancy === null || tenancy.model !== "shared-schema"
        ? null
        : { table: tenancy.tenantTable, column: tenancy.column },
  };
}

/**
 * Fills the empty tables of a catalog with synthetic rows that satisfy all their constraints, parents
 * first. The same catalog, hints, counts, seed and `now` give the same rows. The session must belong to
 * the tables' owner: forced row security is lifted while rows are loaded, and restored. Triggers run, so
 * tables that they keep (histories, search documents) fill themselves; only spare rows are drawn for those.
 *
 * Throws `invalid` where rows cannot be drawn (a contradiction, a required column of a type that is not
 * known), naming table and constraint.
 */
export async function fillTables(session: Session, request: RowRequest): Promise<GeneratedTable[]> {
  const view = viewOf(request.catalog);
  const roots = await rootTables(session, view);
  const order = loadOrder(await Promise.all(roots.map((table) => planTable(view, table))));
  const now_ms = request.now?.getTime() ?? (await startOfDay(session));
  const stores = new Map(order.tables.map((plan) => [tableKey(plan.schema, plan.table), storeFor(order, plan)]));
  const restore = await openToOwner(session, roots);
  const kept = keptByTriggers(view, roots);
  const task = request.progress.start("Generating rows", order.tables.length);
  const done: GeneratedTable[] = [];
  try {
    for (const plan of order.tables) {
      request.signal.throwIfAborted();
      const started = performance.now();
      const table = view.table(plan.schema, plan.table)?.table as TableObject;
      const volume = request.hints.volume(plan.schema, plan.table);
      const keeper = kept.get(tableKey(plan.schema, plan.table));
      const asked = keeper === undefined ? Math.max(0, Math.floor(request.rows(table, volume))) : 0;
      const loader = new TableLoader(session, { plan, order, stores, request, asked, now_ms });
      const rows = await loader.load();
      const seconds = (performance.now() - started) / 1000;
      const note = keeper === undefined ? loader.note : `kept by a trigger of ${keeper}`;
      const made = { schema: plan.schema, table: plan.table, rows, asked, seconds, note, spare: loader.spare };
      done.push(made);
      request.onTable?.(made);
      task.update(done.length, `${plan.table}: ${rows} rows`);
    }
    if (order.cut.size > 0) {
      const speak = await silenceTriggers(session, roots);
      try {
        await fillCutReferences(session, order, stores, request.seed);
      } finally {
        await speak();
      }
    }
  } catch (error) {
    task.failed();
    throw error;
  } finally {
    await restore();
  }
  task.done(`${done.reduce((sum, table) => sum + table.rows, 0)} rows in ${done.length} tables`);
  return done;
}

/** {@link fillTables} for a design: its catalog, its volumes and what its columns mean. */
export function generateRows(
  session: Session,
  design: Design,
  options: {
    readonly rows: (volume: TableVolume) => number;
    readonly seed: number;
    readonly now?: Date;
    readonly spare?: number;
    readonly signal: AbortSignal;
    readonly progress: Progress;
  },
): Promise<GeneratedTable[]> {
  return fillTables(session, {
    catalog: design.catalog,
    hints: hintsOf(design),
    rows: (table, volume) => options.rows(volume ?? unstated(table)),
    seed: options.seed,
    now: options.now ?? null,
    spare: options.spare ?? 0,
    signal: options.signal,
    progress: options.progress,
  });
}

function unstated(table: TableObject): TableVolume {
  return {
    schema: table.schema ?? "",
    table: table.name,
    now_rows: 1000,
    per_month_rows: 0,
    horizon_rows: 1000,
    row_bytes: 100,
    largest_tenant_share: null,
    skew: 0.01,
    standing: "inferred",
  };
}

async function startOfDay(session: Session): Promise<number> {
  const result = await session.query<{ day: string }>(
    "SELECT to_char(date_trunc('day', now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD') AS day",
  );
  return Date.parse(`${result.rows[0]?.day}T00:00:00Z`);
}
