import { isSqlState } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import type { TwinDatabase } from "../server.ts";

// What inheritance or partitions bring comes with the table above. Not enforced ones are no rule.
const FOREIGN_KEYS = `
  SELECT pg_catalog.regexp_replace(d.definition, ' NOT VALID$', '') AS definition
    FROM pg_catalog.pg_constraint AS c
    CROSS JOIN LATERAL pg_catalog.pg_get_constraintdef(c.oid) AS d (definition)
   WHERE c.conrelid = $1::pg_catalog.regclass AND c.contype = 'f' AND c.conparentid = 0
     AND d.definition !~ ' NOT ENFORCED'`;

/**
 * Lets the database's owner switch off foreign keys for a session. Null when it may now; else why not. The right goes
 * with the scratch server.
 */
export async function allowReplicaRole(database: TwinDatabase, owner: Session): Promise<string | null> {
  const { rows } = await owner.query<{ owner: string }>("SELECT pg_catalog.quote_ident(current_user) AS owner");
  const admin = await database.connect("admin");
  try {
    await admin.execute(`GRANT SET ON PARAMETER session_replication_role TO ${rows[0]?.owner ?? "current_user"}`);
    return null;
  } catch (error) {
    if (!isSqlState((error as { readonly code?: unknown }).code)) throw error;
    return (error as Error).message;
  } finally {
    await admin.close();
  }
}

/**
 * Runs `load`, which fills one table (`table`: its quoted name), and has the server check the foreign keys of all its rows
 * at once afterwards, by adding each a second time. Throws the server's error where a row refers to nothing.
 */
export async function referencesAfterwards<T>(session: Session, table: string, load: () => Promise<T>): Promise<T> {
  await session.execute("SET session_replication_role = replica");
  let loaded: T;
  try {
    loaded = await load();
  } finally {
    await session.execute("RESET session_replication_role");
  }
  const { rows } = await session.query<{ definition: string }>(FOREIGN_KEYS, [table]);
  for (const { definition } of rows) {
    try {
      await session.execute(`BEGIN; ALTER TABLE ${table} ADD CONSTRAINT dbwright_afterwards ${definition}`);
    } finally {
      await session.execute("ROLLBACK");
    }
  }
  return loaded;
}
