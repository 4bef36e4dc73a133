import { isBaselineScript, isRepeatable, naturalOrder } from "../../formats/migration/order.ts";
import { invalid } from "../../model/error.ts";
import type { Problem } from "../../model/error.ts";
import type { Migration, MigrationStep } from "../../model/migration.ts";
import type { HistoryState, MigrationRecord, StepRecord } from "./history.ts";
import { COVERED, stepChecksum } from "./history.ts";

/** The files against the history: what is to be done, and what is not as it should be. */
export interface Standing {
  /** Begun and neither finished nor taken back; at most one. */
  readonly unfinished: MigrationRecord | null;
  /** Not begun, in order; also repeatable ones that were changed after they ran, of which `records` tell. */
  readonly pending: readonly Migration[];
  /** Squashed ones whose parts have all run: to be recorded, not run. */
  readonly mapped: readonly Migration[];
  /** Of the pending ones, those that stand before one that has run. */
  readonly late: readonly Migration[];
  /** In the history, and no file is there. */
  readonly missing: readonly MigrationRecord[];
  /** Files that were changed after they ran, or given another name. */
  readonly edited: readonly Problem[];
}

/** Compares the files of a folder with a database's history. Throws `invalid` (exit 2) for a squash half of which ran. */
export function standingOf(migrations: readonly Migration[], history: HistoryState): Standing {
  const records = new Map(history.migrations.map((record) => [record.id, record]));
  const files = new Map(migrations.map((migration) => [migration.id, migration]));
  const mapped: Migration[] = [];
  const skipped = new Set<string>();
  const isBegun = history.migrations.some(({ id }) => !isRepeatable(id));
  for (const migration of migrations) {
    // In a database that has a history Flyway passes its baseline scripts over.
    if (isBaselineScript(migration.id) && isBegun && !records.has(migration.id)) {
      skipped.add(migration.id);
      continue;
    }
    if (migration.replaces === undefined || records.has(migration.id)) {
      // What a squash that ran stands for must not run again, should the old files still be there.
      if (records.get(migration.id)?.state === "applied") for (const id of migration.replaces ?? []) skipped.add(id);
      continue;
    }
    const ran = migration.replaces.filter((id) => records.get(id)?.state === "applied");
    if (ran.length === migration.replaces.length) mapped.push(migration);
    else if (ran.length === 0) for (const id of migration.replaces) skipped.add(id);
    else checkParts(migration, migration.replaces, files, records);
  }
  const waiting = new Set(mapped.map(({ id }) => id));
  const pending = migrations.filter(
    ({ id, checksum, replaces }) =>
      (!records.has(id) || isChanged(records.get(id), checksum)) &&
      !waiting.has(id) &&
      !skipped.has(id) &&
      !(replaces?.some((part) => records.has(part)) ?? false),
  );
  const last = [...records.values()].findLast(
    ({ id, state, checksum }) => state === "applied" && checksum !== COVERED && files.has(id) && !isRepeatable(id),
  );
  const replaced = new Set(migrations.flatMap(({ replaces = [] }) => replaces));
  const missing = history.migrations.filter(
    ({ id, replacedBy }) => !files.has(id) && replacedBy === null && !replaced.has(id),
  );
  return {
    unfinished: history.migrations.find(({ state }) => state !== "applied") ?? null,
    pending,
    mapped,
    late: last === undefined ? [] : pending.filter(({ id }) => naturalOrder(id, last.id) < 0),
    missing,
    edited: [
      ...migrations.flatMap((migration) => editsOf(migration, records.get(migration.id))),
      ...renamesIn(pending, missing),
    ],
  };
}

/** Whether a repeatable migration runs again: it has run, and its file has another checksum since. */
function isChanged(record: MigrationRecord | undefined, checksum: string): boolean {
  return record?.state === "applied" && isRepeatable(record.id) && record.checksum !== checksum;
}

// A database that stopped in the middle of what was squashed needs the old files to reach its end.
function checkParts(
  migration: Migration,
  parts: readonly string[],
  files: ReadonlyMap<string, Migration>,
  records: ReadonlyMap<string, MigrationRecord>,
): void {
  const lacking = parts.filter((id) => !records.has(id) && !files.has(id));
  if (lacking.length === 0) return;
  throw invalid({
    what: `this database ran only a part of what ${migration.id} was squashed from`,
    where: migration.file,
    expected: `the files of ${lacking.slice(0, 5).join(", ")}${lacking.length > 5 ? " …" : ""}, which did not run here`,
    mend: "bring them back from the version history, run migrate up, then remove them",
  });
}

