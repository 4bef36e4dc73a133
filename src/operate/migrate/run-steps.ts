import { DbwrightError } from "../../model/error.ts";
import type { Migration, MigrationStep } from "../../model/migration.ts";
import type { Phase } from "../../model/plan.ts";
import { parseSql } from "../../sql/parse.ts";
import { failureOf, isLost, isOfServer, withRetries } from "./attempt.ts";
import { prepareBackfill, runBackfill } from "./backfill.ts";
import type { BatchedStep } from "./backfill.ts";
import { stepError } from "./failure-text.ts";
import type { MigrationRecord, StepRecord } from "./history.ts";
import { mayRepeat, traceOf } from "./outside.ts";
import { restWhilePaused } from "./resting.ts";
import type { Trace } from "./outside.ts";
import type { RunContext } from "./run-context.ts";
import { timeoutSettings } from "./run-context.ts";
import { holdLock } from "./runner-lock.ts";
import { prepare } from "./connection.ts";

/** How the run of one migration ended, failures apart: those are thrown. */
export type RunEnd = "applied" | "stopped" | "paused";

const PHASES: readonly Phase[] = ["expand", "migrate", "contract"];

/** Steps that run together: one transaction, or one step by itself. */
export function unitsOf(steps: readonly MigrationStep[]): readonly (readonly MigrationStep[])[] {
  const units: MigrationStep[][] = [];
  for (const step of steps) {
    const last = units.at(-1)?.at(-1);
    const together = last !== undefined && step.transaction !== null && step.transaction === last.transaction;
    if (together && step.batch === null && last.batch === null) units.at(-1)?.push(step);
    else units.push([step]);
  }
  return units;
}

/**
 * Runs what is left of a migration. Every step is recorded: in its own transaction where it has one, else by an intent
 * before and a check after, so that the history never says more or less than is true. Throws a `DbwrightError` that
 * names file, line and the way on when a step fails; what was done before it stays done and recorded.
 */
export async function runMigration(
  context: RunContext,
  migration: Migration,
  record: MigrationRecord | null,
): Promise<RunEnd> {
  const { history, options } = context;
  const records = new Map((record?.steps ?? []).map((step) => [step.number, step]));
  const isDone = ({ number }: MigrationStep): boolean => records.get(number)?.state === "done";
  await prepare(context.session);
  for (const step of migration.steps)
    if (isDone(step) && (await setsSession(step.sql))) await context.session.execute(step.sql);
  await history.own(async () => {
    // What is on record of a repeatable one is of its text before.
    if (record === null) await history.remove(migration.id);
    await history.begin(migration, options.untilPhase);
  });
  const end = async (state: "stopped" | "applied", how: RunEnd): Promise<RunEnd> => {
    await history.own(() => history.state(migration.id, state));
    return how;
  };
  for (const unit of unitsOf(migration.steps)) {
    const left = unit.filter((step) => !isDone(step));
    const [first] = left;
    if (first === undefined) continue;
    const until = options.untilPhase;
    if (until !== null && PHASES.indexOf(first.phase) > PHASES.indexOf(until)) return await end("stopped", "stopped");
    await restWhilePaused(context);
    if (context.signal.aborted || (await pauseRequested(context))) return await end("stopped", "paused");
    try {
      const paused = await runUnit(context, migration, left, records.get(first.number) ?? null);
      if (paused) return await end("stopped", "paused");
      await context.watch?.unit(migration, left);
    } catch (error) {
      // A statement that Ctrl-C cancelled has not failed; its transaction was rolled back, or its intent is on record.
      if (context.signal.aborted && failureOf(error).sqlstate === "57014") return await end("stopped", "paused");
      throw error;
    }
  }
  return await end("applied", "applied");
}

async function pauseRequested({ session, history }: RunContext): Promise<boolean> {
  return await history.own(async () => {
    // A step may have given the lock away (DISCARD ALL, pg_advisory_unlock_all).
    await holdLock(session);
    const { rows } = await session.query<{ asked: boolean }>(
      "SELECT pause_requested_at IS NOT NULL AS asked FROM dbwright.about",
    );
    return rows[0]?.asked === true;
  });
}

