import { renameStatements } from "../../diff/stated-renames.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import type { Catalog } from "../../model/catalog.ts";
import type { Change } from "../../model/change.ts";
import type { Dialect } from "../../model/statement.ts";
import { buildDatabase } from "../prove-plan/build.ts";
import type { PlanEnd } from "../prove-plan/prove-plan.ts";
import { MOVES_EXTENSION } from "../prove-plan/run-steps.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";

async function asAdministrator(database: TwinDatabase, sql: string): Promise<void> {
  const session = await database.connect("admin");
  try {
    await session.execute(sql);
  } finally {
    await session.close();
  }
}

/**
 * The catalog of FROM once objects in it have been renamed: done on a copy on the twin and read back, as only the
 * server follows a name into every view, check and index. Throws the server's error for a rename that it refuses.
 */
export async function renamedCatalog(
  server: TwinServer,
  from: PlanEnd,
  to: Catalog,
  renames: readonly Change[],
  dialect: Dialect,
): Promise<Catalog> {
  const database = await buildDatabase(server, from, dialect);
  try {
    const session = await database.connect("owner");
    try {
      for (const sql of renameStatements(renames, from.catalog, to, dialect))
        if (MOVES_EXTENSION.test(sql)) await asAdministrator(database, sql);
        else await session.execute(sql);
      return await introspect(session);
    } finally {
      await session.close();
    }
  } finally {
    await database.drop();
  }
}
