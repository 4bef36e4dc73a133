import type { Session } from "../../engines/postgres/driver.ts";
import { ident, qualified } from "../../engines/postgres/print.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { Catalog, IndexObject } from "../../model/catalog.ts";
import { unavailable } from "../../model/error.ts";
import type { QueryPlan } from "../../model/query-plan.ts";
import type { Execution } from "../../model/workload.ts";
import type { TriedIndex, TriedOutcome, WhatIf, WhatIfOutcome } from "../../tune/what-if.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { ExplainSession } from "./explain-session.ts";
import type { Explained, PlanningOptions } from "./explain-session.ts";
import { makeIndexes } from "./make-indexes.ts";
import type { WhereMade } from "./make-indexes.ts";
import { indexesRead, indexParts, partKey } from "./index-parts.ts";
import type { IndexPart } from "./index-parts.ts";
import { PlanMemory } from "./plan-memory.ts";

/** A {@link WhatIf} over a scratch database, to be closed before the database is dropped. */
export interface TwinWhatIf extends WhatIf {
  /** Plans that the server was asked for, and answers that came from memory. */
  readonly counts: { readonly planned: number; readonly remembered: number };
  close(): Promise<void>;
}

const OPTIONS: PlanningOptions = { searchPath: '"$user", public', timeout_ms: 5_000, settings: {} };

interface Held {
  readonly tried: TriedIndex;
  /** Of itself and, on a partitioned table, of the partitions' indexes. */
  readonly oids: readonly number[];
  readonly tables: readonly number[];
  /** Behind a constraint: always seen. */
  readonly fixed: boolean;
  /** It changes a plan by being read alone. */
  readonly inert: boolean;
}

/** A question with what is known of it. */
interface Asked {
  readonly execution: Execution;
  readonly key: string;
  readonly known: WhatIfOutcome | undefined;
}

const NO_PLAN: Extract<Explained, { ok: false }> = { ok: false, why: "the server gave no plan", reason: "refused" };

class DatabaseWhatIf implements TwinWhatIf {
  readonly counts = { planned: 0, remembered: 0 };
  private readonly where: WhereMade;
  private readonly admin: Session;
  private readonly maker: Session;
  private readonly planner: ExplainSession;
  private readonly held = new Map<string, Held>();
  /** Ids by `schema.name` of each part, as plans name them. */
  private readonly names = new Map<string, string>();
  private readonly memories = new Map<string, PlanMemory>();
  private readonly tables = new Map<string, ReadonlySet<number>>();
  private valid = new Set<string>();
  private queue: Promise<unknown> = Promise.resolve();

  constructor(where: WhereMade, planner: ExplainSession) {
    this.where = where;
    this.admin = where.admin;
    this.maker = where.owner;
    this.planner = planner;
  }

  get existing(): readonly TriedIndex[] {
    return [...this.held.values()].flatMap(({ tried }) => (tried.existing ? [tried] : []));
  }

  async readExisting(catalog: Catalog): Promise<void> {
    const objects = catalog.objects.filter(
      (object): object is IndexObject => object.kind === "index" && object.valid && object.partitionOf === null,
    );
    for (const held of await this.take(objects, true)) this.valid.add(held.tried.id);
  }

  make(indexes: readonly IndexObject[]): Promise<readonly TriedOutcome[]> {
    return this.inTurn(async () => {
      const rowsWhere = (schema: string, table: string, predicate: string): Promise<number | null> =>
        this.rowsWhere(schema, table, predicate);
      await this.planner.rest();
      const made = await makeIndexes(this.where, indexes, rowsWhere);
      const there = indexes.filter((_, place) => made[place]?.ok === true);
      const held = new Map((await this.take(there, false)).map((one) => [one.tried.index, one.tried]));
      for (const tried of held.values()) this.valid.add(tried.id);
      return indexes.map((index, place): TriedOutcome => {
        const outcome = made[place];
        const tried = held.get(index);
        if (outcome?.ok === true && tried !== undefined) return { ok: true, tried: { ...tried, bytes: outcome.bytes } };
        return { ok: false, why: outcome?.ok === false ? outcome.why : "it is not there after it was made" };
      });
    });
  }

  forget(ids: readonly string[]): Promise<void> {
    return this.inTurn(async () => {
      await this.planner.rest();
      for (const id of ids) {
        const held = this.held.get(id);
        if (held === undefined || held.tried.existing) continue;
        await this.maker.execute(`DROP INDEX ${qualified(held.tried.index.schema, held.tried.index.name)}`);
        this.held.delete(id);
        this.valid.delete(id);
        for (const [name, of] of this.names) if (of === id) this.names.delete(name);
      }
    });
  }

  plans(executions: readonly Execution[], configuration: ReadonlySet<string>): Promise<readonly WhatIfOutcome[]> {
    return this.inTurn(async () => {
      const seen = new Set(
        [...this.held.values()].flatMap(({ tried, fixed }) => (fixed || configuration.has(tried.id) ? [tried.id] : [])),
      );
      const asked = executions.map((execution): Asked => ({ execution, ...this.recall(execution, seen) }));
      const unknown = asked.filter(({ known }) => known === undefined);
      if (unknown.length > 0) await this.show(seen);
      this.counts.planned += unknown.length;
      this.counts.remembered += asked.length - unknown.length;
      // The first time it is asked for which tables a statement reads.
      const told = new Map<Asked, Explained>();
      for (const one of unknown) {
        if (!this.tables.has(one.key)) told.set(one, await this.planner.explain(one.execution));
      }
      const others = unknown.filter((one) => !told.has(one));
      const plans = await this.planner.explainAll(others.map(({ execution }) => execution));
      for (const [at, one] of others.entries()) told.set(one, plans[at] ?? NO_PLAN);
      return asked.map((one) => one.known ?? this.learn(one, told.get(one) ?? NO_PLAN, seen));
    });
  }

