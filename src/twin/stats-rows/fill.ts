import type { Session } from "../../engines/postgres/driver.ts";
import type { Catalog } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import { DbwrightError } from "../../model/error.ts";
import type { ColumnDistribution, PlannerStatistics } from "../../model/planner-statistics.ts";
import type { Progress } from "../../model/progress.ts";
import { qualified } from "../../sql/identifier.ts";
import { openToOwner, silenceTriggers } from "../rows/gates.ts";
import { TableLoader, tableName } from "../rows/load.ts";
import { loadOrder, tableKey } from "../rows/order.ts";
import type { LoadOrder } from "../rows/order.ts";
import { rootTables } from "../rows/partitions.ts";
import { planTable } from "../rows/plan.ts";
import type { TablePlan } from "../rows/plan.ts";
import { randomOf } from "../rows/random.ts";
import { fillCutReferences } from "../rows/second-pass.ts";
import { storeFor } from "../rows/store-for.ts";
import type { StoredTable } from "../rows/store.ts";
import type { TwinDatabase } from "../server.ts";
import { stateSettings } from "../stats/settings.ts";
import { allot } from "./allot.ts";
import { allowReplicaRole, referencesAfterwards } from "./references-afterwards.ts";
import { sourceRowsOf } from "./source-rows.ts";
import { TableSource } from "./table-source.ts";
import { valueOrders } from "./value-orders.ts";

/** What one table got. */
export interface FilledTable {
  readonly schema: string | null;
  readonly table: string;
  readonly rows: number;
  /** Rows of the source's table, as its planner counts them. */
  readonly sourceRows: number;
  readonly seconds: number;
}

/** What became of a fill. */
export interface FilledFromStatistics {
  readonly rows: number;
  /** Rows of a large table for each of the source's, 0 to 1; small tables are whole. */
  readonly scale: number;
  readonly tables: readonly FilledTable[];
  /** Tables that got no rows, fewer than they should, or rows that are not drawn from statistics, with the reason. */
  readonly unfilled: readonly { readonly table: string; readonly why: string }[];
  /** Settings of the source that the server did not take. */
  readonly notes: readonly string[];
}

/** How rows are drawn. */
export interface FillOptions {
  /** Rows of all tables together, at most. */
  readonly rowsMax: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/**
 * Fills a scratch database that holds the catalog's schema, and no row and no transplanted statistics, with rows drawn
 * from planner statistics: common values at their share, others along the histogram, nulls, the order on disk,
 * references with their fan-out; keys, checks and partitions are satisfied. Common combinations that extended statistics
 * list are drawn together, other columns each by itself: how they depend on one another the statistics do not tell. Production's planner settings are set, materialised views filled,
 * and all is vacuumed and analysed. No trigger fires. The same input gives the same rows. Throws the signal's reason,
 * and the server's own error where it is not about the rows.
 */
export async function fillFromStatistics(
  database: TwinDatabase,
  catalog: Catalog,
  statistics: PlannerStatistics,
  options: FillOptions,
): Promise<FilledFromStatistics> {
  const admin = await database.connect("admin");
  let notes: readonly string[];
  try {
    ({ notes } = await stateSettings(admin, database.name, statistics.settings));
  } finally {
    await admin.close();
  }
  const session = await database.connect("owner");
  try {
    const afterwards = (await allowReplicaRole(database, session)) === null;
    const filled = await new Filling(session, viewOf(catalog), statistics, { ...options, afterwards }).run();
    return { ...filled, notes };
  } finally {
    await session.close();
  }
}

/** From so many rows on foreign keys are checked together: below, that takes longer than one by one. */
const AFTERWARDS_ROWS = 1_000;

class Filling {
  private readonly session: Session;
  private readonly view: CatalogView;
  private readonly statistics: PlannerStatistics;
  private readonly options: FillOptions;
  private readonly unfilled: { table: string; why: string }[] = [];
  private readonly tables: FilledTable[] = [];
  private readonly columns = new Map<string, Map<string, ColumnDistribution>>();
  private order: LoadOrder = { tables: [], cut: new Set() };
  private readonly stores = new Map<string, StoredTable>();
  private sourceRows: ReadonlyMap<string, number> = new Map();
  /** Whether foreign keys may be checked when a table is full. */
  private readonly afterwards: boolean;

