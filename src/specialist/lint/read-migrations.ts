import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { scriptsIn } from "../../lint/marks.ts";
import type { Direction } from "../../lint/marks.ts";
import type { LintScript } from "../../lint/script.ts";
import { invalid, unavailable } from "../../model/error.ts";
import { folderScripts } from "../../twin/load/folder.ts";
import { decodeText } from "../../twin/load/text.ts";

/** A file that was read, with the scripts in it in the order in which they run. */
export interface MigrationFile {
  /** As messages name it: relative to where dbwright was started. */
  readonly file: string;
  /** Where it lies; null for standard input. */
  readonly path: string | null;
  readonly text: string;
  readonly scripts: readonly LintScript[];
}

/** Migrations that were read. */
export interface Migrations {
  readonly files: readonly MigrationFile[];
  /** What a person should know: what was left out, and why. */
  readonly notes: readonly string[];
}

const missing = (path: string, error: NodeJS.ErrnoException): Error =>
  error.code === "ENOENT" || error.code === "ENOTDIR"
    ? invalid(
        { what: "there is no such file or folder", where: path, expected: "a .sql file or a folder of them" },
        { cause: error },
      )
    : unavailable({ what: `it cannot be read: ${error.code ?? error.message}`, where: path }, { cause: error });

/**
 * Reads a SQL file, or the SQL files of a folder in the order in which tools run them. Scripts that undo others are
 * left out of a folder, unless they are what is asked for. Throws `invalid` (exit 2) for a path that does not exist and
 * for a file that is no text, `unavailable` (exit 3) for one that may not be read.
 */
export async function readMigrations(path: string, cwd: string, direction: Direction): Promise<Migrations> {
  const whole = resolve(cwd, path);
  const found = await stat(whole).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) throw missing(path, found);
  if (!found.isDirectory()) return { files: [await readFileAt(whole, cwd, direction)], notes: [] };
  const { scripts, undoing } = await folderScripts(whole);
  const down = new Set(undoing);
  const chosen = direction === "up" ? scripts : [...scripts, ...undoing];
  const files: MigrationFile[] = [];
  for (const name of chosen) {
    // A file that only undoes has no marks: all of it goes down.
    const read = await readFileAt(join(whole, name), cwd, down.has(name) ? "up" : direction);
    if (read.scripts.length > 0) files.push(read);
  }
  if (files.length === 0)
    throw invalid({ what: `the folder holds no SQL that goes ${direction}`, where: path, expected: ".sql files" });
  const notes =
    direction === "up" && undoing.length > 0
      ? [`${undoing.length} files that undo others were left out, e.g. ${undoing[0]} (--down looks at them)`]
      : [];
  return { files, notes };
}

async function readFileAt(path: string, cwd: string, direction: Direction): Promise<MigrationFile> {
  const shown = shownAs(path, cwd);
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw missing(shown, error);
  });
  return migrationFile(shown, path, decodeText(bytes, shown), direction);
}

/** A file's text with the scripts in it. */
export function migrationFile(file: string, path: string | null, text: string, direction: Direction): MigrationFile {
  return { file, path, text, scripts: scriptsIn(file, text, direction) };
}

function shownAs(path: string, cwd: string): string {
  const name = relative(cwd, path);
  return (name === "" || name.startsWith("..") || isAbsolute(name) ? path : name).split(sep).join("/");
}
