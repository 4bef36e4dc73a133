import type { Session } from "../../engines/postgres/driver.ts";
import { invalid } from "../../model/error.ts";
import { RowDrawer } from "./draw.ts";
import type { RowRequest, SpareRow } from "./request.ts";
import { tableKey } from "./order.ts";
import type { LoadOrder } from "./order.ts";
import { quoted } from "./plan.ts";
import type { ReferencePlan, TablePlan } from "./plan.ts";
import { randomOf } from "./random.ts";
import { CandidateStage, copyChunks } from "./staging.ts";
import type { Row, Spread, StoredTable, Value } from "./store.ts";
import type { ValueSource } from "./value-source.ts";

const MONTH_MS = 30 * 86_400_000;
const BATCH_FIRST = 500;
const BATCH_MAX = 20_000;
/** So many rows in a row without a free key or a parent: the domain is used up. */
const MISSES_MAX = 200;

/** What loading one table needs. */
export interface LoadInput {
  readonly plan: TablePlan;
  readonly order: LoadOrder;
  readonly stores: ReadonlyMap<string, StoredTable>;
  readonly request: RowRequest;
  readonly asked: number;
  readonly now_ms: number;
  /** What values and parents are drawn from where it knows them. */
  readonly source?: ValueSource;
}

interface LoadedBatch {
  readonly loaded: number;
  /** Whether no more can be drawn. */
  readonly exhausted: boolean;
}

// Fewer than are wanted where keys or parents are used up.
function* drawnRows(drawer: RowDrawer, wanted: number): Generator<Row> {
  for (let [drawn, misses] = [0, 0]; drawn < wanted && misses < MISSES_MAX;) {
    const row = drawer.draw();
    if (row === null) misses++;
    else {
      misses = 0;
      drawn++;
      yield row;
    }
  }
}

/** `schema.table`, quoted. */
export function tableName(plan: Pick<TablePlan, "schema" | "table">): string {
  return plan.schema === null ? quoted(plan.table) : `${quoted(plan.schema)}.${quoted(plan.table)}`;
}

/** Draws, judges and loads the rows of one table. */
export class TableLoader {
  /** Why there are fewer rows than were asked for. */
  note: string | null = null;
  /** Rows kept back. */
  spare: SpareRow[] = [];
  private readonly session: Session;
  private readonly input: LoadInput;
  private readonly store: StoredTable;

  constructor(session: Session, input: LoadInput) {
    this.session = session;
    this.input = input;
    this.store = input.stores.get(tableKey(input.plan.schema, input.plan.table)) as StoredTable;
  }

  /** Returns the number of rows loaded. */
  async load(): Promise<number> {
    const { plan, asked, request } = this.input;
    this.refuseUndrawable();
    const drawer = new RowDrawer(this.sources());
    const stage = new CandidateStage(this.session, plan);
    if (stage.needed) await stage.open();
    let loaded = 0;
    // Batches grow: rows refer to rows of the same table only when these are accepted.
    let over = asked + request.spare === 0;
    for (let size = BATCH_FIRST; !over; size = Math.min(BATCH_MAX, size * 3)) {
      request.signal.throwIfAborted();
      const last = loaded + size >= asked;
      const wanted = last ? asked - loaded + request.spare : size;
      const batch =
        stage.needed || request.spare > 0
          ? await this.loadDrawn(drawer, stage, { wanted, last })
          : await this.loadWhileDrawing(drawer, wanted);
      const { exhausted } = batch;
      loaded += batch.loaded;
      if (exhausted && loaded < asked)
        this.note = `all values that its keys and references allow are used after ${loaded} rows`;
      over = last || exhausted;
    }
    if (stage.needed) await stage.close();
    await this.advanceSequences();
    return loaded;
  }

  private async loadDrawn(
    drawer: RowDrawer,
    stage: CandidateStage,
    { wanted, last }: { readonly wanted: number; readonly last: boolean },
  ): Promise<LoadedBatch> {
    const drawn = [...drawnRows(drawer, wanted)];
    const rows = stage.needed && drawn.length > 0 ? await stage.settle(drawn, drawer) : drawn;
    const exhausted = drawn.length < wanted || rows.length < wanted / 2;
    const kept = last || exhausted ? this.keptOf(rows.length, exhausted) : 0;
    this.keepBack(rows.splice(rows.length - kept, kept));
    return { loaded: rows.length === 0 ? 0 : await this.copy(rows), exhausted };
  }

  // Rows that nothing judges are drawn while the server takes those before them.
  private async loadWhileDrawing(drawer: RowDrawer, wanted: number): Promise<LoadedBatch> {
    const loaded = await this.copy(drawnRows(drawer, wanted));
    return { loaded, exhausted: loaded < wanted };
  }

  // Even where the domain is used up a few are kept back: a fifth at most. A table that triggers fill gets none
  // of the rows drawn for it.
  private keptOf(drawn: number, exhausted: boolean): number {
    const { asked, request } = this.input;
    if (asked === 0) return drawn;
    return Math.min(request.spare, Math.floor(drawn / (exhausted ? 5 : 1)));
  }

