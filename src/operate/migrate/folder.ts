import { readFile, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readMigrations } from "../../formats/migration/read.ts";
import type { MigrationFile } from "../../formats/migration/read.ts";
import { invalid } from "../../model/error.ts";
import type { Migration } from "../../model/migration.ts";
import { SQITCH_PLAN, folderScripts } from "../../twin/load/folder.ts";
import { decodeText } from "../../twin/load/text.ts";

/**
 * Reads the `.sql` migrations of a folder in the order they run. Throws `invalid` (exit 2) for a folder that is not
 * there and for what `readMigrations` refuses.
 */
export async function readMigrationFolder(dir: string, shown: string): Promise<readonly Migration[]> {
  return await readMigrations(await readMigrationFiles(dir, shown));
}

/** The files of a migrations folder with their text, both ways; see {@link readMigrationFolder}. */
export async function readMigrationFiles(dir: string, shown: string): Promise<readonly MigrationFile[]> {
  const found = await stat(dir).catch(() => null);
  if (found?.isDirectory() !== true) {
    throw invalid({
      what: found === null ? "there is no such folder" : "this is no folder",
      where: shown,
      expected: "a folder of .sql migrations",
    });
  }
  await refuseSqitch(dir, shown);
  const { scripts, undoing } = await folderScripts(dir);
  if (scripts.length + undoing.length === 0) await refuseOthers(dir, shown);
  const files: MigrationFile[] = [];
  for (const file of [...scripts, ...undoing])
    files.push({ file, text: decodeText(await readFile(join(dir, file)), file) });
  return files;
}

// Names do not tell in which order its scripts run.
async function refuseSqitch(dir: string, shown: string): Promise<void> {
  const places = basename(dir) === "deploy" ? [dir, dirname(dir)] : [dir];
  for (const place of places) {
    if ((await stat(join(place, SQITCH_PLAN)).catch(() => null)) === null) continue;
    throw invalid({
      what: `it is a project of Sqitch, in which ${SQITCH_PLAN} says in which order scripts run`,
      where: shown,
      expected: "migrations that are ordered by their names",
      mend: "run these with sqitch (lint and inspect read them); or give them numbered names in a folder of their own, and migrate baseline",
    });
  }
}

// Migrations of programs, and links: to find nothing to run in them would look like success.
const PROGRAM = /\.(?:[cm]?[jt]s|py|rb|php|cs|exs|kt|java|xml|ya?ml)$/i;

async function refuseOthers(dir: string, shown: string): Promise<void> {
  const top = await readdir(dir, { withFileTypes: true });
  const below = await Promise.all(
    top
      .filter((one) => one.isDirectory() && !/^(?:\.|node_modules$)/.test(one.name))
      .map((one) => readdir(join(dir, one.name), { withFileTypes: true }).catch(() => [])),
  );
  for (const entry of [...top, ...below.flat()]) {
    const linked = !entry.isFile() && !entry.isDirectory() && /\.sql$/i.test(entry.name);
    if (!linked && !(entry.isFile() && PROGRAM.test(entry.name))) continue;
    throw invalid({
      what: linked
        ? `it holds no .sql file; ${JSON.stringify(entry.name)} is no regular file, and links are not followed`
        : `it holds no .sql migration, but ${JSON.stringify(entry.name)}`,
      where: shown,
      expected: "a folder of plain SQL migrations",
      mend: linked ? "copy the files into the folder" : "choose another --dir, or run these with their own tool",
    });
  }
}
