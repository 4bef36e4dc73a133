import { isSqlState } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { ident, qualified } from "../../engines/postgres/print.ts";
import type { IndexObject } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { Progress, ProgressTask } from "../../model/progress.ts";
import type { Execution, WorkloadQuery } from "../../model/workload.ts";
import type { MeasuredIndex, MeasuredTrial, MeasuredWrites, Measurements } from "../../tune/measurements.ts";
import { tableKey } from "../rows/order.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { allowReplicaRole } from "../stats-rows/references-afterwards.ts";
import { indexParts, partKey } from "../what-if/index-parts.ts";
import type { RowsDatabase } from "./rows-database.ts";
import type { Situation } from "./situation.ts";
import { Stopwatch } from "./stopwatch.ts";
import { runTrial } from "./trials.ts";
import type { Trial } from "./trials.ts";
import { timeWrites } from "./write-batches.ts";

/** A rewrite to be timed. Both forms have as many executions. */
export interface TimedRewrite {
  readonly id: string;
  readonly before: readonly Execution[];
  readonly after: readonly Execution[];
}

/** What is to be measured. */
export interface MeasureRequest {
  readonly situation: Situation;
  readonly server: TwinServer;
  /** Where it is measured; the caller drops it. Indexes are built there, and stay. */
  readonly rows: RowsDatabase;
  /** Indexes to build, each with the statements by which it is built in production. */
  readonly indexes: readonly { readonly index: IndexObject; readonly statements: readonly string[] }[];
  /** Existing indexes that go with them. */
  readonly drops: readonly { readonly schema: string; readonly name: string }[];
  /** Queries to time, the most important first. */
  readonly queries: readonly WorkloadQuery[];
  /** Timed with the new indexes there. Absent: none. */
  readonly rewrites?: readonly TimedRewrite[];
  readonly options: {
    /** What running queries may take, all together; builds and batches of writes come on top. */
    readonly time_ms: number;
    readonly signal: AbortSignal;
    readonly progress: Progress;
  };
}

/** Draws of a query's parameters that are run. */
const DRAWS_MAX = 3;
const LIMIT_MS_LEAST = 1_000;
const LIMIT_MS_MOST = 10_000;
/** Of the time for all queries what one run may take at most. */
const LIMIT_SHARE = 1 / 8;
const BUILD_LIMIT_MS = 120_000;

/**
 * Builds indexes for real on a twin with rows, and takes the time of queries and writes with them and without, in
 * turns: without is in a transaction that drops them and is rolled back. Queries run as the scratch database's owner,
 * each with a time limit; what they write is rolled back.
 *
 * Throws the signal's reason, and errors of the connection; what the server refuses is said.
 */
export async function measure(request: MeasureRequest): Promise<Measurements> {
  const { server, options, rows } = request;
  const started = performance.now();
  const task = options.progress.start("measuring on rows", request.queries.length);
  try {
    const measured = await new Measuring(request, rows, task).run();
    task.done(`${measured.queries.length} queries, ${measured.indexes.length} indexes`);
    return {
      ...measured,
      origin: rows.origin,
      rows: rows.rows,
      sourceRows: rows.sourceRows,
      server: server.description,
      version: server.version,
      time_ms: performance.now() - started,
    };
  } catch (error) {
    task.failed();
    throw error;
  }
}

class Measuring {
  private readonly request: MeasureRequest;
  private readonly rows: RowsDatabase;
  private readonly task: ProgressTask;
  private readonly notes: string[];

  constructor(request: MeasureRequest, rows: RowsDatabase, task: ProgressTask) {
    this.request = request;
    this.rows = rows;
    this.task = task;
    this.notes = [...rows.notes];
  }

