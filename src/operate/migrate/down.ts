import { invalid } from "../../model/error.ts";
import type { Problem } from "../../model/error.ts";
import type { Migration } from "../../model/migration.ts";
import type { Progress } from "../../model/progress.ts";
import { explained } from "./attempt.ts";
import { openRunnerSession } from "./connection.ts";
import { HistoryWriter, readHistory } from "./history.ts";
import type { HistoryState, MigrationRecord, StepRecord } from "./history.ts";
import { stepChecksum } from "./history.ts";
import { checkLosses, lossOf } from "./losses.ts";
import type { Loss } from "./losses.ts";
import { findById } from "./pending.ts";
import { checkPrivileges, lookForPrivileges } from "./privileges.ts";
import type { StatementToRun } from "./privileges.ts";
import type { RunOptions, UndoWatch } from "./run-context.ts";
import { becomeRunner, refuseOtherRunner } from "./runner-lock.ts";
import { isRepeatable } from "../../formats/migration/order.ts";
import { readMigration } from "../../formats/migration/read.ts";
import { undoStep, unitsTogether } from "./undo-step.ts";
import type { UndoUnit } from "./undo-step.ts";
import { spreadUndo } from "./spread-undo.ts";
import { prepare } from "./connection.ts";
import { cancellable } from "./up.ts";
import type { Session } from "../../engines/postgres/driver.ts";

/** What is to be taken back. */
export interface DownRequest {
  readonly url: string;
  readonly migrations: readonly Migration[];
  /** Everything that came after it; null: the last migration alone. */
  readonly to: string | null;
  /** Only so many of the last steps; null: whole migrations. */
  readonly steps: number | null;
  readonly allow: readonly string[];
  readonly options: RunOptions;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Is told what is about to be taken back, before the first statement. */
  readonly announce: (plan: DownPlan) => void;
  /** Absent: nobody looks on. */
  readonly watch?: UndoWatch;
}

/** What will be run, last step first. */
export interface DownPlan {
  readonly migrations: readonly { readonly id: string; readonly steps: readonly number[] }[];
  readonly losses: readonly Loss[];
  /** What the undoing does not bring back, as its author says. */
  readonly remarks: readonly string[];
  /** Where the undoing comes from, when that is not the file as it was run. */
  readonly notes: readonly string[];
}

/** What was taken back. */
export interface DownResult {
  readonly outcome: "done" | "paused" | "dry-run";
  readonly undone: readonly string[];
  readonly plan: DownPlan;
}

interface Target {
  readonly record: MigrationRecord;
  /** Last step first. */
  readonly units: readonly UndoUnit[];
  /** Whether nothing of the migration is left afterwards. */
  readonly whole: boolean;
}

/**
 * Takes migrations back: the undoing of each step that ran, the last step first, from the file as it is now where its
 * step is unchanged, else from the history. Before the first statement it is clear that each step has an undoing and
 * that what is destroyed is acknowledged (tables without rows need none). Throws a `DbwrightError` otherwise, and when a
 * statement fails; what was taken back before it stays so, and the history says so.
 */
export async function migrateDown(request: DownRequest): Promise<DownResult> {
  return await explained(() => run(request));
}

async function run(request: DownRequest): Promise<DownResult> {
  const { progress, options, signal } = request;
  const session = await openRunnerSession(request.url, (text) => progress.note(text));
  try {
    const state = await readHistory(session);
    refuseStrangers(state, request.migrations);
    await refuseOtherRunner(session, state.exists);
    const targets = await targetsOf(state, request);
    const losses = await realLosses(session, targets);
    const plan = planOf(targets, losses, request.migrations);
    const privileges = await lookForPrivileges(session, statementsOf(targets), true);
    if (request.dryRun)
      for (const { where, what, grant } of privileges.missing) progress.note(`${where}: ${what} is missing: ${grant}`);
    if (request.dryRun) return { outcome: "dry-run", undone: [], plan };
    if (targets.length === 0) return { outcome: "done", undone: [], plan };
    request.announce(plan);
    await checkPrivileges(session, privileges);
    checkLosses(
      losses,
      request.allow,
      targets.map(({ record }) => record.id),
    );
    await becomeRunner(session, "down");
    const again = await targetsOf(await readHistory(session), request);
    if (JSON.stringify(again) !== JSON.stringify(targets))
      throw invalid({
        what: "another runner changed the state of migrations meanwhile",
        mend: "look at migrate status, and try again",
      });
    const history = new HistoryWriter(session);
    const undone: string[] = [];
    for (const { record, units, whole } of targets) {
      await prepare(session);
      await history.own(() => history.state(record.id, "undoing"));
      const together = await unitsTogether(units);
      const task = progress.start(`taking back ${record.id}`, together.length);
      for (const [index, unit] of together.entries()) {
        if (signal.aborted) {
          task.done("paused");
          progress.note("dbwright migrate down goes on");
          return { outcome: "paused", undone, plan };
        }
        task.update(index, `step ${unit.number}`);
        const undo = (): Promise<void> =>
          undoStep(
            { session, history, options, signal, cancellable: (work) => cancellable(session, request, work) },
            record,
            unit,
          );
        await (request.watch?.step(session, record.id, unit.covers, undo) ?? undo());
      }
      await history.own(() => (whole ? history.remove(record.id) : history.state(record.id, "stopped")));
      task.done();
      if (whole) undone.push(record.id);
    }
    return { outcome: "done", undone, plan };
  } finally {
    await session.close();
  }
}

