import { connect } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import type { PauseSwitch } from "../../model/action.ts";
import { invalid } from "../../model/error.ts";
import type { Migration } from "../../model/migration.ts";
import type { Progress } from "../../model/progress.ts";
import { parseSql } from "../../sql/parse.ts";
import { explained } from "./attempt.ts";
import { checklistOf } from "./checklist.ts";
import type { CheckItem } from "./checklist.ts";
import { openRunnerSession } from "./connection.ts";
import { createHistory } from "./history-tables.ts";
import { HistoryWriter, readHistory } from "./history.ts";
import type { HistoryState, MigrationRecord } from "./history.ts";
import { checkLosses, lossesOf } from "./losses.ts";
import type { Loss } from "./losses.ts";
import { otherHistories, ranText } from "./other-tools.ts";
import { checkUnedited, findMigration, ranBefore, standingOf, upTo } from "./pending.ts";
import type { Standing } from "./pending.ts";
import { checkPrivileges, lookForPrivileges } from "./privileges.ts";
import { ROLLBACK_UNTESTED, rollbackKey } from "./rollback-proof.ts";
import type { RollbackLookup, RollbackTest } from "./rollback-proof.ts";
import type { RunContext, RunOptions, StepWatch } from "./run-context.ts";
import { timeoutSettings } from "./run-context.ts";
import { runMigration } from "./run-steps.ts";
import { becomeRunner, refuseOtherRunner } from "./runner-lock.ts";

/** What is to be run, and how. */
export interface UpRequest {
  readonly url: string;
  /** All of the folder, in order. */
  readonly migrations: readonly Migration[];
  /** `resume` finishes what is unfinished; `up` begins what is pending. */
  readonly command: "up" | "resume";
  /** The last migration to run; null for all. */
  readonly to: string | null;
  readonly options: RunOptions;
  /** Destructive steps that are acknowledged, by name. */
  readonly allow: readonly string[];
  readonly outOfOrder: boolean;
  /** Only say what would be done. */
  readonly dryRun: boolean;
  /** Where it is looked up what proofs on a twin said of the way back; null: nowhere. */
  readonly rollbackTested: RollbackLookup | null;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Is told the checklist before the first statement. */
  readonly announce: (checklist: readonly CheckItem[]) => void;
  /** Lets the user have the run rest for a while; absent: nobody can. */
  readonly pauses?: PauseSwitch | undefined;
  /** Absent: nobody looks on. */
  readonly watch?: StepWatch;
}

/** What was done. */
export interface UpResult {
  /** `stopped`: at the end of the phase that was asked for. */
  readonly outcome: "done" | "stopped" | "paused" | "dry-run";
  /** Ids of migrations that were finished, in order. */
  readonly applied: readonly string[];
  /** Squashed migrations that were recorded, since all that they stand for had run. */
  readonly mapped: readonly string[];
  /** Where it stopped; null when it did not. */
  readonly at: string | null;
  readonly checklist: readonly CheckItem[];
  readonly losses: readonly Loss[];
  /** What was, or would be, run: migrations with the numbers of their steps. */
  readonly plan: readonly { readonly id: string; readonly file: string; readonly steps: readonly number[] }[];
}

interface Work {
  readonly standing: Standing;
  readonly history: HistoryState;
  /** In order; the unfinished one first. */
  readonly queue: readonly { readonly migration: Migration; readonly record: MigrationRecord | null }[];
}

/**
 * Runs pending migrations. Before the first statement: the server is one that can be migrated, no file was changed
 * after it ran, no privilege is missing, everything that is destroyed is acknowledged; and nobody else is running.
 * Throws a `DbwrightError` for each of these, and for a step that fails; what was done before it stays done, and the
 * history says so.
 */
export async function migrateUp(request: UpRequest): Promise<UpResult> {
  return await explained(() => run(request));
}

