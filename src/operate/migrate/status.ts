import { connect } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { DbwrightError } from "../../model/error.ts";
import type { Problem } from "../../model/error.ts";
import type { Migration } from "../../model/migration.ts";
import { explained } from "./attempt.ts";
import { checkWritable } from "./connection.ts";
import { COVERED, readHistory } from "./history.ts";
import type { HistoryState, MigrationRecord, StepRecord } from "./history.ts";
import { otherHistories } from "./other-tools.ts";
import type { OtherHistory } from "./other-tools.ts";
import { traceOf } from "./outside.ts";
import { standingOf } from "./pending.ts";
import type { Standing } from "./pending.ts";
import { currentRunner } from "./runner-lock.ts";
import type { Runner } from "./runner-lock.ts";

/** One migration as `migrate status` shows it. */
export interface MigrationStatus {
  readonly id: string;
  readonly file: string;
  /**
   * `interrupted`: begun, and nobody runs it any more; `stopped`: at the end of a phase, or paused; `late`: pending, and
   * a later one has run; `again`: repeatable, and changed since it ran; `no file`: it ran, and its file is gone; `replaced`: by a squashed one.
   */
  readonly state:
    | "applied"
    | "pending"
    | "late"
    | "again"
    | "running"
    | "interrupted"
    | "failed"
    | "stopped"
    | "undoing"
    | "no file"
    | "replaced";
  readonly stepsDone: number;
  readonly stepsTotal: number;
  readonly finishedAt: string | null;
  /** Of an unfinished one: each step that was begun and is not done, in words. */
  readonly open: readonly { readonly step: number; readonly line: number | null; readonly says: string }[];
}

/** Where a database stands. */
export interface MigrateStatus {
  readonly migrations: readonly MigrationStatus[];
  readonly runner: Runner | null;
  readonly pause: { readonly at: string; readonly by: string } | null;
  /** Files that were changed after they ran. */
  readonly edited: readonly Problem[];
  /** Histories of other tools, where dbwright has none of its own. */
  readonly otherTools: readonly OtherHistory[];
  /** The command to go on with; null when there is nothing to do. */
  readonly next: string | null;
}

/** Reads where a database stands against the files of a folder. Writes nothing; works beside a runner. */
export async function migrateStatus(
  url: string,
  migrations: readonly Migration[],
  signal: AbortSignal,
): Promise<MigrateStatus> {
  return await explained(() => look(url, migrations, signal));
}

async function look(url: string, migrations: readonly Migration[], signal: AbortSignal): Promise<MigrateStatus> {
  const session = await connect({ url, signal, applicationName: "dbwright migrate status" });
  try {
    const history = await readHistory(session);
    const standing = standingOf(migrations, history);
    const runner = await currentRunner(session, history.exists);
    const files = new Map(migrations.map((migration) => [migration.id, migration]));
    const list: MigrationStatus[] = [];
    const waiting = new Set(standing.pending.map(({ id }) => id));
    const again = new Set(history.migrations.map(({ id }) => id).filter((id) => waiting.has(id)));
    for (const record of history.migrations.filter(({ checksum }) => checksum !== COVERED))
      if (!again.has(record.id)) list.push(await begun(session, record, files.get(record.id), runner));
    for (const { id, file, steps } of standing.pending) {
      const isLate = standing.late.some((late) => late.id === id);
      const state = isLate ? "late" : again.has(id) ? "again" : "pending";
      list.push({ id, file, state, stepsDone: 0, stepsTotal: steps.length, finishedAt: null, open: [] });
    }
    const otherTools = history.migrations.length > 0 ? [] : await otherHistories(session);
    const { pause } = history;
    const refused = await refusalOf(session);
    return {
      migrations: list,
      runner,
      pause,
      edited: standing.edited,
      otherTools,
      next: refused ?? nextOf(history, standing, runner, otherTools),
    };
  } finally {
    await session.close();
  }
}

