import type { Session } from "../../engines/postgres/driver.ts";
import { invalid } from "../../model/error.ts";
import type { Batch } from "../../model/plan.ts";
import type { MigrationStep } from "../../model/migration.ts";
import type { ProgressTask } from "../../model/progress.ts";
import { ident, qualified } from "../../sql/identifier.ts";
import { withRetries } from "./attempt.ts";
import type { BackfillRecord } from "./history.ts";
import { restWhilePaused } from "./resting.ts";
import type { RunContext } from "./run-context.ts";
import { sliceStatement } from "./slice.ts";
import type { Sliced } from "./slice.ts";
import {
  BATCH_ROWS_FIRST,
  LOOK_AGAIN_MS,
  LOOK_EVERY_MS,
  nextBatchRows,
  pressureOn,
  reasonToWait,
  rest,
  WAITING_FOR_US,
} from "./throttle.ts";

/** What a backfill did before it ended or was paused. */
export interface BackfillResult {
  readonly finished: boolean;
  readonly rowsPassed: number;
  readonly rowsChanged: number;
  readonly batches: number;
  readonly duration_ms: number;
}

/** A step that is run in batches. */
export type BatchedStep = MigrationStep & { readonly batch: Batch };

/** What was looked up for a backfill before anything of it is on record. */
export interface PreparedBackfill {
  readonly table: Table;
  readonly sliced: Sliced;
}

/** Looks whether a step can be run in batches of its key. Throws `invalid` (exit 2) where not; writes nothing. */
export async function prepareBackfill(
  { session, fileOf }: Pick<RunContext, "session" | "fileOf">,
  migration: string,
  step: BatchedStep,
): Promise<PreparedBackfill> {
  const where = `${fileOf(migration)}:${step.line}`;
  const table = await lookAtTable(session, step.batch, where);
  return { table, sliced: await sliceStatement(step.sql, step.batch, table.types, where) };
}

interface Table {
  readonly oid: number;
  readonly types: readonly string[];
  /** The planner's estimate; null where the table was never analysed. */
  readonly rows: number | null;
}

/**
 * Runs a step in slices of its table's key, from where the history says that it got. Each batch is a transaction of
 * its own, and the place it reached is written in it: after a crash the next run goes on right behind the last batch
 * that was committed. Batches grow and shrink towards the target duration, and hold back for standbys, waiters and
 * load. Ends early, with `finished` false, when a pause is asked for.
 */
export async function runBackfill(
  context: RunContext,
  migration: string,
  step: BatchedStep,
  { table, sliced }: PreparedBackfill,
  from: BackfillRecord | null,
): Promise<BackfillResult> {
  const { options } = context;
  const title = `${qualified(step.batch.schema, step.batch.table)} in batches`;
  const task = context.progress.start(title, table.rows ?? undefined);
  const startedAt_ms = performance.now();
  const done = { passed: from?.rowsPassed ?? 0, changed: from?.rowsChanged ?? 0, batches: from?.batches ?? 0 };
  let reached = from?.reached ?? null;
  let rows = from?.batchRows ?? BATCH_ROWS_FIRST;
  let lookedAt_ms = Number.NEGATIVE_INFINITY;
  const result = (finished: boolean): BackfillResult => ({
    finished,
    rowsPassed: done.passed,
    rowsChanged: done.changed,
    batches: done.batches,
    duration_ms: performance.now() - startedAt_ms,
  });
  try {
    for (;;) {
      if (await restWhilePaused(context)) lookedAt_ms = Number.NEGATIVE_INFINITY;
      if (performance.now() - lookedAt_ms > LOOK_EVERY_MS) {
        if (!(await mayGoOn(context, table.oid, task, done.passed))) {
          task.done(`paused after ${done.passed} rows`);
          return result(false);
        }
        lookedAt_ms = performance.now();
      }
      if (context.signal.aborted) {
        task.done(`paused after ${done.passed} rows`);
        return result(false);
      }
      const batch = await withRetries(
        options.retry,
        context.signal,
        () => runBatch(context, migration, step, sliced, reached, rows),
        async (why, pause_ms) => {
          rows = Math.max(1, Math.floor(rows / 2));
          task.update(done.passed, `${why}; again in ${Math.ceil(pause_ms)} ms, ${rows} rows at a time`);
        },
        TOO_LONG,
      );
      done.passed += batch.passed;
      done.changed += batch.changed;
      done.batches++;
      if (batch.reached === null) break;
      ({ reached } = batch);
      rows = nextBatchRows(rows, batch.took_ms, options.batchTarget_ms, batch.waiting);
      task.update(done.passed, `${done.passed} rows, ${rate(done.passed - (from?.rowsPassed ?? 0), startedAt_ms)}`);
    }
    task.done(`${done.changed} rows changed in ${done.batches} batches`);
    return result(true);
  } catch (error) {
    task.failed();
    throw error;
  }
}

// A batch that a statement timeout ended may pass with half the rows.
const TOO_LONG: ReadonlyMap<string, string> = new Map([["57014", "the batch took longer than its statement timeout"]]);

function rate(rows: number, startedAt_ms: number): string {
  return `${Math.round((rows * 1000) / Math.max(1, performance.now() - startedAt_ms))} rows/s`;
}