  async close(): Promise<void> {
    await this.queue.catch(() => {});
    for (const session of [this.planner, this.maker, this.admin]) await session.close();
  }

  private recall(execution: Execution, seen: ReadonlySet<string>): Pick<Asked, "key" | "known"> {
    const key = JSON.stringify([execution.sql, execution.values]);
    return { key, known: this.memories.get(key)?.find(this.relevant(key, seen)) };
  }

  private learn({ key }: Asked, explained: Explained, seen: ReadonlySet<string>): WhatIfOutcome {
    let memory = this.memories.get(key);
    if (memory === undefined)
      this.memories.set(key, (memory = new PlanMemory((id) => this.held.get(id)?.inert === true)));
    if (explained.ok && !this.tables.has(key)) this.tables.set(key, new Set(explained.tables));
    const outcome: WhatIfOutcome = explained.ok ? this.outcomeOf(explained.plans) : explained;
    memory.keep(this.relevant(key, seen), outcome);
    return outcome;
  }

  // The indexes of the tables that a statement reads or writes, all while those are not known.
  private relevant(key: string, seen: ReadonlySet<string>): ReadonlySet<string> {
    const tables = this.tables.get(key);
    if (tables === undefined) return seen;
    return new Set([...seen].filter((id) => this.held.get(id)?.tables.some((table) => tables.has(table)) === true));
  }

  private outcomeOf(plans: readonly QueryPlan[]): WhatIfOutcome {
    const [plan] = plans;
    if (plan === undefined) return NO_PLAN;
    const uses = new Set<string>();
    for (const one of plans) for (const id of indexesRead(one.root, this.names)) uses.add(id);
    return {
      ok: true,
      value: { plan, cost: plans.reduce((sum, one) => sum + one.root.cost.total, 0), uses: [...uses] },
    };
  }

  // The planner passes over indexes that are not valid; a change in pg_index reaches its cache at once.
  private async show(seen: ReadonlySet<string>): Promise<void> {
    const changed = [...this.held.values()].filter(
      ({ tried, fixed }) => !fixed && seen.has(tried.id) !== this.valid.has(tried.id),
    );
    if (changed.length === 0) return;
    const on = changed.filter(({ tried }) => seen.has(tried.id)).flatMap(({ oids }) => oids);
    await this.admin.query(
      `UPDATE pg_catalog.pg_index SET indisvalid = indexrelid = ANY ($2::pg_catalog.oid[])
        WHERE indexrelid = ANY ($1::pg_catalog.oid[])`,
      [changed.flatMap(({ oids }) => oids), on],
    );
    this.valid = new Set(seen);
  }

  private async rowsWhere(schema: string, table: string, predicate: string): Promise<number | null> {
    const sql = `SELECT FROM ONLY ${ident(schema)}.${ident(table)} WHERE ${predicate}`;
    const explained = await this.planner.explain({ sql, values: [] });
    return explained.ok ? (explained.plans[0]?.root.rows ?? null) : null;
  }

  // Takes up indexes that are in the database, by their names.
  private async take(indexes: readonly IndexObject[], existing: boolean): Promise<readonly Held[]> {
    if (indexes.length === 0) return [];
    const parts = new Map<string, IndexPart[]>();
    for (const part of await indexParts(this.admin)) {
      const root = qualified(part.root_schema, part.root_name);
      const same = parts.get(root);
      if (same === undefined) parts.set(root, [part]);
      else same.push(part);
    }
    return indexes.flatMap((index): Held[] => {
      const id = qualified(index.schema, index.name);
      const own = parts.get(id);
      if (own === undefined) return [];
      const bytes = own.reduce((sum, part) => sum + part.bytes, 0);
      const held: Held = {
        tried: { id, index, bytes, existing },
        oids: own.map((part) => part.oid),
        tables: own.map((part) => part.table_oid),
        fixed: index.constraint !== null,
        inert: !index.unique && index.keys.every((key) => key.expression === null),
      };
      this.held.set(id, held);
      for (const part of own) this.names.set(partKey(part.schema, part.name), id);
      return [held];
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.queue.catch(() => {}).then(work);
    this.queue = turn;
    return turn;
  }
}

/**
 * Opens the port on a scratch database whose planner sees production's sizes and statistics (or that holds analysed
 * rows); `catalog` is what is in it. Nothing may vacuum or analyse it meanwhile. A hypothetical index is a real one
 * that was made on an empty table, with its file extended to the estimated size; which are seen is said by
 * `pg_index.indisvalid`. Tried on PostgreSQL 15 to 18.
 *
 * Throws `unavailable` (exit 3) on a server that the user named: its files are out of reach.
 */
export async function openWhatIf(
  database: TwinDatabase,
  server: TwinServer,
  catalog: Catalog,
  options: Partial<PlanningOptions> = {},
): Promise<TwinWhatIf> {
  if (server.dataDir === null) {
    throw unavailable({
      what: "indexes that are only thought of need a scratch server whose files can be extended",
      where: server.description,
      mend: "leave --twin out, so that an embedded server is used",
    });
  }
  const admin = await database.connect("admin");
  const maker = await database.connect("owner");
  const planner = new ExplainSession(await database.connect("owner"), { ...OPTIONS, ...options });
  const where = { admin, owner: maker, view: viewOf(catalog), dataDir: server.dataDir };
  const whatIf = new DatabaseWhatIf(where, planner);
  await whatIf.readExisting(catalog);
  return whatIf;
}
