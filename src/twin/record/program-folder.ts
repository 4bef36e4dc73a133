import { readFile, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { migrationFormatOf } from "../../formats/migration/folder-format.ts";
import { naturalOrder } from "../../formats/migration/order.ts";
import type { MigrationFormat } from "../../model/migration.ts";
import type { ProgramFormat } from "./recorded.ts";

/** Migrations that are programs, in the order in which their tool runs them. */
export interface ProgramFolder {
  readonly dir: string;
  readonly format: ProgramFormat;
  /** Relative to the folder. */
  readonly files: readonly string[];
}

const SCRIPT = /\.[cm]?[jt]s$/;
const NO_MIGRATION = /\.d\.[cm]?ts$|\.(?:test|spec)\.[cm]?[jt]s$/;
// A way up as a function, a method, a property or an export.
const WAY_UP = /\bup\s*[(:=]|\bfunction\s+up\b/;

/** Whether a tool's migrations are programs, not SQL. */
export function isProgramFormat(format: MigrationFormat): format is ProgramFormat {
  return format === "knex" || format === "typeorm" || format === "node-pg-migrate";
}

/**
 * The migration programs right in a folder, or the one that a path names; null where there are none. Knex goes by the
 * characters of names, node-pg-migrate and TypeORM by their numbers; SQL files belong to node-pg-migrate's own where they
 * lie among its programs. Only looks at the files: nothing is run.
 */
export async function programFolder(path: string, isFile: boolean): Promise<ProgramFolder | null> {
  const dir = isFile ? dirname(path) : path;
  const names = isFile
    ? [basename(path)]
    : (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
  const programs: { readonly path: string; readonly text: string }[] = [];
  for (const name of names) {
    if (!SCRIPT.test(name) || NO_MIGRATION.test(name)) continue;
    const text = await readFile(join(dir, name), "utf8");
    if (WAY_UP.test(text)) programs.push({ path: name, text });
  }
  const format = migrationFormatOf(programs);
  if (!isProgramFormat(format)) return null;
  const sql = format === "node-pg-migrate" ? names.filter((name) => /^\d.*\.sql$/i.test(name)) : [];
  const files = [...programs.map((program) => program.path), ...sql];
  return {
    dir,
    format,
    files: files.toSorted((a, b) => (format === "knex" ? (a < b ? -1 : 1) : naturalOrder(a, b))),
  };
}