interface BatchDone {
  /** Null: it was the last. */
  readonly reached: readonly string[] | null;
  readonly passed: number;
  readonly changed: number;
  readonly waiting: number;
  readonly took_ms: number;
}

async function runBatch(
  context: RunContext,
  migration: string,
  step: MigrationStep,
  sliced: Sliced,
  after: readonly string[] | null,
  rows: number,
): Promise<BatchDone> {
  const { session, history } = context;
  const startedAt_ms = performance.now();
  await session.execute(`BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${context.timeouts(step)}`);
  try {
    const lower = after ?? [];
    const found = await session.query<Record<string, string>>(sliced.bound(after !== null), [...lower, rows]);
    const [row] = found.rows;
    const reached = row === undefined ? null : keyOf(row);
    const changed = await session.query(sliced.statement(after !== null, reached !== null), [
      ...lower,
      ...(reached ?? []),
    ]);
    const waiting = (await session.query<{ waiting: number }>(WAITING_FOR_US)).rows[0]?.waiting ?? 0;
    const affected = changed.rowCount ?? 0;
    const passed = reached === null ? affected : rows;
    await history.asOurselves();
    await history.batch(migration, step.number, { reached, passed, changed: affected, rows });
    await session.execute("COMMIT");
    return { reached, passed, changed: affected, waiting, took_ms: performance.now() - startedAt_ms };
  } catch (error) {
    await session.execute("ROLLBACK").catch(() => {});
    throw error;
  }
}

function keyOf(row: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(row).map((_, index) => row[`k${index}`] ?? "");
}

// Waits while the server is under pressure. False when a pause was asked for.
async function mayGoOn(context: RunContext, oid: number, task: ProgressTask, passed: number): Promise<boolean> {
  let unseen = false;
  for (;;) {
    if (context.signal.aborted) return false;
    const pressure = await context.history.own(() => pressureOn(context.session, oid));
    if (pressure.pauseRequested) return false;
    if (pressure.unseenStandbys > 0 && !unseen) {
      context.noteOnce("the lag of standbys is not seen: GRANT pg_monitor to the role that runs migrations");
      unseen = true;
    }
    const why = reasonToWait(pressure, context.options.limits);
    if (why === null) return true;
    task.update(passed, `holding back: ${why}`);
    await rest(LOOK_AGAIN_MS, context.signal);
  }
}

const COLUMNS = `
  SELECT c.oid, a.attname::pg_catalog.text AS name,
         pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(t.typname) AS type,
         a.attnotnull AS filled,
         EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
           AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnkeyatts = pg_catalog.cardinality($2::pg_catalog.text[])
           AND (SELECT pg_catalog.array_agg(k.attname::pg_catalog.text ORDER BY k.attname)
                FROM pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS u(number, place)
                JOIN pg_catalog.pg_attribute k ON k.attrelid = c.oid AND k.attnum = u.number
                WHERE u.place <= i.indnkeyatts)
             = (SELECT pg_catalog.array_agg(name ORDER BY name COLLATE pg_catalog."C") FROM pg_catalog.unnest($2::pg_catalog.text[]) AS name)) AS unique,
         (SELECT pg_catalog.sum(GREATEST(p.reltuples, 0)) FROM pg_catalog.pg_partition_tree(c.oid) t
          JOIN pg_catalog.pg_class p ON p.oid = t.relid WHERE t.isleaf) AS partitioned,
         c.reltuples AS rows, c.relkind::pg_catalog.text AS kind
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = ANY ($2::pg_catalog.text[]) AND NOT a.attisdropped
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
  WHERE c.oid = pg_catalog.to_regclass($1)`;

interface ColumnRow {
  readonly oid: number;
  readonly name: string;
  readonly type: string;
  readonly filled: boolean;
  readonly unique: boolean;
  readonly partitioned: number | null;
  readonly rows: number;
  readonly kind: string;
}

// The key must order the rows without doubles and without gaps, or rows would be passed over.
async function lookAtTable(session: Session, batch: Batch, where: string): Promise<Table> {
  const name = qualified(batch.schema, batch.table);
  const { rows } = await session.query<ColumnRow>(COLUMNS, [name, batch.key]);
  const columns = batch.key.map((column) => rows.find((row) => row.name === column));
  const [first] = columns;
  const missing = batch.key.find((_, index) => columns[index] === undefined);
  if (first === undefined || missing !== undefined)
    throw invalid({
      what: `there is no column ${name}.${ident(missing ?? "")}`,
      where,
      expected: "batch=schema.table(key)",
    });
  const nullable = columns.find((column) => column?.filled !== true);
  if (nullable !== undefined || !first.unique) {
    throw invalid({
      what:
        nullable === undefined
          ? `no unique index of ${name} has just the columns ${batch.key.map(ident).join(", ")}`
          : `the key column ${name}.${ident(nullable.name)} may be NULL`,
      where,
      expected: "a unique key without NULLs, so that batches meet every row once",
      mend: "name the primary key in batch=",
    });
  }
  const estimate = first.kind === "p" ? first.partitioned : first.rows;
  return {
    oid: first.oid,
    types: columns.map((column) => column?.type ?? ""),
    rows: estimate === null || estimate < 0 ? null : Math.round(estimate),
  };
}