async function run(given: UpRequest): Promise<UpResult> {
  const { progress } = given;
  const session = await openRunnerSession(given.url, (text) => progress.note(text));
  try {
    const found = await workOf(session, given);
    // A run that was told to stop after a phase is finished up to there, not beyond.
    const told = given.command === "resume" ? (found.queue[0]?.record?.untilPhase ?? null) : null;
    const request = { ...given, options: { ...given.options, untilPhase: given.options.untilPhase ?? told } };
    const todo = found.queue.map(({ migration, record }) => withoutDone(migration, record));
    const destroyed = await lossesOf(
      todo.map((migration) => untilPhase(migration, request.options)),
      statementsRun(found.history),
    );
    const isNew = destroyed.length > 0 && (await holdsNoTable(session));
    const losses = isNew ? [] : destroyed;
    const empty = found.queue.flatMap(({ migration: { steps, file } }) => (steps.length === 0 ? [file] : []));
    const checklist = await checklistOf(todo, losses, {
      tested: await rollbackTest(found, request),
      empty,
      isNew,
    });
    const plan = todo.map(({ id, file, steps }) => ({ id, file, steps: steps.map(({ number }) => number) }));
    const result = { applied: [] as string[], mapped: [] as string[], at: null, checklist, losses, plan };
    const statements = todo.flatMap(({ file, steps }) =>
      steps.map(({ sql, line }) => ({ sql, where: `${file}:${line}` })),
    );
    const privileges = await lookForPrivileges(session, statements, found.history.exists);
    if (privileges.unknownFrom !== null)
      progress.note(`from ${privileges.unknownFrom} on the role changes: privileges were not looked at`);
    for (const where of privileges.unseen) progress.note(`${where}: what its code needs was not looked at`);
    for (const { id } of found.standing.missing) progress.note(`${id} ran here, and its file is not in the folder`);
    if (request.dryRun)
      for (const { where, what, grant } of privileges.missing) progress.note(`${where}: ${what} is missing: ${grant}`);
    if (request.dryRun) return { ...result, outcome: "dry-run" };
    if (plan.length === 0 && found.standing.mapped.length === 0) {
      if (request.command === "resume") await endPause(new HistoryWriter(session), found.history, progress);
      return { ...result, outcome: "done" };
    }
    request.announce(checklist);
    await checkPrivileges(session, privileges);
    const ids = todo.map(({ id }) => id);
    if (!isNew) checkLosses(losses, request.allow, ids);
    await createHistory(session);
    await becomeRunner(session, request.command);
    // Somebody may have run something between the look and the lock.
    const work = await workOf(session, request);
    if (JSON.stringify(work.queue.map(idAndSteps)) !== JSON.stringify(found.queue.map(idAndSteps)))
      throw invalid({
        what: "another runner changed the state of migrations meanwhile",
        mend: "look at migrate status, and try again",
      });
    return await runQueue(session, request, work, result);
  } finally {
    await session.close();
  }
}

// Of the files as they are, whole, on top of what ran here.
async function rollbackTest({ queue, standing, history }: Work, { rollbackTested }: UpRequest): Promise<RollbackTest> {
  const base = ranBefore(standing, history);
  const key = rollbackKey(
    base,
    queue.map(({ migration }) => migration),
  );
  return (await rollbackTested?.(key)) ?? ROLLBACK_UNTESTED;
}

function idAndSteps({ migration, record }: Work["queue"][number]): readonly unknown[] {
  return [migration.id, record?.steps.map(({ number, state }) => [number, state]) ?? []];
}

async function runQueue(
  session: Session,
  request: UpRequest,
  { queue, standing, history: state }: Work,
  result: Omit<UpResult, "outcome"> & { readonly applied: string[]; readonly mapped: string[] },
): Promise<UpResult> {
  const history = new HistoryWriter(session);
  if (request.command === "resume") await endPause(history, state, request.progress);
  for (const migration of standing.mapped) {
    await history.own(async () => {
      await history.adopt(migration, "squash");
      await history.replaced(migration.replaces ?? [], migration.id);
    });
    result.mapped.push(migration.id);
  }
  for (const { migration, record } of queue) {
    const context = await contextFor(session, history, request, migration);
    const how = await runMigration(context, migration, record);
    if (how === "applied") {
      if (migration.replaces !== undefined) await history.own(() => history.covers(migration));
      result.applied.push(migration.id);
    } else {
      if (request.signal.aborted) request.progress.note(`paused in ${migration.id}; dbwright migrate resume goes on`);
      return { ...result, outcome: how, at: migration.id };
    }
  }
  return { ...result, outcome: "done" };
}

