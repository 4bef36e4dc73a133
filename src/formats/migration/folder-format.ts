import type { MigrationFormat } from "../../model/migration.ts";
import type { FolderFile } from "./writer.ts";

/**
 * Whose migrations a folder holds, by the marks each tool leaves: Drizzle its journal, Prisma its lock file or
 * `NAME/migration.sql`, Flyway its names (`V1__x.sql`), the others what their scripts import, export or call. A folder
 * that shows none of them, or is empty, holds plain SQL.
 */
export function migrationFormatOf(folder: readonly FolderFile[]): MigrationFormat {
  const paths = folder.map(({ path }) => path);
  if (paths.includes("meta/_journal.json")) return "drizzle";
  if (paths.includes("migration_lock.toml") || paths.some((path) => /^[^/]+\/migration\.sql$/.test(path)))
    return "prisma";
  if (paths.some((path) => /(?:^|\/)(?:[VB]\d[\d._]*|R)__[^/]+\.sql$/.test(path))) return "flyway";
  const scripts = folder.filter(({ path }) => /\.[cm]?[jt]s$/.test(path) && !path.endsWith(".d.ts"));
  for (const { text } of scripts) {
    if (/\bMigrationInterface\b|\bqueryRunner\s*\.\s*query\b/.test(text)) return "typeorm";
    if (/\bpgm\b/.test(text)) return "node-pg-migrate";
    if (/\bknex\b/i.test(text)) return "knex";
  }
  return "sql";
}