// Where the next command would be refused, this is told instead: of a standby, or an old server.
async function refusalOf(session: Session): Promise<string | null> {
  try {
    await checkWritable(session);
    return null;
  } catch (error) {
    const problem = error instanceof DbwrightError ? error.problems[0] : undefined;
    if (problem === undefined) throw error;
    return [problem.what, problem.mend].filter((part) => part !== undefined).join("; ");
  }
}

async function begun(
  session: Session,
  record: MigrationRecord,
  file: Migration | undefined,
  runner: Runner | null,
): Promise<MigrationStatus> {
  const open: { step: number; line: number | null; says: string }[] = [];
  const next = record.state === "undoing" ? record.steps.at(-1) : undefined;
  for (const step of record.steps) {
    if (step.state === "done" && step !== next) continue;
    open.push({
      step: step.number,
      line: file?.steps[step.number - 1]?.line ?? null,
      says: await explain(session, step, runner),
    });
  }
  return {
    id: record.id,
    file: file?.file ?? record.file,
    state: stateOf(record, file, runner),
    stepsDone:
      record.state === "applied" ? record.stepsTotal : record.steps.filter(({ state }) => state === "done").length,
    stepsTotal: record.stepsTotal,
    finishedAt: record.finishedAt,
    open,
  };
}

function stateOf(
  record: MigrationRecord,
  file: Migration | undefined,
  runner: Runner | null,
): MigrationStatus["state"] {
  if (record.state === "running") return runner === null ? "interrupted" : "running";
  if (record.state !== "applied") return record.state;
  if (record.replacedBy !== null) return "replaced";
  return file === undefined ? "no file" : "applied";
}

function failureText({ error, sqlstate }: StepRecord): string {
  return `failed: ${error ?? ""}${sqlstate === null ? "" : ` (${sqlstate})`}`;
}

async function explain(session: Session, step: StepRecord, runner: Runner | null): Promise<string> {
  const why = step.error === null ? "" : `; ${failureText(step)}`;
  if (step.state === "undoing")
    return `being taken back: ${step.undone} of ${(step.undo ?? []).length} statements have run${why}`;
  if (step.state === "done") return `to be taken back next${why}`;
  if (step.backfill !== null) {
    const { rowsPassed, rowsChanged, batches } = step.backfill;
    const failed = step.error === null ? "" : `; ${failureText(step)}`;
    return `${rowsPassed} rows passed and ${rowsChanged} changed in ${batches} batches; it goes on behind them${failed}`;
  }
  if (step.state === "failed") return failureText(step);
  if (runner !== null) return "under way";
  const trace = await traceOf(step.sql);
  if (trace === null || step.seenBefore === null)
    return "it was begun; whether it ended leaves no trace, and it is run again";
  const outcome = trace.judge(step.seenBefore, await trace.see(session));
  if (outcome.outcome === "done") return "it was begun, and what it makes is there: only its record is missing";
  if (outcome.outcome === "half") return `it was broken off: ${outcome.what}; that is removed before it is run again`;
  return "it was begun, and nothing of it is there: it is run again";
}

function nextOf(
  history: HistoryState,
  standing: Standing,
  runner: Runner | null,
  others: readonly OtherHistory[],
): string | null {
  if (runner !== null) return "wait, or dbwright migrate pause";
  if (standing.edited.length > 0) return "take back the changes of the files named above";
  const { unfinished } = standing;
  if (unfinished?.state === "undoing") return "dbwright migrate down goes on taking it back";
  if (unfinished?.state === "stopped" && history.pause === null)
    return `dbwright migrate up goes on${unfinished.untilPhase === null ? "" : `, with the phase behind ${unfinished.untilPhase}`}; dbwright migrate down takes back what ran`;
  if (unfinished !== null) return "dbwright migrate resume finishes it; dbwright migrate down takes back what ran";
  if (history.pause !== null) return "dbwright migrate resume ends the pause";
  const broken = others.find((other) => other.broken.length > 0);
  if (broken !== undefined) return `repair the history with ${broken.tool}; then dbwright migrate baseline adopts it`;
  if (others.length > 0) return "dbwright migrate baseline adopts the history of the other tool";
  return standing.pending.length > 0 || standing.mapped.length > 0 ? "dbwright migrate up" : null;
}