async function endPause(history: HistoryWriter, { pause }: HistoryState, progress: Progress): Promise<void> {
  if (pause === null) return;
  await history.own(() => history.clearPause());
  progress.note(`the pause since ${pause.at}, by ${pause.by}, is over`);
}

async function contextFor(
  session: Session,
  history: HistoryWriter,
  request: UpRequest,
  migration: Migration,
): Promise<RunContext> {
  const told = new Set<string>();
  const own = await setsLockTimeout(migration);
  return {
    session,
    history,
    options: request.options,
    signal: request.signal,
    progress: request.progress,
    pauses: request.pauses ?? null,
    fileOf: (id) => request.migrations.find((one) => one.id === id)?.file ?? id,
    timeouts: (step) => timeoutSettings(step, own ? null : request.options.lockTimeout_ms, "LOCAL"),
    noteOnce: (text) => {
      if (told.has(text)) return;
      told.add(text);
      request.progress.note(text);
    },
    cancellable: (work) => cancellable(session, request, work),
    watch: request.watch ?? null,
  };
}

/** Whether a migration chooses its lock timeout by itself. */
async function setsLockTimeout(migration: Migration): Promise<boolean> {
  for (const { sql } of migration.steps) {
    if (!/lock_timeout/i.test(sql)) continue;
    const parsed = await parseSql(sql);
    const node = parsed.ok ? parsed.value[0]?.node : undefined;
    if (node !== undefined && "VariableSetStmt" in node && node.VariableSetStmt.name === "lock_timeout") return true;
  }
  return false;
}