  constructor(
    session: Session,
    view: CatalogView,
    statistics: PlannerStatistics,
    { afterwards, ...options }: FillOptions & { readonly afterwards: boolean },
  ) {
    this.afterwards = afterwards;
    this.session = session;
    this.view = view;
    this.statistics = statistics;
    this.options = options;
  }

  async run(): Promise<Omit<FilledFromStatistics, "notes">> {
    const { session, view, options } = this;
    const roots = (await rootTables(session, view)).filter(({ table }) => table.foreign === undefined);
    this.readColumns(roots);
    const plans = await Promise.all(roots.map((table) => planTable(view, table)));
    this.order = loadOrder(
      plans.map((plan) => this.widened(plan)),
      (circle) => {
        for (const { schema, table } of circle)
          this.unfilled.push({
            table: qualified(schema, table),
            why: "it is in or behind a circle of required references, in which no table can have a first row",
          });
      },
    );
    for (const plan of this.order.tables) this.emptyStore(plan);
    const { known, unknown } = sourceRowsOf(view, this.statistics, roots);
    this.sourceRows = known;
    this.unfilled.push(...unknown);
    const { rows, scale } = allot(known, options.rowsMax);
    const task = options.progress.start("Drawing rows from statistics", this.order.tables.length);
    const restore = await openToOwner(session, roots);
    const speak = await silenceTriggers(session, roots);
    try {
      for (const [at, plan] of this.order.tables.entries()) {
        options.signal.throwIfAborted();
        await this.fill(plan, rows.get(tableKey(plan.schema, plan.table)) ?? 0);
        task.update(at + 1, plan.table);
      }
      if (this.order.cut.size > 0) await fillCutReferences(session, this.order, this.stores, options.seed);
    } catch (error) {
      task.failed();
      throw error;
    } finally {
      await speak();
      await restore();
    }
    await this.settle(roots);
    const sum = this.tables.reduce((all, table) => all + table.rows, 0);
    task.done(`${sum} rows in ${this.tables.length} tables`);
    return { rows: sum, scale, tables: this.tables, unfilled: this.unfilled };
  }

  // Of a table with children (partitions, inheritance) the whole tree's distribution where it is partitioned, else its own.
  private readColumns(roots: readonly TableView[]): void {
    const partitioned = new Set(
      roots.flatMap(({ table }) => (table.partitionBy === null ? [] : [tableKey(table.schema, table.name)])),
    );
    for (const column of this.statistics.columns) {
      const key = tableKey(column.schema, column.relation);
      if (column.inherited !== partitioned.has(key)) continue;
      const own = this.columns.get(key) ?? new Map<string, ColumnDistribution>();
      this.columns.set(key, own.set(column.column, column));
    }
  }

  // A type that nothing is known of can be sent where values of it are known.
  private widened(plan: TablePlan): TablePlan {
    const known = this.columns.get(tableKey(plan.schema, plan.table));
    return {
      ...plan,
      columns: plan.columns.map((column) => {
        const { common, histogram } = known?.get(column.name) ?? { common: null, histogram: null };
        const told = column.type.kind === "other" && column.generated === null && (common ?? histogram) !== null;
        return told ? { ...column, sent: true } : column;
      }),
    };
  }

  private emptyStore(plan: TablePlan): void {
    this.stores.set(tableKey(plan.schema, plan.table), storeFor(this.order, plan));
  }

  private async fill(plan: TablePlan, asked: number): Promise<void> {
    const started = performance.now();
    const key = tableKey(plan.schema, plan.table);
    const name = qualified(plan.schema, plan.table);
    let rows = 0;
    if (asked > 0) {
      const source = await this.sourceFor(plan, asked);
      let outcome = await this.attempt(plan, asked, source);
      if ("why" in outcome && source !== undefined) {
        const { why } = outcome;
        outcome = await this.attempt(plan, asked, undefined);
        if (!("why" in outcome))
          this.unfilled.push({
            table: name,
            why: `rows drawn from its statistics were refused (${why}): drawn from its constraints alone`,
          });
      }
      if ("why" in outcome) this.unfilled.push({ table: name, why: outcome.why });
      else {
        rows = outcome.rows;
        if (outcome.note !== null) this.unfilled.push({ table: name, why: outcome.note });
      }
    }
    const seconds = (performance.now() - started) / 1000;
    const { schema, table } = plan;
    this.tables.push({ schema, table, rows, sourceRows: this.sourceRows.get(key) ?? 0, seconds });
  }

