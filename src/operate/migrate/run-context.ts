import type { Session } from "../../engines/postgres/driver.ts";
import type { PauseSwitch } from "../../model/action.ts";
import type { Migration, MigrationStep } from "../../model/migration.ts";
import type { Phase } from "../../model/plan.ts";
import type { Progress } from "../../model/progress.ts";
import { RETRY_DEFAULT } from "./attempt.ts";
import type { RetryOptions } from "./attempt.ts";
import type { HistoryWriter } from "./history.ts";
import type { ThrottleLimits } from "./throttle.ts";

/** How migrations are run. */
export interface RunOptions {
  /** Stop when the next step belongs to a later phase; null: to the end. */
  readonly untilPhase: Phase | null;
  readonly retry: RetryOptions;
  /**
   * For steps that state none; the server's own setting is to wait for ever. Whoever comes later waits behind a
   * statement that waits for its table, readers too: so many short tries hurt less than one long one. Statements on
   * rows wait at least {@link ROW_LOCK_TIMEOUT_MS}.
   */
  readonly lockTimeout_ms: number;
  /** How long a batch should take: for so long at most a writer of one of its rows waits. */
  readonly batchTarget_ms: number;
  readonly limits: ThrottleLimits;
}

/** @see RunOptions */
export const RUN_DEFAULT: RunOptions = {
  untilPhase: null,
  retry: RETRY_DEFAULT,
  lockTimeout_ms: 75,
  batchTarget_ms: 50,
  limits: { lagMax_ms: 10_000, loadMax: null },
};

/** Looks on while steps run: the proof on a twin does. What it throws ends the run. */
export interface StepWatch {
  /** Does one step's work, each time that it is tried; `inTransaction`: the step's transaction is open around it. */
  step(
    session: Session,
    migration: Migration,
    step: MigrationStep,
    inTransaction: boolean,
    work: () => Promise<void>,
  ): Promise<void>;
  /** Steps that run together are done and committed. */
  unit(migration: Migration, steps: readonly MigrationStep[]): Promise<void>;
}

/** Looks on while steps are taken back. What it throws ends that. */
export interface UndoWatch {
  /** Does the undoing of steps that are taken back together, the last one first, with all its tries. */
  step(session: Session, migration: string, numbers: readonly number[], work: () => Promise<void>): Promise<void>;
}

/** What the parts of a run share. */
export interface RunContext {
  readonly session: Session;
  readonly history: HistoryWriter;
  readonly options: RunOptions;
  /** Aborted: pause at the next place that is understood. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Asked for in this process: rest at such a place, and then go on. Null where nobody can ask. */
  readonly pauses: PauseSwitch | null;
  fileOf(migration: string): string;
  /** The settings of a step as statements for its transaction. */
  timeouts(step: MigrationStep): string;
  /** A remark that is made once in a run. */
  noteOnce(text: string): void;
  /** Runs a statement that an abort cancels on the server, so that its transaction is rolled back. */
  cancellable(work: () => Promise<void>): Promise<void>;
  readonly watch: StepWatch | null;
}

/** How long statements on rows wait for a lock at least: nobody waits behind them for the whole table. */
export const ROW_LOCK_TIMEOUT_MS = 2000;

const ON_ROWS = /^\s*(?:insert|update|delete|merge|select|with|values|copy|call|do)\b/i;

/** SET statements for a step's timeouts; `scope` is LOCAL inside a transaction. */
export function timeoutSettings(
  step: Pick<MigrationStep, "lockTimeout_ms" | "statementTimeout_ms"> & Partial<Pick<MigrationStep, "sql">>,
  lockTimeout_ms: number | null,
  scope: "LOCAL" | "SESSION",
): string {
  const least_ms = ON_ROWS.test(step.sql ?? "") ? ROW_LOCK_TIMEOUT_MS : 0;
  const lock_ms = step.lockTimeout_ms ?? (lockTimeout_ms === null ? null : Math.max(lockTimeout_ms, least_ms));
  const settings = lock_ms === null ? [] : [`SET ${scope} lock_timeout = ${lock_ms}`];
  if (step.statementTimeout_ms !== null) settings.push(`SET ${scope} statement_timeout = ${step.statementTimeout_ms}`);
  return settings.join("; ");
}
