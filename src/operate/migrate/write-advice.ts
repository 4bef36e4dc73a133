import { ident } from "../../engines/postgres/print.ts";
import { migrationFormatOf } from "../../formats/migration/folder-format.ts";
import { withLockTimeouts } from "../../formats/migration/lock-timeout.ts";
import type { Advice } from "../../model/advice.ts";
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
 * Writes advised indexes and drops as migrations in the folder's own format: each index built CONCURRENTLY in a step of
 * its own that can be repeated and undone, drops in a later migration, to be run when the new indexes have shown
 * themselves. Null where there is nothing to write. Statistics and settings are left to the one who runs the server:
 * what they were before is not known, so that they could not be taken back. Throws `unavailable` (exit 3).
 */
export async function writeAdvice(wanted: AdviceToWrite): Promise<WrittenMigrations | null> {
  const { catalog, advice, dir, name, format, at } = wanted;
  const { steps, unreachable } = await planOfIndexes(
    catalog,
    advice.indexes.map(({ index }) => index),
    advice.drops,
  );
  if (steps.length === 0) return null;
  const own = format ?? migrationFormatOf(await folderFiles(dir));
  // Whoever runs the plain file with psql has no runner to limit the wait; writers of other formats say it themselves.
  const limited = own === "sql" ? withLockTimeouts(steps) : steps;
  const written = await writeMigrations({ dir, name, steps: limited, format: own, oneFile: false, at });
  const refuted = advice.indexes.filter(({ proof }) => proof.verdict === "refuted");
  return {
    ...written,
    notes: [
      ...written.notes,
      ...unreachable.map(({ what, why }) => `not in the migration: ${what}: ${why}`),
      ...refuted.map(
        ({ index }) => `a step of the proof of ${ident(index.name)} was refuted: look at it before it is run`,
      ),
      ...(advice.settings.length === 0
        ? []
        : [`not in the migration: ${advice.settings.length} statements on statistics and settings (--sql has them)`]),
    ],
  };
}
