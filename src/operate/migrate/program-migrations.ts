import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readMigration } from "../../formats/migration/read.ts";
import { invalid } from "../../model/error.ts";
import type { Migration } from "../../model/migration.ts";
import { programFolder } from "../../twin/record/program-folder.ts";
import type { RecordedWay } from "../../twin/record/recorded.ts";
import { recordMigrations } from "../../twin/record/record-migrations.ts";
import { textOfWay } from "../../twin/record/script-text.ts";

/**
 * The migrations of a folder of Knex, TypeORM or node-pg-migrate, as what their programs send when they are run against a
 * recorder; null where the folder holds none. What the tool runs in one transaction is one here. Throws `invalid` (exit
 * 2), naming file and line, for a program that does not come to its end without a database, and for a statement that
 * may not run in the transaction that the tool puts around it.
 */
export async function programMigrations(
  dir: string,
  options: { readonly cwd: string; readonly signal: AbortSignal },
): Promise<readonly Migration[] | null> {
  const programs = await programFolder(dir, false).catch(() => null);
  if (programs === null) return null;
  const recorded = await recordMigrations(programs, { ...options, down: true });
  const migrations: Migration[] = [];
  for (const { file, up, down } of recorded) {
    const source = await readFile(join(dir, file), "utf8");
    const id = file.replace(/\.\w+$/, "");
    const back = down === null ? null : { file, text: scriptOf(down, source, file) };
    const read = await readMigration(id, { file, text: scriptOf(up, source, file) }, back);
    migrations.push({ ...read, format: programs.format });
  }
  return migrations;
}

function scriptOf(way: RecordedWay, source: string, file: string): string {
  if (way.broken !== null) {
    throw invalid({
      what: `the migration cannot be run without a database: ${way.broken.why}`,
      where: `${file}:${way.broken.line}`,
      expected: "a program that only sends statements",
    });
  }
  const { text } = textOfWay(way, source);
  if (way.statements.length === 0) return "";
  // On the first line, so that the others stay where they are.
  return way.transaction ? `BEGIN; ${text}\nCOMMIT;` : `${text}\n-- atlas:txmode none`;
}
