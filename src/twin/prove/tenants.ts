import type { Session } from "../../engines/postgres/driver.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import type { Catalog } from "../../model/catalog.ts";
import type { Design } from "../../model/design.ts";
import type { Progress } from "../../model/progress.ts";
import type { Dialect } from "../../model/statement.ts";
import type { GeneratedTable } from "../rows/generate.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import type { Tenants } from "./attacks.ts";
import { tenantColumn } from "./samples.ts";
import { refused } from "./step.ts";

/** What attacking tenant isolation needs: a database with the design and rows of several tenants. */
export interface IsolationTrial {
  readonly server: TwinServer;
  readonly database: TwinDatabase;
  readonly design: Design;
  /** As read back from the server. */
  readonly catalog: Catalog;
  readonly generated: readonly GeneratedTable[];
  readonly dialect: Dialect;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** A table that holds rows of tenants. */
export interface TenantTable {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

/** The tables that are per tenant, the tenant table itself among them. */
export function tenantTables(design: Design, view: CatalogView): readonly TenantTable[] {
  return view.tables.flatMap(({ table }) => {
    const column = table.partitionOf === null ? tenantColumn(design, table.schema, table.name) : null;
    return column === null ? [] : [{ schema: table.schema ?? "", table: table.name, column }];
  });
}

/** The two tenants with the most rows in a table, counted past row security. */
export async function twoTenants(admin: Session, dialect: Dialect, target: TenantTable): Promise<Tenants | null> {
  const column = dialect.ident(target.column);
  const counted = await admin.query<{ tenant: string; n: string }>(
    `SELECT ${column}::text AS tenant, count(*) AS n FROM ${dialect.qualified(target.schema, target.table)} WHERE ${column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 2`,
  );
  const [other, own] = counted.rows;
  if (own === undefined || other === undefined) return null;
  return { own: own.tenant, own_rows: Number(own.n), other: other.tenant, other_rows: Number(other.n) };
}

/** What a statement came to: an error, rows touched, or a count read. */
export interface Seen {
  readonly code: string | null;
  readonly message: string;
  readonly touched: number;
  readonly counted: number | null;
}

/** Runs one statement in a transaction that is rolled back. */
export async function attempt(session: Session, before: readonly string[], sql: string): Promise<Seen> {
  await session.execute("BEGIN");
  try {
    for (const first of before) await session.execute(first);
    const result = await session.query<{ n?: string }>(sql);
    const n = result.rows[0]?.n;
    // What a deferred constraint refuses at the end of the transaction is refused as well.
    await session.execute("SET CONSTRAINTS ALL IMMEDIATE");
    return { code: null, message: "", touched: result.rowCount ?? 0, counted: n === undefined ? null : Number(n) };
  } catch (error) {
    if (!refused(error)) throw error;
    return { code: error.code ?? "?", message: error.message, touched: 0, counted: null };
  } finally {
    await session.execute("ROLLBACK").catch(() => {});
  }
}
