import { isSqlState } from "../../engines/postgres/driver.ts";
import { postgres } from "../../engines/postgres/dialect.ts";
import { ident } from "../../engines/postgres/print.ts";
import type { Catalog } from "../../model/catalog.ts";
import { unavailable } from "../../model/error.ts";
import type { PlannerStatistics } from "../../model/planner-statistics.ts";
import type { Progress } from "../../model/progress.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { createExtension } from "../load/extensions.ts";
import { transplant } from "../stats/transplant.ts";
import type { Transplanted } from "../stats/transplant.ts";

/** A twin at depth `schema` or, with statistics, `stats`. */
export interface BuiltTwin {
  readonly database: TwinDatabase;
  /** Null at depth `schema`. */
  readonly transplanted: Transplanted | null;
  /** Where the twin departs from its source, and why. */
  readonly notes: readonly string[];
}

const DUPLICATE_SCHEMA = "42P06";

/** Statements named one by one of those that the twin's server refused. */
const REFUSED_MAX = 10;

/**
 * Builds a scratch database from a catalog and, where statistics are given, makes it plan as production does. What the
 * server refuses (an extension that is not at hand, and what needs it) is left out and noted. Throws `unavailable`
 * (exit 3) when it refuses every statement; nothing is left then.
 */
export async function buildTwin(
  server: TwinServer,
  { catalog, statistics }: { readonly catalog: Catalog; readonly statistics: PlannerStatistics | null },
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: Progress },
): Promise<BuiltTwin> {
  const database = await server.createDatabase();
  try {
    const notes = await buildSchema(database, catalog, { signal, progress });
    if (statistics === null) return { database, transplanted: null, notes };
    const task = progress.start("transplanting statistics");
    try {
      const transplanted = await transplant(database, server, catalog, statistics, { signal });
      task.done(`${transplanted.relations} relations`);
      return { database, transplanted, notes: [...notes, ...transplanted.notes] };
    } catch (error) {
      task.failed();
      throw error;
    }
  } catch (error) {
    await database.drop().catch(() => {});
    throw error;
  }
}

async function buildSchema(
  database: TwinDatabase,
  catalog: Catalog,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: Progress },
): Promise<string[]> {
  const statements = postgres.create(catalog);
  const task = progress.start("building the schema", statements.length);
  const refused: string[] = [];
  for (const object of catalog.objects) {
    if (object.kind !== "role") continue;
    await database.ensureRole(object.name).catch((error: unknown) => {
      signal.throwIfAborted();
      refused.push(`role ${ident(object.name)}: ${(error as Error).message}`);
    });
  }
  const admin = await database.connect("admin");
  const session = await database.connect("owner");
  try {
    // The database holds nothing yet: only now may scripts of extensions run as superuser.
    for (const object of catalog.objects) {
      if (object.kind !== "extension") continue;
      const request = { name: object.name, schema: object.schema, cascade: true };
      const why = await createExtension({ admin, owner: session, creator: admin }, request);
      if (why !== null) refused.push(why);
    }
    for (const [at, { sql }] of statements.entries()) {
      signal.throwIfAborted();
      task.update(at);
      try {
        await session.execute(sql);
      } catch (error) {
        const { code } = error as { readonly code?: unknown };
        if (!isSqlState(code)) throw error;
        // Schemas came with their extensions.
        if (code === DUPLICATE_SCHEMA) continue;
        refused.push(`${firstWords(sql)}: ${(error as Error).message}`);
      }
    }
  } catch (error) {
    task.failed();
    throw error;
  } finally {
    await session.close();
    await admin.close();
  }
  if (statements.length > 0 && refused.length >= statements.length) {
    task.failed();
    throw unavailable({ what: `the twin's server refuses the schema: ${refused[0]}`, where: "the twin" });
  }
  task.done(`${statements.length - refused.length} statements`);
  const more = refused.length > REFUSED_MAX ? [`${refused.length - REFUSED_MAX} more statements were refused`] : [];
  return [...refused.slice(0, REFUSED_MAX).map((what) => `left out: ${what}`), ...more];
}

const firstWords = (sql: string): string => {
  const line = sql.trim().split("\n", 1)[0] ?? "";
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
};
