import type { Session } from "../../engines/postgres/driver.ts";
import type { Step } from "../../model/plan.ts";
import { refused } from "../prove/step.ts";
import type { ServerError } from "../prove/step.ts";
import { sampled, seenBetween, snapshot } from "./watch.ts";
import type { Seen } from "./watch.ts";

/** The server refused a step. */
export class StepRefused extends Error {
  override readonly name = "StepRefused";
  /** Its place in the plan, from 0. */
  readonly index: number;
  readonly sql: string;
  readonly reason: ServerError;
  /** What the steps before it were seen to do. */
  readonly seen: readonly Seen[];

  constructor(index: number, sql: string, reason: ServerError, seen: readonly Seen[]) {
    super(`step ${index + 1}: ${reason.message} (SQLSTATE ${reason.code ?? "?"})`);
    this.index = index;
    this.sql = sql;
    this.reason = reason;
    this.seen = seen;
  }
}

/**
 * The one statement that a proof gives to an administrator: whoever owns an extension does not own its members. It is
 * printed by the planner and runs nobody's code.
 */
export const MOVES_EXTENSION: RegExp = /^ALTER EXTENSION (?:\w+|"(?:[^"]|"")+") SET SCHEMA (?:\w+|"(?:[^"]|"")+")$/;

/** What is needed of a step to run it. */
export type Runnable = Pick<Step, "sql" | "transactional" | "transaction">;

/**
 * Runs the steps of a plan: those of one transaction together, others each by itself, batches whole. With a
 * `watcher` (a second session on the same database) every step is watched, and one that may run in a transaction
 * gets one of its own. Throws {@link StepRefused} for what the server refuses; its transaction is then rolled back.
 */
export async function runSteps(
  session: Session,
  steps: readonly Runnable[],
  watcher: Session | null = null,
  done: (steps: number) => void = () => {},
): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const refuse =
    (index: number, sql: string) =>
    (error: unknown): never => {
      if (!refused(error)) throw error;
      throw new StepRefused(index, sql, error, seen);
    };
  let open: number | null = null;
  for (const [index, step] of steps.entries()) {
    if (open !== null && step.transaction !== open) {
      await session.execute("COMMIT").catch(refuse(index - 1, "COMMIT"));
      open = null;
    }
    if (watcher !== null && MOVES_EXTENSION.test(step.sql)) {
      if (open !== null) await session.execute("COMMIT").catch(refuse(index - 1, "COMMIT"));
      open = null;
      const move = async (): Promise<void> => await watcher.execute(step.sql).catch(refuse(index, step.sql));
      seen.push(await watched(session, watcher, false, move));
      done(index + 1);
      continue;
    }
    const inTransaction = step.transactional && (step.transaction !== null || watcher !== null);
    if (inTransaction && open === null) await session.execute("BEGIN");
    if (inTransaction && step.transaction !== null) open = step.transaction;
    const work = async (): Promise<void> => {
      await session.execute(step.sql).catch(async (error: unknown) => {
        if (inTransaction) await session.execute("ROLLBACK").catch(() => {});
        refuse(index, step.sql)(error);
      });
    };
    if (watcher === null) await work();
    else seen.push(await watched(session, watcher, inTransaction, work));
    if (inTransaction && open === null) await session.execute("COMMIT").catch(refuse(index, "COMMIT"));
    done(index + 1);
  }
  if (open !== null) await session.execute("COMMIT").catch(refuse(steps.length - 1, "COMMIT"));
  return seen;
}

/** Runs one statement's work in a session and says what it did; `inTransaction`: its transaction is open around it. */
export async function watched(
  session: Session,
  watcher: Session,
  inTransaction: boolean,
  work: () => Promise<void>,
): Promise<Seen> {
  const before = await snapshot(session, inTransaction);
  const startedAt_ms = performance.now();
  if (inTransaction) {
    await work();
    const duration_ms = performance.now() - startedAt_ms;
    const after = await snapshot(session, true);
    return seenBetween(before, after, after.locks, { sampled: false, duration_ms });
  }
  const locks = await sampled(session, watcher, work);
  const duration_ms = performance.now() - startedAt_ms;
  // The counters of reads are handed in when the session is next idle.
  await session.execute("select pg_catalog.pg_stat_force_next_flush()");
  return seenBetween(before, await snapshot(session, false), locks, { sampled: true, duration_ms });
}

/** The statements that take steps back, last step first. Stops before a step that has none: `until` is its index, else -1. */
export function undoOf(steps: readonly Pick<Step, "undo">[]): {
  readonly statements: readonly string[];
  readonly until: number;
} {
  const statements: string[] = [];
  for (let index = steps.length - 1; index >= 0; index -= 1) {
    const undo = steps[index]?.undo ?? null;
    if (undo === null) return { statements, until: index };
    statements.push(...undo);
  }
  return { statements, until: -1 };
}