  async run(): Promise<Pick<Measurements, "indexes" | "queries" | "rewrites" | "writes" | "notes">> {
    const { database } = this.rows;
    const session = await database.connect("owner");
    try {
      const indexes = await this.build(session);
      const built = indexes.flatMap(({ id, refused }) => (refused === null ? [id] : []));
      const watch = new Stopwatch(session, this.searchPath(), await namesOf(session, built));
      const { reads, changes } = this.trials(built);
      const until_ms = performance.now() + this.request.options.time_ms;
      const first = await this.time(watch, reads, until_ms);
      // What is written and rolled back leaves dead rows: whatever only reads comes before.
      const second = await this.time(watch, changes, until_ms);
      const timed = new Map([...first, ...second].map((one) => [one.id, one]));
      const writes = await this.timeWrites(session, database, built);
      const own = (ids: readonly string[]): MeasuredTrial[] => ids.flatMap((id) => timed.get(id) ?? []);
      return {
        indexes,
        queries: own(this.request.queries.map(({ id }) => id)),
        rewrites: own((this.request.rewrites ?? []).map(({ id }) => id)),
        writes,
        notes: this.notes,
      };
    } finally {
      await session.close();
    }
  }

  private searchPath(): string {
    return this.request.situation.searchPath.map((name) => ident(name)).join(", ");
  }

  private async build(session: Session): Promise<readonly MeasuredIndex[]> {
    await session.execute(`SET statement_timeout = ${BUILD_LIMIT_MS}`);
    const times = new Map<string, { readonly refused: string | null; readonly build_ms: number }>();
    for (const { index, statements } of this.request.indexes) {
      this.request.options.signal.throwIfAborted();
      const started = performance.now();
      let refused: string | null = null;
      try {
        for (const sql of statements) await session.execute(sql);
      } catch (error) {
        if (!isSqlState((error as { code?: unknown }).code)) throw error;
        refused = (error as Error).message;
      }
      times.set(qualified(index.schema, index.name), { refused, build_ms: performance.now() - started });
      // Without statistics of an expression the planner guesses; autovacuum makes them in production.
      if (refused === null && index.keys.some(({ expression }) => expression !== null))
        await session.execute(`ANALYZE ${qualified(index.schema, index.table)}`);
    }
    await session.execute("RESET statement_timeout");
    const bytes = new Map<string, number>();
    for (const part of await indexParts(session)) {
      const id = qualified(part.root_schema, part.root_name);
      bytes.set(id, (bytes.get(id) ?? 0) + part.bytes);
    }
    const rows = await tableRows(session);
    return this.request.indexes.map(({ index }): MeasuredIndex => {
      const id = qualified(index.schema, index.name);
      const { refused = null, build_ms = 0 } = times.get(id) ?? {};
      const table = tableKey(index.schema, index.table);
      // A materialised view was made of the drawn rows: it has fewer, too.
      const ratio = this.rows.ratios.get(table) ?? this.ratioOf(index, rows.get(table) ?? 0);
      return sized({ id, refused, build_ms, bytes: bytes.get(id) ?? 0, rows: rows.get(table) ?? 0, ratio });
    });
  }

  private ratioOf({ schema, table }: IndexObject, rows: number): number {
    if (this.rows.origin === "source" || rows === 0) return 1;
    const size = this.request.situation.statistics.relations.find(
      (one) => one.schema === schema && one.name === table && one.table === null,
    );
    return Math.max(1, (size?.rows ?? rows) / rows);
  }

  private trials(built: readonly string[]): { readonly reads: readonly Trial[]; readonly changes: readonly Trial[] } {
    const { queries, rewrites = [] } = this.request;
    const drops = built.map((id) => `DROP INDEX ${id}`);
    const gone = this.request.drops.map(({ schema, name }) => `DROP INDEX IF EXISTS ${qualified(schema, name)}`);
    const trialOf = ({ id, executions }: WorkloadQuery): Trial => {
      const drawn = executions.slice(0, DRAWS_MAX);
      return { id, before: { prelude: drops, executions: drawn }, after: { prelude: gone, executions: drawn } };
    };
    return {
      reads: [
        ...queries.filter(({ verb }) => verb === "select").map(trialOf),
        ...rewrites.map(({ id, before, after }): Trial => {
          const draws = Math.min(DRAWS_MAX, before.length, after.length);
          return {
            id,
            before: { prelude: gone, executions: before.slice(0, draws) },
            after: { prelude: gone, executions: after.slice(0, draws) },
          };
        }),
      ],
      changes: queries.filter(({ verb }) => verb !== "select" && verb !== "other").map(trialOf),
    };
  }

