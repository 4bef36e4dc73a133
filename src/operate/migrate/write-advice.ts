import { ident } from "../../engines/postgres/print.ts";
import { migrationFormatOf } from "../../formats/migration/folder-format.ts";
import { withLockTimeouts } from "../../formats/migration/lock-timeout.ts";
import type { WrittenStep } from "../../formats/migration/write.ts";
import type { Advice, SettingAdvice } from "../../model/advice.ts";
import type { Catalog } from "../../model/catalog.ts";
import type { MigrationFormat } from "../../model/migration.ts";
import { planOfIndexes } from "../../twin/tune/index-plan.ts";
import { folderFiles, writeMigrations } from "./new.ts";
import type { WrittenMigrations } from "./new.ts";

/** Advice that is to become a migration. */
export interface AdviceToWrite {
  /** The schema that the advice is for. */
  readonly catalog: Catalog;
  readonly advice: Pick<Advice, "indexes" | "drops" | "settings">;
  /** The migrations folder, absolute; made when it is not there. */
  readonly dir: string;
  readonly name: string;
  /** Null: as the folder's own migrations are written. */
  readonly format: MigrationFormat | null;
  readonly at: Date;
}

/**
 * Writes advised indexes, statistics and drops as migrations in the folder's own format: each index built CONCURRENTLY
 * in a step of its own that can be repeated and undone, statistics and storage parameters of tables together, drops in
 * a later migration, to be run when the new indexes have shown themselves. Null where there is nothing to write.
 * Settings of the server or a session are left out: what they were before is not the catalog's to tell, so that they
 * could not be taken back. Throws `unavailable` (exit 3).
 */
export async function writeAdvice(wanted: AdviceToWrite): Promise<WrittenMigrations | null> {
  const { catalog, advice, dir, name, format, at } = wanted;
  const { steps: ofIndexes, unreachable } = await planOfIndexes(
    catalog,
    advice.indexes.map(({ index }) => index),
    advice.drops,
  );
  const steps = withSettings(ofIndexes, advice.settings);
  if (steps.length === 0) return null;
  const there = await folderFiles(dir);
  const own = format ?? migrationFormatOf(there);
  // Whoever runs the plain file with psql has no runner to limit the wait; writers of other formats say it themselves.
  const limited = own === "sql" ? withLockTimeouts(steps) : steps;
  const written = await writeMigrations({ dir, name, steps: limited, format: own, oneFile: false, at });
  const outside = advice.settings.filter(({ undo }) => undo === null);
  const refuted = advice.indexes.filter(({ proof }) => proof.verdict === "refuted");
  return {
    ...written,
    notes: [
      ...written.notes,
      ...unreachable.map(({ what, why }) => `not in the migration: ${what}: ${why}`),
      ...refuted.map(
        ({ index }) => `a step of the proof of ${ident(index.name)} was refuted: look at it before it is run`,
      ),
      ...(there.length === 0
        ? [
            "the folder holds no other migration: migrate prove needs the schema before these (dbwright inspect SOURCE --to sql)",
          ]
        : []),
      ...outside.map(
        ({ sql }) => `not in the migration: ${sql}: it is a setting of the server or a session (--sql has it)`,
      ),
    ],
  };
}

/** They keep out neither readers nor writers, so that nobody waits behind one that waits. */
const LOCK_TIMEOUT_MS = 2_000;

// In one transaction, after new indexes (of whose expressions ANALYZE then makes statistics, too) and before drops.
function withSettings(steps: readonly WrittenStep[], settings: readonly SettingAdvice[]): readonly WrittenStep[] {
  const transaction = 1 + Math.max(0, ...steps.map((step) => step.transaction ?? 0));
  const one = (sql: string, undo: readonly string[], note: string | null): WrittenStep => ({
    sql,
    undo,
    irreversible: null,
    phase: "expand",
    transactional: true,
    transaction,
    lockTimeout_ms: LOCK_TIMEOUT_MS,
    statementTimeout_ms: null,
    batch: null,
    cleanup: [],
    losesData: null,
    note,
  });
  const lasting = settings.filter(({ undo }) => undo !== null);
  const follow = new Set(lasting.flatMap((setting) => setting.follow));
  const contract = steps.findIndex(({ phase }) => phase === "contract");
  const place = contract < 0 ? steps.length : contract;
  return [
    ...steps.slice(0, place),
    ...lasting.map(({ sql, undo, reason }) => one(sql, undo ?? [], reason)),
    ...[...follow].map((sql) => one(sql, [], null)),
    ...steps.slice(place),
  ];
}
