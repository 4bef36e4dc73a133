import { parseSql } from "../../sql/parse.ts";
import { mayRunInTransaction } from "../../sql/transaction-block.ts";
import { failureOf, isLost, isOfServer, withRetries } from "./attempt.ts";
import type { HistoryWriter, MigrationRecord, StepRecord } from "./history.ts";
import { traceOf } from "./outside.ts";
import type { RunContext } from "./run-context.ts";
import { ENVIRONMENT } from "./failure-text.ts";
import { timeoutSettings } from "./run-context.ts";
import { invalid, unavailable } from "../../model/error.ts";

/** The undoing of one step. */
export interface UndoUnit {
  readonly number: number;
  readonly undo: readonly string[] | null;
  readonly irreversible: string | null;
  readonly lockTimeout_ms: number | null;
  /** The steps that are off the record afterwards, the last one first. */
  readonly covers: readonly number[];
  /** Steps of one number ran in one transaction, as its file says; null: by itself, or nobody knows. */
  readonly transaction: number | null;
  readonly record: StepRecord;
}

/**
 * Units as they are run: what came to be in one transaction goes in one, for what lies between its steps is nothing
 * that clients were meant to see. The last step first, as given.
 */
export async function unitsTogether(units: readonly UndoUnit[]): Promise<readonly UndoUnit[]> {
  const together: UndoUnit[] = [];
  for (const unit of units) {
    const last = together.at(-1);
    if (last === undefined || last.transaction === null || last.transaction !== unit.transaction) together.push(unit);
    else if (!(await mayJoin(last)) || !(await mayJoin(unit))) together.push(unit);
    else together.splice(-1, 1, joined(last, unit));
  }
  return together;
}

async function mayJoin({ undo, record }: UndoUnit): Promise<boolean> {
  return undo !== null && record.state === "done" && record.backfill === null && (await allTransactional(undo));
}

function joined(later: UndoUnit, earlier: UndoUnit): UndoUnit {
  const limits = [later, earlier].flatMap(({ lockTimeout_ms }) => (lockTimeout_ms === null ? [] : [lockTimeout_ms]));
  return {
    ...later,
    undo: [...(later.undo ?? []), ...(earlier.undo ?? [])],
    covers: [...later.covers, ...earlier.covers],
    lockTimeout_ms: limits.length === 0 ? null : Math.min(...limits),
  };
}

/** What undoing needs of a run. */
export type UndoContext = Pick<RunContext, "session" | "options" | "signal" | "cancellable"> & {
  readonly history: HistoryWriter;
};

/**
 * Takes one step back and strikes it off the record: in one transaction where its statements may stand in one, else
 * statement by statement, with what has run on record. A step that was broken off is first judged by what is there.
 */
export async function undoStep(context: UndoContext, migration: MigrationRecord, unit: UndoUnit): Promise<void> {
  const { session, history } = context;
  const statements = await remaining(context, unit);
  const strike = async (): Promise<void> => {
    for (const number of unit.covers) await history.removeStep(migration.id, number);
  };
  try {
    const together = await allTransactional(statements);
    if (together) {
      await transaction(context, unit, async () => {
        for (const sql of statements) await context.cancellable(() => session.execute(sql));
        await history.asOurselves();
        await strike();
      });
      return;
    }
    const first = (unit.undo ?? []).length - statements.length;
    for (const [index, sql] of statements.entries()) await oneByOne(context, migration, unit, first + index, sql);
    await history.own(strike);
  } catch (error) {
    if (isOfServer(error) && !isLost(error) && !context.signal.aborted) {
      const { sqlstate, message } = failureOf(error);
      // Where even this fails, the history says what it said before, which is true as well.
      await history.own(() => history.undoFailed(migration.id, unit.number, sqlstate, message)).catch(() => {});
    }
    throw undoError(migration, unit, error);
  }
}

// What of the undoing is still to be run.
async function remaining(
  { session, cancellable }: UndoContext,
  { undo, record }: UndoUnit,
): Promise<readonly string[]> {
  const all = undo ?? [];
  if (record.state === "undoing") return all.slice(record.undone);
  if (record.state === "done" || record.backfill !== null) return all;
  // Broken off outside of a transaction: what did not come to be is not taken back.
  const trace = await traceOf(record.sql);
  if (trace === null || record.seenBefore === null) return record.state === "failed" ? [] : all;
  const outcome = trace.judge(record.seenBefore, await trace.see(session));
  if (outcome.outcome === "half") for (const sql of outcome.cleanup) await cancellable(() => session.execute(sql));
  return outcome.outcome === "done" ? all : [];
}

async function allTransactional(statements: readonly string[]): Promise<boolean> {
  for (const sql of statements) if (!(await isTransactional(sql))) return false;
  return true;
}

async function isTransactional(sql: string): Promise<boolean> {
  const parsed = await parseSql(sql);
  return !parsed.ok || parsed.value.every(({ node }) => mayRunInTransaction(node));
}

async function transaction(context: UndoContext, unit: UndoUnit, work: () => Promise<void>): Promise<void> {
  const { session, options, signal } = context;
  const settings = timeoutSettings({ ...unit, statementTimeout_ms: null }, options.lockTimeout_ms, "LOCAL");
  await withRetries(
    options.retry,
    signal,
    async () => {
      await session.execute(`BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${settings}`);
      try {
        await work();
        await session.execute("COMMIT");
      } catch (error) {
        await session.execute("ROLLBACK").catch(() => {});
        throw error;
      }
    },
    async () => {},
  );
}

async function oneByOne(
  context: UndoContext,
  migration: MigrationRecord,
  unit: UndoUnit,
  index: number,
  sql: string,
): Promise<void> {
  const { session, history, options, signal } = context;
  if (await isTransactional(sql)) {
    await transaction(context, unit, async () => {
      await context.cancellable(() => session.execute(sql));
      await history.asOurselves();
      await history.undoing(migration.id, unit.number, index + 1);
    });
    return;
  }
  const trace = await traceOf(sql);
  // A run before this one may have ended between the statement and its record.
  let look = unit.record.state === "undoing" && unit.record.undone === index;
  await history.own(() => history.undoing(migration.id, unit.number, index));
  await withRetries(
    options.retry,
    signal,
    async () => {
      const outcome =
        look && trace !== null ? trace.judgeBlind(await trace.see(session)) : { outcome: "not done" as const };
      if (outcome.outcome === "done") return;
      if (outcome.outcome === "half") for (const cleanup of outcome.cleanup) await session.execute(cleanup);
      look = true;
      await context.cancellable(() => session.execute(sql));
    },
    async () => {},
  );
  await history.own(() => history.undoing(migration.id, unit.number, index + 1));
}

function undoError(migration: MigrationRecord, { number }: UndoUnit, error: unknown): unknown {
  if (!isOfServer(error)) return error;
  const { sqlstate, message } = failureOf(error);
  const where = `${migration.file}, undoing of step ${number}`;
  const mend = "mend the cause, then dbwright migrate down goes on; migrate status tells where it stands";
  if (isLost(error)) return unavailable({ what: `the connection was lost: ${message}`, where, mend }, { cause: error });
  const known = ENVIRONMENT[sqlstate ?? ""];
  if (known !== undefined) {
    const way = known.mend.replace("migrate resume", "migrate down");
    return unavailable({ what: `${known.what} (${sqlstate ?? ""})`, where, mend: way }, { cause: error });
  }
  return invalid({ what: `${message} (${sqlstate ?? ""})`, where, mend }, { cause: error });
}