  private keepBack(rows: readonly Row[]): void {
    const { columns } = this.input.plan;
    this.spare = rows.map((row) =>
      Object.fromEntries(columns.flatMap((column, at) => (column.sent ? [[column.name, row[at] ?? null]] : []))),
    );
  }

  private refuseUndrawable(): void {
    const { plan } = this.input;
    const column = plan.columns.find(
      (own) => !own.sent && own.type.kind === "other" && own.required && own.generated === null && own.default === null,
    );
    if (column === undefined) return;
    throw invalid({
      what: `no values can be generated for the required column ${column.name} of type ${column.type.sql}`,
      where: `table ${plan.table}`,
      mend: "give the column a default or make it optional",
    });
  }

  private sources(): ConstructorParameters<typeof RowDrawer>[0] {
    const { plan, order, stores, request, asked, now_ms } = this.input;
    const volume = request.hints.volume(plan.schema, plan.table);
    const months = volume === null || volume.per_month_rows <= 0 ? 24 : volume.now_rows / volume.per_month_rows;
    // Looked up once, not once per value.
    const parents = new Map(
      plan.references.map((reference) => [
        reference,
        order.cut.has(reference) ? undefined : stores.get(tableKey(reference.target.schema, reference.target.table)),
      ]),
    );
    const spreads = new Map(plan.references.map((reference) => [reference, this.spreadOver(reference)]));
    const meanings = new Map(
      plan.columns.map((column) => [column, request.hints.meaning(plan.schema, plan.table, column.name)]),
    );
    return {
      plan,
      random: randomOf(request.seed, tableKey(plan.schema, plan.table)),
      start_ms: now_ms - Math.min(60, Math.max(3, months)) * MONTH_MS,
      now_ms,
      count: asked,
      parent: (reference) => parents.get(reference),
      spread: (reference) => spreads.get(reference) as Spread,
      meaning: (column) => meanings.get(column) ?? null,
      tenant: this.tenant(),
      source: this.input.source ?? null,
    };
  }

  private spreadOver(reference: Pick<ReferencePlan, "target">): Spread {
    const { plan, request } = this.input;
    const volume = request.hints.volume(plan.schema, plan.table);
    const tenants = request.hints.tenancy?.table;
    const toTenant = tenants?.table === reference.target.table && tenants.schema === reference.target.schema;
    return {
      skew: toTenant ? 0.05 : (volume?.skew ?? 0.05),
      first: toTenant ? (volume?.largest_tenant_share ?? null) : null,
    };
  }

  private tenant(): ConstructorParameters<typeof RowDrawer>[0]["tenant"] {
    const { plan, stores, request } = this.input;
    const tenancy = request.hints.tenancy;
    if (tenancy === null) return null;
    const column = plan.columns.findIndex((own) => own.name === tenancy.column);
    const from = stores.get(tableKey(tenancy.table.schema, tenancy.table.table));
    if (column < 0 || from === undefined || from === this.store || from.rows.length === 0) return null;
    const own = plan.columns[column];
    const direct = plan.references.find(
      (reference) =>
        reference.columns.length === 1 &&
        reference.columns[0] === column &&
        reference.target.table === tenancy.table.table,
    );
    const key = from.columns.indexOf(direct?.targetColumns[0] ?? "id");
    if (own === undefined || key < 0) return null;
    return { column, from, key, spread: this.spreadOver({ target: tenancy.table }) };
  }

  // Returns how many there were.
  private async copy(rows: Iterable<Row>): Promise<number> {
    const { plan } = this.input;
    const sent = plan.columns.flatMap((column, position) => (column.sent ? [position] : []));
    const names = sent.map((position) => quoted(plan.columns[position]?.name ?? ""));
    const places = this.store.columns.map((name) => plan.columns.findIndex((column) => column.name === name));
    const stored: Value[][] = [];
    const values = function* (): Generator<readonly Value[]> {
      for (const row of rows) {
        stored.push(places.map((place) => row[place] ?? null));
        yield sent.map((position) => row[position] ?? null);
      }
    };
    try {
      await this.session.copyIn(`COPY ${tableName(plan)} (${names.join(", ")}) FROM STDIN`, copyChunks(values()));
    } catch (error) {
      const { code, constraint, column } = error as { code?: string; constraint?: string; column?: string };
      if (code === undefined || !/^(22|23)/.test(code)) throw error;
      throw invalid(
        {
          what: `generated rows were refused by ${constraint ?? column ?? "the server"} (SQLSTATE ${code})`,
          where: `table ${plan.table}`,
          expected: "constraints that rows drawn from the catalog can satisfy",
        },
        { cause: error },
      );
    }
    for (const row of stored) this.store.add(row);
    return stored.length;
  }

  // Identity and serial columns were given values: their sequences go on behind them.
  private async advanceSequences(): Promise<void> {
    const { plan } = this.input;
    for (const column of plan.columns) {
      if (!column.identity || !column.sent) continue;
      await this.session.query(
        `SELECT setval(pg_get_serial_sequence($1, $2)::regclass, greatest(1, (SELECT max(${quoted(column.name)}) FROM ${tableName(plan)})))`,
        [tableName(plan), column.name],
      );
    }
  }
}
