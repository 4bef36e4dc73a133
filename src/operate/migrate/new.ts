import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { migrationFormatOf } from "../../formats/migration/folder-format.ts";
import { withLockTimeouts } from "../../formats/migration/lock-timeout.ts";
import { MIGRATION_WRITERS } from "../../formats/migration/writers.ts";
import { partsOf } from "../../formats/migration/writer.ts";
import type { FolderFile } from "../../formats/migration/writer.ts";
import type { WrittenStep } from "../../formats/migration/write.ts";
import { unavailable } from "../../model/error.ts";
import type { MigrationFormat } from "../../model/migration.ts";
import { writeFiles } from "./write-files.ts";

/** What is to be written where. */
export interface NewMigrations {
  /** The migrations folder, absolute; made when it is not there. */
  readonly dir: string;
  readonly name: string;
  readonly steps: readonly WrittenStep[];
  /** Null: as the folder's own migrations are written. */
  readonly format: MigrationFormat | null;
  /** All in one migration, whatever has to be deployed between its phases. */
  readonly oneFile: boolean;
  readonly at: Date;
}

/** What was written. */
export interface WrittenMigrations {
  readonly format: MigrationFormat;
  readonly ids: readonly string[];
  /** Paths relative to the folder. */
  readonly files: readonly string[];
  readonly notes: readonly string[];
}

// What tells a tool's folder, and what its writers look at.
const READ = /\.(?:sql|[cm]?[jt]s|json|toml)$/;

/** The files of a migrations folder that tell whose it is; empty where there is none yet. */
export async function folderFiles(dir: string): Promise<readonly FolderFile[]> {
  const names = await readdir(dir, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw unavailable(
      { what: `the folder cannot be read: ${error.code ?? error.message}`, where: dir },
      { cause: error },
    );
  });
  const files: FolderFile[] = [];
  for (const entry of names) {
    const full = join(entry.parentPath, entry.name);
    const path = full.slice(dir.length + 1).replaceAll("\\", "/");
    if (entry.isFile() && READ.test(entry.name) && !path.includes("node_modules/"))
      files.push({ path, text: await readFile(full, "utf8") });
  }
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

const STAMP = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/;
// TypeORM's and node-pg-migrate's: milliseconds since 1970.
const MILLISECONDS = /^(\d{13})(?!\d)/;

// A stamp must come after those that are there, even where somebody else's clock is ahead.
function startOf(at: Date, folder: readonly FolderFile[]): Date {
  let start = Math.floor(at.getTime() / 1000) * 1000;
  for (const { path } of folder) {
    const there = momentOf(path);
    if (there !== null && there >= start && there < at.getTime() + AHEAD_MAX_MS)
      start = Math.floor(there / 1000) * 1000 + 1000;
  }
  return new Date(start);
}

function momentOf(path: string): number | null {
  const milliseconds = MILLISECONDS.exec(path)?.[1];
  if (milliseconds !== undefined) return Number(milliseconds);
  const parts = STAMP.exec(path)?.slice(1).map(Number);
  if (parts === undefined) return null;
  const [year = 0, month = 1, ...rest] = parts;
  const there = Date.UTC(year, month - 1, ...rest);
  return Number.isFinite(there) ? there : null;
}

// A stamp further ahead is no clock's, but somebody's own numbering.
const AHEAD_MAX_MS = 24 * 3_600_000;

/** The id of the last plain SQL migration, which the next one follows. */
function lastIdOf(folder: readonly FolderFile[]): string | null {
  const ids = folder
    .filter(({ path }) => /^[^/]+\.sql$/.test(path) && !path.endsWith(".down.sql"))
    .map(({ path }) => path.replace(/(?:\.up)?\.sql$/, ""))
    .toSorted();
  return ids.at(-1) ?? null;
}

/**
 * Writes a plan's steps as migrations, one for each phase (and, for tools that need it, for each side of a transaction),
 * in the format of the folder. Writes all files or none. Throws `unavailable` (exit 3) where they cannot be written.
 */
export async function writeMigrations(wanted: NewMigrations): Promise<WrittenMigrations> {
  const { dir, name, steps, oneFile } = wanted;
  let folder = await folderFiles(dir);
  const format = wanted.format ?? migrationFormatOf(folder);
  const writer = MIGRATION_WRITERS[format];
  const parts =
    oneFile && writer.mixesTransactions ? [{ name, steps }] : partsOf(name, steps, writer.mixesTransactions);
  const ids: string[] = [];
  const notes = new Set<string>();
  const batched = format === "sql" ? 0 : steps.filter(({ batch }) => batch !== null).length;
  if (batched > 0)
    notes.add(
      `${batched} statements change all rows of a table at once in ${format}: only migrate up runs them in batches`,
    );
  const written = new Map<string, string>();
  const start = startOf(wanted.at, folder);
  let after = lastIdOf(folder);
  for (const [index, part] of parts.entries()) {
    const at = new Date(start.getTime() + index * 1000);
    const own = format === "sql" ? part.steps : withLockTimeouts(part.steps);
    const made = writer.write({ at, name: part.name, steps: own, after }, folder);
    ids.push(made.id);
    after = made.id;
    for (const note of made.notes) notes.add(note);
    for (const { path, text } of made.files) written.set(path, text);
    const paths = new Set(made.files.map(({ path }) => path));
    folder = [...folder.filter(({ path }) => !paths.has(path)), ...made.files];
  }
  await writeFiles(dir, written);
  return { format, ids, files: [...written.keys()], notes: [...notes] };
}
