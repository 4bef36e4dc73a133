import type { Catalog, CatalogObject } from "../../model/catalog.ts";
import type { Dialect } from "../../model/statement.ts";
import { lending } from "../owners/lend.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";

// A file's objects are the scratch database's own; the catalog may say whose they are at the other end of the plan.
async function owned(database: TwinDatabase, catalog: Catalog, dialect: Dialect): Promise<void> {
  const held = catalog.objects.filter(({ owner }) => owner !== undefined);
  if (held.length === 0) return;
  for (const name of new Set(held.map(({ owner }) => owner ?? ""))) await database.ensureRole(name);
  const session = lending(await database.connect("owner"));
  try {
    for (const after of held) {
      // One that belongs to a column goes with its table.
      if (after.kind === "sequence" && after.ownedBy !== null) continue;
      const { owner: _, ...before } = after;
      const change = { type: "alter", before: before as CatalogObject, after, properties: ["owner"] } as const;
      for (const { sql } of dialect.change(change, catalog)) await session.execute(sql);
    }
  } finally {
    await session.close();
  }
}

/**
 * A database that holds one end of a plan: a copy of the one in which its SQL ran, or one built from the catalog.
 * Throws the server's error for a statement that it refuses; nothing is left then.
 */
export async function buildDatabase(
  server: TwinServer,
  end: { readonly catalog: Catalog; readonly database?: TwinDatabase | undefined },
  dialect: Dialect,
): Promise<TwinDatabase> {
  const database = await server.createDatabase(end.database);
  try {
    if (end.database !== undefined) {
      await owned(database, end.catalog, dialect);
      return database;
    }
    for (const object of end.catalog.objects) if (object.kind === "role") await database.ensureRole(object.name);
    const session = lending(await database.connect("owner"));
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
