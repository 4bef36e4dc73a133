import { randomUUID } from "node:crypto";
import { invalid } from "../../model/error.ts";
import { slugOf } from "../migration/stamp.ts";
import type { FolderFile, MigrationWriter } from "../migration/writer.ts";
import { ENTER_OUTER_TRANSACTION, LEAVE_OUTER_TRANSACTION } from "../../sql/outer-transaction.ts";
import { statementBlocks } from "../migration/write.ts";

interface Journal {
  readonly version: string;
  readonly dialect: string;
  readonly entries: readonly {
    readonly idx: number;
    readonly version: string;
    readonly when: number;
    readonly tag: string;
    readonly breakpoints: boolean;
  }[];
}

const JOURNAL = "meta/_journal.json";

function journalOf(folder: readonly FolderFile[]): Journal {
  const file = folder.find(({ path }) => path === JOURNAL);
  if (file === undefined) return { version: "7", dialect: "postgresql", entries: [] };
  try {
    const journal = JSON.parse(file.text) as Journal;
    if (Array.isArray(journal.entries)) return journal;
  } catch {
    // Told below, with the file.
  }
  throw invalid({
    what: "the journal of Drizzle cannot be read",
    where: JOURNAL,
    expected: 'JSON with a list "entries", as drizzle-kit writes it',
  });
}

// Drizzle compares the next schema with the last snapshot: without one of its own, the next `generate` would
// ask for these changes again. Ours carries the former one on, as `drizzle-kit generate --custom` does.
function snapshotOf(folder: readonly FolderFile[], last: number | undefined): Record<string, unknown> | null {
  if (last === undefined) return null;
  const file = folder.find(({ path }) => path === `meta/${number(last)}_snapshot.json`);
  if (file === undefined) return null;
  try {
    const before = JSON.parse(file.text) as Record<string, unknown>;
    return { ...before, id: randomUUID(), prevId: before["id"] };
  } catch {
    return null;
  }
}

const number = (index: number): string => String(index).padStart(4, "0");

/**
 * Migrations of Drizzle: `0007_name.sql` with `--> statement-breakpoint` between statements, an entry in
 * `meta/_journal.json`, and a snapshot. Drizzle's migrator runs all pending files in one transaction (`migrate` of its
 * `PgDialect`), in which CREATE INDEX CONCURRENTLY and its like fail: such a statement stands between a COMMIT and a
 * BEGIN.
 */
export const drizzleMigrations: MigrationWriter = {
  format: "drizzle",
  mixesTransactions: false,
  write({ at, name, steps }, folder) {
    const journal = journalOf(folder);
    const last = journal.entries.at(-1);
    const idx = last === undefined ? 0 : last.idx + 1;
    const id = `${number(idx)}_${slugOf(name)}`;
    const when = Math.max(at.getTime(), (last?.when ?? 0) + 1);
    const entry = { idx, version: journal.version, when, tag: id, breakpoints: true };
    const blocks = statementBlocks(steps).flatMap(([step, lines]) => {
      const own = lines.join("\n");
      return step.transactional ? [own] : [LEAVE_OUTER_TRANSACTION, own, ENTER_OUTER_TRANSACTION];
    });
    const snapshot = snapshotOf(folder, last?.idx);
    const outside = steps.filter(({ transactional }) => !transactional).length;
    return {
      id,
      files: [
        { path: `${id}.sql`, text: `${blocks.join("\n--> statement-breakpoint\n")}\n` },
        { path: JOURNAL, text: `${JSON.stringify({ ...journal, entries: [...journal.entries, entry] }, null, 2)}\n` },
        ...(snapshot === null
          ? []
          : [{ path: `meta/${number(idx)}_snapshot.json`, text: `${JSON.stringify(snapshot, null, 2)}\n` }]),
      ],
      notes: [
        ...(outside === 0
          ? []
          : [
              `${id} leaves the transaction in which Drizzle runs all pending files, for a statement that refuses one, and begins the next: what failed behind it leaves what ran before it in place`,
            ]),
        "Drizzle keeps its own picture of the schema: change schema.ts to match, or its next generate asks for the opposite",
      ],
    };
  },
};
