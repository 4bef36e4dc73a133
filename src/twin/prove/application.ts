import type { Session } from "../../engines/postgres/driver.ts";
import type { Design } from "../../model/design.ts";
import type { Dialect } from "../../model/statement.ts";

/** Who runs a query: the application's role with a tenant set (null: none), or the owner past row security. */
export type Caller = { readonly as: "application"; readonly tenant: string | null } | { readonly as: "owner" };

/** Tells the server which tenant the transaction under way is for. */
export function tenantSql(design: Design, dialect: Dialect, tenant: string): string {
  return `SELECT set_config(${dialect.literal(design.tenancy?.setting ?? "")}, ${dialect.literal(tenant)}, true)`;
}

/** The statements that begin a transaction for a caller. The session is the owner's. */
export function beginAs(design: Design, dialect: Dialect, caller: Caller): readonly string[] {
  const { tenancy } = design;
  if (caller.as === "owner") {
    const open = (tenancy?.tables ?? []).map(
      ({ schema, table }) => `ALTER TABLE ${dialect.qualified(schema, table)} NO FORCE ROW LEVEL SECURITY`,
    );
    return ["BEGIN", ...open];
  }
  const role = `SET LOCAL ROLE ${dialect.ident(design.applicationRole)}`;
  const set = tenancy === null || caller.tenant === null ? [] : [tenantSql(design, dialect, caller.tenant)];
  return ["BEGIN", role, ...set];
}

/** Runs work as a caller, in a transaction that is always rolled back. */
export async function asCaller<T>(
  session: Session,
  design: Design,
  dialect: Dialect,
  caller: Caller,
  work: () => Promise<T>,
): Promise<T> {
  for (const sql of beginAs(design, dialect, caller)) await session.execute(sql);
  try {
    return await work();
  } finally {
    await session.execute("ROLLBACK").catch(() => {});
  }
}