function statementsOf(targets: readonly Target[]): readonly StatementToRun[] {
  return targets.flatMap(({ record, units }) =>
    units.flatMap(({ number, undo }) =>
      (undo ?? []).map((sql) => ({ sql, where: `${record.file}, undoing of step ${number}` })),
    ),
  );
}

// A folder of which nothing ran here belongs to another database, or this is the wrong one.
function refuseStrangers({ migrations: records }: HistoryState, files: readonly Migration[]): void {
  const ids = new Set(records.map(({ id }) => id));
  if (files.length === 0 || records.length === 0 || files.some(({ id }) => ids.has(id))) return;
  throw invalid({
    what: `none of the folder's ${files.length} migrations ran here, but ${records.length} others`,
    where: "--dir",
    expected: records
      .slice(-3)
      .map(({ file }) => file)
      .join(", "),
    mend: "name the folder, or the database, that belongs to the other",
  });
}

function notesOf({ record }: Target, files: readonly Migration[]): readonly string[] {
  const file = files.find(({ id }) => id === record.id);
  const asThen = "its undoing is taken from the history, as it was then";
  if (file === undefined) return [`${record.file} is not in the folder: ${asThen}`];
  const changed = record.steps.filter(({ number, checksum }) => {
    const now = file.steps[number - 1];
    return now === undefined || stepChecksum(now.sql) !== checksum;
  });
  if (changed.length === 0) return [];
  return [
    `${record.file} was changed after it ran, in step ${changed.map(({ number }) => number).join(", ")}: ${asThen}`,
  ];
}

function planOf(targets: readonly Target[], losses: readonly Loss[], files: readonly Migration[]): DownPlan {
  return {
    notes: targets.flatMap((target) => notesOf(target, files)),
    migrations: targets.map(({ record, units }) => ({ id: record.id, steps: units.flatMap(({ covers }) => covers) })),
    losses,
    remarks: targets.flatMap(({ record, units }) =>
      units.flatMap(({ number, irreversible }) =>
        irreversible === null ? [] : [`step ${number} of ${record.id}: ${irreversible}`],
      ),
    ),
  };
}

async function targetsOf(state: HistoryState, request: DownRequest): Promise<readonly Target[]> {
  const records = state.migrations.filter((record) => record.replacedBy === null && !stays(record)).toReversed();
  const chosen = chooseRecords(records, request);
  const targets: Target[] = [];
  let left = request.steps ?? Number.POSITIVE_INFINITY;
  for (const record of chosen) {
    const all = await unitsOf(
      record,
      request.migrations.find(({ id }) => id === record.id),
    );
    const units = all.slice(0, left);
    left -= units.length;
    if (units.length > 0 || all.length === 0) targets.push({ record, units, whole: units.length === all.length });
  }
  checkReversible(targets);
  return targets;
}

// A repeatable one has no way back but its text before; what is broken off in it can be cleared away.
const stays = ({ id, state }: MigrationRecord): boolean => isRepeatable(id) && state === "applied";

function chooseRecords(records: readonly MigrationRecord[], { to, steps }: DownRequest): readonly MigrationRecord[] {
  if (to !== null) {
    const { found, alike } = findById(records, to);
    if (found === undefined) {
      throw invalid({
        what:
          alike.length > 1
            ? `several migrations that ran here begin with ${to}`
            : `${JSON.stringify(to)} did not run here`,
        where: "--to",
        expected:
          (alike.length > 1 ? alike : records)
            .slice(0, 5)
            .map(({ id }) => id)
            .join(", ") || "a migration that ran; none has",
      });
    }
    return records.slice(0, records.indexOf(found));
  }
  return steps === null ? records.slice(0, 1) : records;
}

async function unitsOf(record: MigrationRecord, file: Migration | undefined): Promise<readonly UndoUnit[]> {
  if (record.origin !== "run") throw adopted(record);
  const down = file?.down ?? record.down;
  const units = record.steps.toReversed().map((step): UndoUnit => ({ ...unitFrom(step, file), record: step }));
  if (down === null || units.some(({ undo }) => undo !== null)) return units;
  // The file takes the whole back with one script.
  const script = await readMigration(record.id, { file: record.file, text: down }, null);
  const last = units[0];
  if (last === undefined) return [];
  const isWhole =
    record.steps.length >= record.stepsTotal &&
    record.steps.every(({ state }) => state === "done" || state === "undoing");
  if (!isWhole) return await partOf(record, file, script, units);
  return [
    {
      ...last,
      undo: script.steps.map(({ sql }) => sql),
      covers: units.map(({ number }) => number),
      irreversible: null,
    },
  ];
}

