import type { Session } from "../../engines/postgres/driver.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import type { Catalog, CatalogObject } from "../../model/catalog.ts";
import type { Migration } from "../../model/migration.ts";
import type { Progress } from "../../model/progress.ts";
import { catalogWithout, isOfHistory } from "../../twin/own-history.ts";
import { judge } from "../../twin/load/judge.ts";
import { loadScripts } from "../../twin/load/load.ts";
import type { ScriptText } from "../../twin/load/report.ts";
import type { TwinDatabase, TwinServer } from "../../twin/server.ts";
import { otherHistories } from "./other-tools.ts";

/** What migrations make of an empty database. */
export interface BuiltSchema {
  readonly catalog: Catalog;
  readonly database: TwinDatabase;
  /** Statements on rows that were not run. */
  readonly rowStatements: number;
  /** What was left out of the files, and why. */
  readonly notes: readonly string[];
}

/** Runs migrations, without their rows, in a new database of a twin. Throws `invalid` (exit 2) for what the server refuses. */
export async function schemaOfFiles(
  server: TwinServer,
  migrations: readonly Migration[],
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: Progress },
): Promise<BuiltSchema> {
  const scripts = migrations.map(({ file, steps }): ScriptText => ({
    file,
    text: steps.map(({ sql }) => `${sql}\n;\n`).join(""),
    line: 1,
    continues: false,
  }));
  const database = await server.createDatabase();
  const report = await loadScripts(database, scripts, { rows: false, signal, progress });
  const notes = migrations.length === 0 ? [] : judge(report, scripts, false);
  const session = await database.connect("owner");
  try {
    return { catalog: await introspect(session, { signal }), database, rowStatements: report.ignored.rows, notes };
  } finally {
    await session.close();
  }
}

/** The catalog of a database under migration: without the history, dbwright's own and those of other tools. */
export async function schemaOfDatabase(session: Session, signal: AbortSignal): Promise<Catalog> {
  const others = await otherHistories(session);
  const catalog = await introspect(session, { signal });
  const isHistory = (object: CatalogObject): boolean =>
    isOfHistory(object) ||
    others.some(({ schema, name, beside, ownSchema }) => {
      if (ownSchema && object.schema === null && object.kind === "schema" && object.name === schema) return true;
      if (object.schema !== schema) return false;
      return ownSchema || [name, ...beside].some((table) => isOfTable(object, table));
    });
  return catalogWithout(catalog, isHistory);
}

function isOfTable(object: CatalogObject, table: string): boolean {
  const counts = object.kind === "sequence" && object.name.startsWith(`${table}_`);
  return object.table === table || (object.table === null && object.name === table) || counts;
}
