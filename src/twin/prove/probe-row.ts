import type { Session } from "../../engines/postgres/driver.ts";
import type { Dialect } from "../../model/statement.ts";
import type { SpareRow } from "../rows/generate.ts";
import { refused } from "./step.ts";
import type { ServerError } from "./step.ts";

/** A table by name. */
export interface TableName {
  readonly schema: string | null;
  readonly table: string;
}

/** An INSERT of one row with its values as literals, to reproduce what was seen. */
export function insertSql(dialect: Dialect, table: TableName, row: SpareRow): string {
  const columns = Object.keys(row).map((name) => dialect.ident(name));
  const values = Object.values(row).map((value) => (value === null ? "NULL" : dialect.literal(value)));
  return `INSERT INTO ${dialect.qualified(table.schema, table.table)} (${columns.join(", ")}) OVERRIDING SYSTEM VALUE VALUES (${values.join(", ")})`;
}

/** How the server answered an INSERT. */
export type Answer = { readonly accepted: true } | { readonly accepted: false; readonly error: ServerError };

/** Tries a statement inside the transaction under way and takes it back; deferred constraints are checked too. */
export async function tryStatement(session: Session, sql: string): Promise<Answer> {
  await session.execute("SAVEPOINT dbwright_try");
  try {
    await session.execute(sql);
    await session.execute("SET CONSTRAINTS ALL IMMEDIATE");
    return { accepted: true };
  } catch (error) {
    if (!refused(error)) throw error;
    return { accepted: false, error };
  } finally {
    // On a lost connection this fails as well; the first error is the one to tell.
    await session.execute("ROLLBACK TO SAVEPOINT dbwright_try; RELEASE SAVEPOINT dbwright_try").catch(() => {});
  }
}