// Of a migration of which only a part ran, what would take back the other part is not run.
async function partOf(
  record: MigrationRecord,
  file: Migration | undefined,
  script: Migration,
  units: readonly UndoUnit[],
): Promise<readonly UndoUnit[]> {
  if (!record.steps.some(didSomething)) return units;
  const begun = new Set(record.steps.map(({ number }) => number));
  const steps = [...record.steps, ...(file?.steps ?? []).filter(({ number }) => !begun.has(number))];
  const spread = await spreadUndo(
    script.steps.map(({ sql }) => sql),
    steps,
  );
  if (spread.byStep !== null) {
    const { byStep } = spread;
    return units.map((unit) => ({ ...unit, undo: byStep.get(unit.number) ?? [], irreversible: null }));
  }
  const ran = record.steps.filter(({ state }) => state === "done").length;
  const words = spread.stray.replaceAll(/[\p{Cc}\s]+/gu, " ").slice(0, 60);
  throw invalid({
    what: `${ran} of ${record.stepsTotal} steps of ${record.id} ran, and its way back is a script for the whole: which step this takes back is not clear: ${words}`,
    where: record.file,
    expected: "-- dbwright:undo N above the statements that take step N back",
    mend: "nothing was run. Write these marks into the down file; or mend what failed, and dbwright migrate resume",
  });
}

function unitFrom(step: StepRecord, file: Migration | undefined): Omit<UndoUnit, "record"> {
  const now = file?.steps[step.number - 1];
  const same = now !== undefined && stepChecksum(now.sql) === step.checksum;
  return {
    number: step.number,
    undo: (same ? now.undo : null) ?? step.undo,
    irreversible: (same ? now.irreversible : null) ?? step.irreversible,
    lockTimeout_ms: same ? now.lockTimeout_ms : null,
    covers: [step.number],
    transaction: same ? now.transaction : null,
  };
}

// What was adopted has no record of its steps: nobody knows what of it ran here, and how.
function adopted(record: MigrationRecord): Error {
  return invalid({
    what: `${record.id} was not run by dbwright but adopted (${record.origin}): what it did here is not on record`,
    where: record.file,
    expected: "a migration that migrate up ran",
    mend: "run its undoing with psql, then remove its row from dbwright.migration",
  });
}

// What failed in its transaction, or before its first batch, left nothing to take back.
function didSomething(step: StepRecord): boolean {
  if (step.backfill !== null) return step.state === "done" || step.backfill.batches > 0;
  return step.state !== "failed" || step.seenBefore !== null;
}

function checkReversible(targets: readonly Target[]): void {
  const problems = targets.flatMap(({ record, units }) =>
    units
      .filter(({ undo, record: step }) => undo === null && didSomething(step))
      .map(({ number, irreversible }): Problem => ({
        what: `step ${number} of ${record.id} cannot be taken back: ${irreversible ?? "its file states no undoing"}`,
        where: record.file,
      })),
  );
  const [first, ...rest] = problems;
  if (first === undefined) return;
  throw invalid([
    { ...first, mend: "nothing was run. Restore a backup, or write a new migration that leads on" },
    ...rest,
  ]);
}

// A table without rows loses nothing.
async function realLosses(session: Session, targets: readonly Target[]): Promise<readonly Loss[]> {
  const losses: Loss[] = [];
  for (const { record, units } of targets) {
    for (const { number, undo } of units) {
      for (const sql of undo ?? []) {
        const loss = await lossOf(sql, null);
        if (loss === null || (loss.table !== null && (await isEmpty(session, loss.table)))) continue;
        losses.push({ migration: record.id, step: number, ...loss });
      }
    }
  }
  return losses;
}

async function isEmpty(session: Session, table: string): Promise<boolean> {
  const { rows } = await session.query<{ there: boolean }>("SELECT pg_catalog.to_regclass($1) IS NOT NULL AS there", [
    table,
  ]);
  if (rows[0]?.there !== true) return true;
  // Who sees no rows for a policy does not know that there are none.
  const hidden = await session.query<{ hidden: boolean }>("SELECT pg_catalog.row_security_active($1::text) AS hidden", [
    table,
  ]);
  if (hidden.rows[0]?.hidden === true) return false;
  // `table` was quoted when it was taken from the statement's tree.
  return (await session.query(`SELECT FROM ${table} LIMIT 1`)).rows.length === 0;
}