function editsOf(migration: Migration, record: MigrationRecord | undefined): readonly Problem[] {
  if (record === undefined || record.checksum === migration.checksum || record.checksum === COVERED) return [];
  if (isChanged(record, migration.checksum)) return [];
  const mend =
    "take the change back (git checkout), and write a new migration for what it was to do; comments may be edited freely";
  if (record.state === "applied" || record.steps.length === 0) {
    if (record.state !== "applied") return [];
    return [
      {
        what: `it was changed after it ran here on ${record.finishedAt ?? record.startedAt}`,
        where: migration.file,
        mend,
      },
    ];
  }
  // Of a migration under way, what has not run may still be mended.
  return record.steps.flatMap((step): Problem[] => {
    const now = migration.steps[step.number - 1];
    if (step.state === "failed" || (now !== undefined && stepChecksum(now.sql) === step.checksum)) return [];
    const where = now === undefined ? migration.file : `${migration.file}:${now.line}`;
    return [{ what: `step ${step.number} was changed, or moved, after it ran`, where, mend }];
  });
}

// What ran under another name must not run twice: not every statement fails the second time.
function renamesIn(pending: readonly Migration[], missing: readonly MigrationRecord[]): readonly Problem[] {
  return pending.flatMap((migration): Problem[] => {
    if (isRepeatable(migration.id)) return [];
    const record = missing.find(
      ({ checksum, state }) => state === "applied" && checksum === migration.checksum && migration.steps.length > 0,
    );
    if (record === undefined) return [];
    return [
      {
        what: `its statements ran here as ${record.id}, whose file is gone: it was renamed`,
        where: migration.file,
        expected: record.file,
        mend: "give the file its old name back; what is to run a second time needs a statement more",
      },
    ];
  });
}

/** What has run and counts, by id and checksum: a squash that is to be recorded in the place of its parts. */
export function ranBefore(
  { mapped }: Standing,
  { migrations }: HistoryState,
): readonly { readonly id: string; readonly checksum: string }[] {
  const replaced = new Set(mapped.flatMap(({ replaces = [] }) => replaces));
  const ran = migrations.filter(
    ({ id, state, replacedBy }) => state === "applied" && replacedBy === null && !replaced.has(id),
  );
  return [...ran, ...mapped].map(({ id, checksum }) => ({ id, checksum }));
}

/** The migrations that have run, as they ran: a repeatable one that was changed since as the history holds it. */
export function asRan(
  migrations: readonly Migration[],
  standing: Standing,
  history: HistoryState,
): readonly Migration[] {
  const ran = new Map(ranBefore(standing, history).map(({ id, checksum }) => [id, checksum]));
  const records = new Map(history.migrations.map((record) => [record.id, record]));
  return migrations.flatMap((migration) => {
    if (!ran.has(migration.id)) return [];
    const record = records.get(migration.id);
    const isOther = record !== undefined && isChanged(record, migration.checksum) && record.steps.length > 0;
    return [isOther ? { ...migration, checksum: record.checksum, steps: record.steps.map(recordedStep) } : migration];
  });
}

function recordedStep({ number, sql, undo, irreversible, phase, cleanup }: StepRecord): MigrationStep {
  const untold = { line: 1, transactional: true, transaction: null, lockTimeout_ms: null, statementTimeout_ms: null };
  return { ...untold, number, sql, undo, irreversible, phase, cleanup, batch: null, losesData: null };
}

/** Throws `invalid` (exit 2) with every file that was changed after it ran. */
export function checkUnedited({ edited }: Standing): void {
  if (edited.length > 0) throw invalid(edited);
}

/** The pending migrations up to and with `to`; null for all. Throws `invalid` (exit 2) for an id that is not there. */
export function upTo(
  migrations: readonly Migration[],
  to: string | null,
  all: readonly Migration[],
): readonly Migration[] {
  if (to === null) return migrations;
  const target = findMigration(all, to);
  const place = all.indexOf(target);
  return migrations.filter((migration) => all.indexOf(migration) <= place);
}

/** The migration of an id, or of the only id that begins with it. Throws `invalid` (exit 2), naming the option `where`. */
export function findMigration(all: readonly Migration[], id: string, where = "--to"): Migration {
  const { found, alike } = findById(all, id);
  if (found !== undefined) return found;
  throw invalid({
    what: alike.length > 1 ? `several migrations begin with ${id}` : `there is no migration ${JSON.stringify(id)}`,
    where,
    expected:
      (alike.length > 1 ? alike : all.slice(-5)).map((migration) => migration.id).join(", ") ||
      "a migration of the folder, which holds none",
  });
}

/** What a person means by an id or its beginning: `1` is `1_task` and not `10_due`. `alike`: all that begin so. */
export function findById<One extends { readonly id: string }>(
  all: readonly One[],
  id: string,
): { readonly found: One | undefined; readonly alike: readonly One[] } {
  const alike = all.filter((one) => one.id.startsWith(id));
  const words = alike.filter((one) => one.id === id || /^[^\p{L}\p{N}]/u.test(one.id.slice(id.length)));
  const only = words.length === 1 ? words[0] : alike.length === 1 ? alike[0] : undefined;
  return { found: all.find((one) => one.id === id) ?? only, alike };
}