  private async time(watch: Stopwatch, trials: readonly Trial[], until_ms: number): Promise<MeasuredTrial[]> {
    const { time_ms, signal } = this.request.options;
    const limit_ms = Math.round(Math.min(LIMIT_MS_MOST, Math.max(LIMIT_MS_LEAST, time_ms * LIMIT_SHARE)));
    const timed: MeasuredTrial[] = [];
    for (const [place, trial] of trials.entries()) {
      this.task.update(place);
      const now = performance.now();
      // Twice its share of what is left: most need less.
      const share = (2 * (until_ms - now)) / (trials.length - place);
      timed.push(await runTrial(watch, trial, { limit_ms, until_ms: Math.min(until_ms, now + share), signal }));
    }
    return timed;
  }

  private async timeWrites(
    session: Session,
    database: TwinDatabase,
    built: readonly string[],
  ): Promise<readonly MeasuredWrites[]> {
    const { situation, indexes, drops, options } = this.request;
    const refused = await allowReplicaRole(database, session);
    if (refused !== null) {
      this.notes.push(`what the indexes add to writes was not timed: ${refused}`);
      return [];
    }
    const there = new Set(built);
    const writes: MeasuredWrites[] = [];
    for (const view of viewOf(situation.catalog).tables) {
      const { schema, name } = view.table;
      const own = indexes.filter(
        ({ index }) =>
          index.schema === schema && index.table === name && there.has(qualified(index.schema, index.name)),
      );
      if (own.length === 0) continue;
      options.signal.throwIfAborted();
      const outcome = await timeWrites(session, {
        view,
        added: own.map(({ index }) => qualified(index.schema, index.name)),
        gone: view.indexes
          .filter((index) => drops.some((one) => one.schema === index.schema && one.name === index.name))
          .map((index) => qualified(index.schema, index.name)),
        leading: own.flatMap(({ index }) => index.keys[0]?.column ?? []),
      });
      if (outcome.ok) {
        writes.push(...outcome.writes);
        this.notes.push(...outcome.notes);
      } else this.notes.push(`writes to ${qualified(schema, name)} were not timed: ${outcome.why}`);
    }
    return writes;
  }
}

// Each part of a built index by the name under which a plan knows it.
async function namesOf(session: Session, built: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const wanted = new Set(built);
  const parts = (await indexParts(session)).map((part) => ({ part, id: qualified(part.root_schema, part.root_name) }));
  return new Map(parts.flatMap(({ part, id }) => (wanted.has(id) ? [[partKey(part.schema, part.name), id]] : [])));
}

// As last counted; of a partitioned table its partitions' together.
async function tableRows(session: Session): Promise<ReadonlyMap<string, number>> {
  const { rows } = await session.query<{ schema: string; name: string; rows: number }>(`
    WITH RECURSIVE family AS (
      SELECT oid, oid AS root FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'm')
      UNION ALL
      SELECT h.inhrelid, f.root FROM family AS f JOIN pg_catalog.pg_inherits AS h ON h.inhparent = f.oid
        JOIN pg_catalog.pg_class AS p ON p.oid = h.inhparent AND p.relkind = 'p')
    SELECT n.nspname AS schema, r.relname AS name,
           sum(CASE c.relkind WHEN 'p' THEN 0 ELSE greatest(c.reltuples, 0) END)::float8 AS rows
      FROM family AS f JOIN pg_catalog.pg_class AS c ON c.oid = f.oid JOIN pg_catalog.pg_class AS r ON r.oid = f.root
      JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
     GROUP BY 1, 2`);
  return new Map(rows.map((one) => [tableKey(one.schema, one.name), one.rows]));
}

function sized(built: Omit<MeasuredIndex, "bytesScaled" | "buildScaled_s">): MeasuredIndex {
  const { refused, bytes, rows, ratio, build_ms } = built;
  if (refused !== null) return { ...built, bytes: 0, bytesScaled: 0, buildScaled_s: 0 };
  const more = rows > 1 ? Math.log(rows * ratio) / Math.log(rows) : 1;
  return {
    ...built,
    bytesScaled: Math.round(bytes * ratio),
    buildScaled_s: Math.max(0.1, Math.round((build_ms * ratio * more) / 100) / 10),
  };
}