/** Does work on a session; when the signal is aborted meanwhile, the server cancels the statement. */
export async function cancellable(
  session: Session,
  { url, signal }: Pick<UpRequest, "url" | "signal">,
  work: () => Promise<void>,
): Promise<void> {
  const cancel = (): void => {
    void (async () => {
      const other = await connect({ url, applicationName: "dbwright migrate: cancel" });
      try {
        await other.query("SELECT pg_catalog.pg_cancel_backend($1)", [session.pid]);
      } finally {
        await other.close();
      }
    })().catch(() => {});
  };
  if (signal.aborted) return await work();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    await work();
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

// What migrations drop of a database in which there was nothing, they have made themselves.
async function holdsNoTable(session: Session): Promise<boolean> {
  const { rows } = await session.query<{ none: boolean }>(
    `SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'p', 'f', 'm', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'dbwright')
         AND n.nspname NOT LIKE 'pg\\_toast%' AND c.relpersistence <> 't'
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
           WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')) AS none`,
  );
  return rows[0]?.none === true;
}

// What a baseline or a squash took for run has verified nothing here.
function statementsRun({ migrations }: HistoryState): readonly string[] {
  return migrations.flatMap(({ origin, steps }) =>
    origin === "run" ? steps.flatMap(({ state, sql }) => (state === "done" ? [sql] : [])) : [],
  );
}

// A migration under way without the steps that are done.
function withoutDone(migration: Migration, record: MigrationRecord | null): Migration {
  const done = new Set((record?.steps ?? []).filter(({ state }) => state === "done").map(({ number }) => number));
  return { ...migration, steps: migration.steps.filter(({ number }) => !done.has(number)) };
}

// What a stop after a phase leaves for later need not be acknowledged now.
function untilPhase(migration: Migration, { untilPhase: phase }: RunOptions): Migration {
  const order = ["expand", "migrate", "contract"];
  if (phase === null) return migration;
  const stop = migration.steps.findIndex((step) => order.indexOf(step.phase) > order.indexOf(phase));
  return stop === -1 ? migration : { ...migration, steps: migration.steps.slice(0, stop) };
}

async function workOf(session: Session, request: UpRequest): Promise<Work> {
  const history = await readHistory(session);
  await refuseOtherRunner(session, history.exists);
  if (!history.exists || history.migrations.length === 0) await refuseOtherHistories(session, request.migrations);
  const standing = standingOf(request.migrations, history);
  checkUnedited(standing);
  const { unfinished } = standing;
  const resumed = unfinished === null ? null : unfinishedFile(unfinished, request, history);
  if (request.command === "up" && history.pause !== null) {
    throw invalid({
      what: `migrations are paused since ${history.pause.at}, by ${history.pause.by}`,
      where: "this database",
      mend: "dbwright migrate resume",
    });
  }
  const pending = upTo(standing.pending, request.to, request.migrations);
  checkTarget(request, standing);
  const late = pending.filter((migration) => standing.late.includes(migration));
  if (late.length > 0 && request.command === "up" && !request.outOfOrder) {
    throw invalid({
      what: `${late.map(({ id }) => id).join(", ")} did not run here, but a later one did: two branches were merged`,
      where: late[0]?.file ?? "",
      expected: "migrations in order",
      mend: "see whether they bear each other (dbwright migrate prove), then add --out-of-order; or give the late ones a later number",
    });
  }
  const unfinishedOne = resumed === null ? [] : [resumed];
  // `resume` begins nothing new.
  if (request.command === "resume") return { standing: { ...standing, mapped: [] }, history, queue: unfinishedOne };
  return { standing, history, queue: [...unfinishedOne, ...pending.map((migration) => ({ migration, record: null }))] };
}

// To stop within what a squash does at once cannot be had, and to run nothing would look like success.
function checkTarget({ to, migrations }: UpRequest, { pending }: Standing): void {
  if (to === null) return;
  const { id, file } = findMigration(migrations, to);
  const sum = pending.find(({ replaces }) => replaces?.includes(id) === true);
  if (sum === undefined) return;
  throw invalid({
    what: `${id} is a part of ${sum.id}, which runs in its place`,
    where: "--to",
    expected: sum.id,
    mend: `to stop at ${id} take ${sum.file} out of the folder; ${file} then runs`,
  });
}

// `up` goes on with what stopped after a phase, and leaves to `resume` what was broken off.
function unfinishedFile(record: MigrationRecord, request: UpRequest, history: HistoryState): Work["queue"][number] {
  const migration = request.migrations.find(({ id }) => id === record.id);
  if (migration === undefined) {
    throw invalid({
      what: `${record.id} is unfinished here, and its file is not in the folder`,
      where: record.file,
      mend: "bring the file back (git), or dbwright migrate down: the history holds the undoing of what ran",
    });
  }
  if (record.state === "undoing") {
    throw invalid({
      what: `${record.id} is being taken back`,
      where: migration.file,
      mend: "dbwright migrate down goes on with that",
    });
  }
  if (request.command === "up" && record.state !== "stopped" && history.pause === null) {
    throw invalid({
      what: record.state === "failed" ? `${record.id} failed half way` : `${record.id} was broken off`,
      where: migration.file,
      expected: "no unfinished migration",
      mend: "dbwright migrate status explains it; migrate resume goes on, migrate down takes back what ran",
    });
  }
  return { migration, record };
}

// To run everything from the start where another tool has run half of it would fail, or do worse.
async function refuseOtherHistories(session: Session, migrations: readonly Migration[]): Promise<void> {
  const [other] = await otherHistories(session);
  if (other === undefined || migrations.length === 0) return;
  const ran = ranText(other);
  throw invalid({
    what: `this database has the history of ${other.tool}${ran === "" ? "" : `, which ${ran}`}`,
    where: other.table,
    expected: "a history of dbwright, or none",
    mend: "dbwright migrate baseline compares the database with the files and adopts that history",
  });
}
