import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { scriptsIn } from "../../lint/marks.ts";
import type { Direction } from "../../lint/marks.ts";
import type { LintScript, SaidTransaction } from "../../lint/script.ts";
import { invalid, unavailable } from "../../model/error.ts";
import { folderScripts } from "../../twin/load/folder.ts";
import { decodeText } from "../../twin/load/text.ts";
import { programFolder } from "../../twin/record/program-folder.ts";
import type { ProgramFolder } from "../../twin/record/program-folder.ts";
import { recordingNotes, textOfWay } from "../../twin/record/script-text.ts";

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
 * Reads a SQL file, or the SQL files of a folder in the order in which tools run them; or the migrations of Knex,
 * TypeORM or node-pg-migrate, which are programs and are run against a recorder. Scripts that undo others are
 * left out of a folder, unless they are what is asked for. Throws `invalid` (exit 2) for a path that does not exist and
 * for a file that is no text, `unavailable` (exit 3) for one that may not be read.
 */
export async function readMigrations(
  path: string,
  { cwd, signal }: { readonly cwd: string; readonly signal: AbortSignal },
  direction: Direction,
): Promise<Migrations> {
  const whole = resolve(cwd, path);
  const found = await stat(whole).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) throw missing(path, found);
  const programs = await programFolder(whole, found.isFile());
  if (programs !== null) return await readPrograms(programs, path, { cwd, signal }, direction);
  if (!found.isDirectory()) return { files: [await readFileAt(whole, cwd, direction)], notes: [] };
  const { scripts, undoing, unlisted, list, isDrizzle } = await folderScripts(whole);
  const down = new Set(undoing);
  const chosen = direction === "up" ? scripts : [...scripts, ...undoing];
  const files: MigrationFile[] = [];
  for (const name of chosen) {
    // A file that only undoes has no marks: all of it goes down.
    const read = await readFileAt(join(whole, name), cwd, down.has(name) ? "up" : direction);
    if (read.scripts.length > 0) files.push(isDrizzle ? { ...read, scripts: read.scripts.map(inTransaction) } : read);
  }
  if (files.length === 0)
    throw invalid({ what: `the folder holds no SQL that goes ${direction}`, where: path, expected: ".sql files" });
  const notes =
    direction === "up" && undoing.length > 0
      ? [`${undoing.length} files that undo others were left out, e.g. ${undoing[0]} (--down looks at them)`]
      : [];
  if (list !== null && unlisted.length > 0)
    notes.push(`${unlisted.length} files that ${list} does not name were left out, e.g. ${unlisted[0]}`);
  return { files, notes };
}

const inTransaction = (script: LintScript): LintScript =>
  script.transaction === "unsaid" ? { ...script, transaction: "yes" } : script;

// Programs of Knex, TypeORM or node-pg-migrate: they are run without a database, and what they send is looked at.
async function readPrograms(
  programs: ProgramFolder,
  path: string,
  { cwd, signal }: { readonly cwd: string; readonly signal: AbortSignal },
  direction: Direction,
): Promise<Migrations> {
  const { recordMigrations } = await import("../../twin/record/record-migrations.ts");
  const recorded = await recordMigrations(programs, { cwd, signal, down: direction === "down" });
  const files: MigrationFile[] = [];
  const notes = [
    `${programs.files.length} programs of ${programs.format} were run without a database, and what they send was looked at`,
  ];
  for (const script of recorded) {
    const way = script[direction];
    if (way === null) continue;
    const whole = join(programs.dir, script.file);
    const file = shownAs(whole, cwd);
    notes.push(...recordingNotes(file, way));
    const { text, lines } = textOfWay(way, await readFile(whole, "utf8"));
    const said: SaidTransaction = way.transaction ? "yes" : "no";
    files.push({
      file,
      path: null,
      text,
      scripts: way.statements.length === 0 ? [] : [{ file, text, lines, transaction: said, marks: "plain" }],
    });
  }
  const seen = files.filter(({ scripts }) => scripts.length > 0);
  if (seen.length === 0)
    throw invalid({ what: `the programs send nothing on their way ${direction}: ${notes.join("; ")}`, where: path });
  return { files: seen, notes };
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