// True when it was paused before its end.
async function runUnit(
  context: RunContext,
  migration: Migration,
  unit: readonly MigrationStep[],
  record: StepRecord | null,
): Promise<boolean> {
  const [step] = unit;
  if (step === undefined) return false;
  const current = { step, outwaits: false };
  const startedAt = new Date();
  let attempts = 1;
  try {
    if (step.batch !== null)
      return await runBatches(context, migration, { ...step, batch: step.batch }, record, startedAt);
    const task = context.progress.start(titleOf(migration, unit));
    try {
      const run = step.transactional
        ? () => runTransaction(context, migration, unit, current, startedAt, attempts)
        : await outsideRunner(context, migration, step, record, startedAt);
      await withRetries(
        context.options.retry,
        context.signal,
        async (attempt) => {
          attempts = attempt;
          await run();
        },
        async (why, pause_ms) => {
          current.outwaits = await vacuumIsAtWork(context);
          const whom = current.outwaits ? ", autovacuum is at work" : "";
          task.update(0, `${why}${whom}; attempt ${attempts + 1} in ${Math.ceil(pause_ms)} ms`);
          // Nothing is left of the last attempt of a transaction; what runs outside of one is brought to an end first.
          if (step.transactional) await restWhilePaused(context);
        },
      );
      task.done();
    } catch (error) {
      task.failed();
      throw error;
    }
    return false;
  } catch (error) {
    if (!isOfServer(error)) throw error;
    const failure = failureOf(error);
    const cancelled = context.signal.aborted && failure.sqlstate === "57014";
    if (cancelled) throw error;
    if (!isLost(error)) {
      // On a full disk even this may fail: the history then says what it said before, which is true as well.
      await context.history
        .own(async () => {
          const told = { startedAt, attempts, sqlstate: failure.sqlstate, error: failure.message };
          await context.history.step(migration.id, current.step, "failed", told);
          await context.history.state(migration.id, "failed");
        })
        .catch(() => {});
    }
    throw stepError(context.fileOf(migration.id), migration, current.step, failure, attempts, error);
  }
}

function titleOf(migration: Migration, unit: readonly MigrationStep[]): string {
  const [first, last] = [unit[0], unit.at(-1)];
  const which = first === last ? `step ${first?.number}` : `steps ${first?.number} to ${last?.number}`;
  const words = (first?.sql ?? "").replaceAll(/[\p{Cc}\s]+/gu, " ").slice(0, 50);
  return `${migration.id} ${which} of ${migration.steps.length}: ${words}`;
}

async function runBatches(
  context: RunContext,
  migration: Migration,
  step: BatchedStep,
  record: StepRecord | null,
  startedAt: Date,
): Promise<boolean> {
  const { history } = context;
  const prepared = await prepareBackfill(context, migration.id, step).catch(async (error: unknown) => {
    const why = error instanceof DbwrightError ? error.problems[0]?.what : undefined;
    if (why !== undefined)
      await history.own(async () => {
        await history.step(migration.id, step, "failed", { startedAt, error: why });
        await history.state(migration.id, "failed");
      });
    throw error;
  });
  await history.own(async () => {
    await history.step(migration.id, step, "intended", { startedAt });
    await history.beginBackfill(migration.id, step.number);
  });
  let finished = false;
  await watched(context, migration, step, false, async () => {
    ({ finished } = await runBackfill(context, migration.id, step, prepared, record?.backfill ?? null));
  });
  if (!finished) return true;
  await history.own(() => history.step(migration.id, step, "done", { startedAt }));
  return false;
}

async function watched(
  { session, watch }: RunContext,
  migration: Migration,
  step: MigrationStep,
  inTransaction: boolean,
  work: () => Promise<void>,
): Promise<void> {
  await (watch === null ? work() : watch.step(session, migration, step, inTransaction, work));
}

/*
 * A worker of autovacuum gives way to whoever it has kept waiting for deadlock_timeout (manual, "Routine Vacuuming"): a
 * shorter wait would never move it, however often it is tried.
 */
const OUTWAIT_VACUUM = `SELECT pg_catalog.set_config('lock_timeout', (500 + 1000 * pg_catalog.date_part('epoch',
  pg_catalog.current_setting('deadlock_timeout')::pg_catalog.interval))::pg_catalog.int4::pg_catalog.text || 'ms', true)`;

async function vacuumIsAtWork({ session, history }: RunContext): Promise<boolean> {
  return await history.own(async () => {
    const { rows } = await session.query<{ busy: boolean }>(
      `SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_vacuum v
         JOIN pg_catalog.pg_stat_activity a USING (pid)
        WHERE v.datname = pg_catalog.current_database() AND coalesce(a.backend_type = 'autovacuum worker', a.usesysid IS NULL)) AS busy`,
    );
    return rows[0]?.busy === true;
  });
}