  private async attempt(
    plan: TablePlan,
    asked: number,
    source: TableSource | undefined,
  ): Promise<{ readonly rows: number; readonly note: string | null } | { readonly why: string }> {
    const { signal, progress, seed } = this.options;
    const none = { meaning: () => null, volume: () => null, tenancy: null };
    const now = new Date(this.statistics.readAt);
    const loader = new TableLoader(this.session, {
      plan,
      order: this.order,
      stores: this.stores,
      request: { catalog: this.view.catalog, hints: none, rows: () => asked, seed, now, spare: 0, signal, progress },
      asked,
      now_ms: now.getTime(),
      ...(source === undefined ? {} : { source }),
    });
    try {
      const load = (): Promise<number> => loader.load();
      const rows =
        this.afterwards && asked >= AFTERWARDS_ROWS
          ? await referencesAfterwards(this.session, tableName(plan), load)
          : await load();
      return { rows, note: loader.note };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof DbwrightError) && (error as { code?: unknown }).code === undefined) throw error;
      await this.session.execute(`DELETE FROM ${tableName(plan)}`);
      this.emptyStore(plan);
      return { why: (error as Error).message };
    }
  }

  private async sourceFor(plan: TablePlan, count: number): Promise<TableSource | undefined> {
    const key = tableKey(plan.schema, plan.table);
    const distributions = this.columns.get(key);
    if (distributions === undefined) {
      this.unfilled.push({
        table: qualified(plan.schema, plan.table),
        why: "no statistics of its columns: drawn from its constraints alone",
      });
      return undefined;
    }
    const partitioned = this.view
      .of("table")
      .some((one) => tableKey(one.schema, one.name) === key && one.partitionBy !== null);
    return new TableSource({
      plan,
      distributions,
      extended: this.statistics.extended.filter(
        (one) => tableKey(one.schema, one.table) === key && one.inherited === partitioned,
      ),
      orders: await valueOrders(this.session, plan, distributions),
      sourceRows: this.sourceRows.get(key) ?? count,
      count,
      parentRows: ({ target }) => this.sourceRows.get(tableKey(target.schema, target.table)) ?? 0,
      hasDefaultPartition: this.view
        .of("table")
        .some(
          ({ partitionOf }) =>
            partitionOf?.schema === plan.schema && partitionOf.table === plan.table && partitionOf.bound === "DEFAULT",
        ),
      random: randomOf(this.options.seed, `${key} statistics`),
    });
  }

  // Materialised views in the order of what they need; what cannot be filled is said.
  private async settle(roots: readonly TableView[]): Promise<void> {
    const names = roots.map(({ table }) => qualified(table.schema, table.name));
    for (const name of names) {
      this.options.signal.throwIfAborted();
      await this.session.execute(`VACUUM (ANALYZE) ${name}`);
    }
    let left = this.view.of("view").filter(({ materialised, populated }) => materialised && populated !== false);
    for (let before = -1; left.length > 0 && left.length !== before;) {
      before = left.length;
      const failed: { view: (typeof left)[number]; why: string }[] = [];
      for (const view of left) {
        this.options.signal.throwIfAborted();
        const name = qualified(view.schema, view.name);
        try {
          await this.session.execute(`REFRESH MATERIALIZED VIEW ${name}`);
          await this.session.execute(`VACUUM (ANALYZE) ${name}`);
        } catch (error) {
          failed.push({ view, why: (error as Error).message });
        }
      }
      left = failed.map(({ view }) => view);
      if (left.length === before)
        for (const { view, why } of failed) this.unfilled.push({ table: qualified(view.schema, view.name), why });
    }
  }
}
