import type { Catalog } from "../../model/catalog.ts";
import type { Dialect } from "../../model/statement.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";

/**
 * A database that holds one end of a plan: a copy of the one in which its SQL ran, or one built from the catalog.
 * Throws the server's error for a statement that it refuses; nothing is left then.
 */
export async function buildDatabase(
  server: TwinServer,
  end: { readonly catalog: Catalog; readonly database?: TwinDatabase | undefined },
  dialect: Dialect,
): Promise<TwinDatabase> {
  if (end.database !== undefined) return await server.createDatabase(end.database);
  const database = await server.createDatabase();
  try {
    for (const object of end.catalog.objects) if (object.kind === "role") await database.ensureRole(object.name);
    const session = await database.connect("owner");
    try {
      for (const { sql } of dialect.create(end.catalog)) await session.execute(sql);
    } finally {
      await session.close();
    }
    return database;
  } catch (error) {
    await database.drop().catch(() => {});
    throw error;
  }
}