async function runTransaction(
  context: RunContext,
  migration: Migration,
  unit: readonly MigrationStep[],
  current: { step: MigrationStep; readonly outwaits: boolean },
  startedAt: Date,
  attempts: number,
): Promise<void> {
  const { session, history, cancellable, timeouts } = context;
  await session.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  try {
    for (const step of unit) {
      current.step = step;
      const settings = timeouts(step);
      if (settings !== "") await session.execute(settings);
      if (current.outwaits) await session.execute(OUTWAIT_VACUUM);
      await watched(context, migration, step, true, () => cancellable(() => session.execute(step.sql)));
    }
    await history.asOurselves();
    for (const step of unit) await history.step(migration.id, step, "done", { startedAt, attempts });
    await cancellable(() => session.execute("COMMIT"));
  } catch (error) {
    await session.execute("ROLLBACK").catch(() => {});
    throw error;
  }
}

/**
 * The run of a step that may not stand in a transaction: what is there is looked at first, written down as an intent,
 * and looked at again afterwards. An intent from before a crash is judged the same way.
 */
async function outsideRunner(
  context: RunContext,
  migration: Migration,
  step: MigrationStep,
  record: StepRecord | null,
  startedAt: Date,
): Promise<() => Promise<void>> {
  const { session, history } = context;
  const trace = await traceOf(step.sql);
  const known = record !== null && record.state !== "done" ? record.seenBefore : null;
  const before = known ?? (trace === null ? [] : await trace.see(session));
  if (known === null)
    await history.own(() => history.step(migration.id, step, "intended", { startedAt, seenBefore: before }));
  const repeatable = trace !== null || (await mayRepeat(step.sql));
  if (known !== null && !repeatable)
    context.noteOnce(
      `step ${step.number} of ${migration.id} is run again: it leaves no trace by which one could tell whether it ran`,
    );
  const finish = (): Promise<void> =>
    history.own(() => history.step(migration.id, step, "done", { startedAt, seenBefore: before }));
  let first = known === null;
  return async () => {
    if (trace !== null && !first) {
      const outcome = trace.judge(before, await trace.see(session));
      if (outcome.outcome === "done") return await finish();
      if (outcome.outcome === "half")
        for (const sql of outcome.cleanup) await context.cancellable(() => session.execute(sql));
      if (trace.judge(before, await trace.see(session)).outcome === "done") return await finish();
    }
    if (!first) for (const sql of step.cleanup) await session.execute(sql).catch(() => {});
    first = false;
    // The waits of CONCURRENTLY for older transactions count as waits for a lock: without a stated limit they have none.
    await session.execute(timeoutSettings({ ...step, lockTimeout_ms: step.lockTimeout_ms ?? 0 }, null, "SESSION"));
    try {
      await watched(context, migration, step, false, () => context.cancellable(() => session.execute(step.sql)));
    } catch (error) {
      if (context.signal.aborted && trace !== null) await clearAway(context, trace, before);
      throw error;
    } finally {
      await session.execute("RESET lock_timeout; RESET statement_timeout").catch(() => {});
    }
    await finish();
  };
}

/**
 * After Ctrl-C: an index that is left invalid goes, for it costs every writer. That waits for old transactions, too,
 * which is why it is not waited for long.
 */
async function clearAway({ session, noteOnce }: RunContext, trace: Trace, before: readonly string[]): Promise<void> {
  try {
    const outcome = trace.judge(before, await trace.see(session));
    if (outcome.outcome !== "half") return;
    await session.execute("SET lock_timeout = '2s'");
    for (const sql of outcome.cleanup) {
      await session.execute(sql).catch(() => {
        noteOnce(`${outcome.what}; migrate resume or migrate down removes it`);
      });
    }
  } catch (error) {
    if (!isOfServer(error)) throw error;
  }
}

/** Whether a statement changes the session and nothing else, so that a later session needs it again. */
export async function setsSession(sql: string): Promise<boolean> {
  if (!/^(?:set|reset|select)\b/i.test(sql)) return false;
  const parsed = await parseSql(sql);
  const node = parsed.ok ? parsed.value[0]?.node : undefined;
  if (node === undefined) return false;
  if ("VariableSetStmt" in node) return node.VariableSetStmt.is_local !== true;
  if (!("SelectStmt" in node) || node.SelectStmt.fromClause !== undefined) return false;
  const targets = node.SelectStmt.targetList ?? [];
  return (
    targets.length > 0 &&
    targets.every((target) => {
      const call = "ResTarget" in target ? target.ResTarget.val : undefined;
      const names = call !== undefined && "FuncCall" in call ? (call.FuncCall.funcname ?? []) : [];
      const last = names.at(-1);
      return last !== undefined && "String" in last && last.String.sval === "set_config";
    })
  );
}
