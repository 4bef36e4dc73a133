import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { readMigrations } from "../../formats/migration/read.ts";
import type { MigrationFile } from "../../formats/migration/read.ts";
import { invalid } from "../../model/error.ts";
import type { Migration } from "../../model/migration.ts";
import { folderScripts } from "../../twin/load/folder.ts";
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
  const { scripts, undoing } = await folderScripts(dir);
  const files: MigrationFile[] = [];
  for (const file of [...scripts, ...undoing])
    files.push({ file, text: decodeText(await readFile(join(dir, file)), file) });
  return files;
}
