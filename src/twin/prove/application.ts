import type { Session } from "../../engines/postgres/driver.ts";
import type { Design } from "../../model/design.ts";
import type { Dialect } from "../../model/statement.ts";

/**
 * Who runs a query: the application's role with a tenant set (null: none), the role for work across tenants,
 * or, where the design has none, the owner past row security.
 */
export type Caller =
  | { readonly as: "application"; readonly tenant: string | null }
  | { readonly as: "operator"; readonly role: string }
  | { readonly as: "owner" };

/** Who does what crosses tenants: the one role of the design beside the application's, else the owner. */
export function operatorOf(design: Design): Caller {
  const others = design.catalog.objects.filter(
    (object) => object.kind === "role" && object.name !== design.applicationRole,
  );
  const [only] = others;
  return only !== undefined && others.length === 1 ? { as: "operator", role: only.name } : { as: "owner" };
}

/** Tells the server which tenant the transaction under way is for. */
export function tenantSql(design: Design, dialect: Dialect, tenant: string): string {
  return `SELECT set_config(${dialect.literal(design.tenancy?.setting ?? "")}, ${dialect.literal(tenant)}, true)`;
}

/** Statements that let the owner past the row security of its own tables, for the transaction under way. */
export function openToOwner(design: Design, dialect: Dialect): readonly string[] {
  return design.catalog.objects.flatMap((object) =>
    object.kind === "table" && object.rowSecurity.forced
      ? [`ALTER TABLE ${dialect.qualified(object.schema, object.name)} NO FORCE ROW LEVEL SECURITY`]
      : [],
  );
}

/** The statements that begin a transaction for a caller. The session is the owner's. */
export function beginAs(design: Design, dialect: Dialect, caller: Caller): readonly string[] {
  if (caller.as === "owner") return ["BEGIN", ...openToOwner(design, dialect)];
  if (caller.as === "operator") return ["BEGIN", `SET LOCAL ROLE ${dialect.ident(caller.role)}`];
  const role = `SET LOCAL ROLE ${dialect.ident(design.applicationRole)}`;
  const shared = design.tenancy?.model === "shared-schema";
  const set = shared && caller.tenant !== null ? [tenantSql(design, dialect, caller.tenant)] : [];
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
  await session.execute(beginAs(design, dialect, caller).join("; "));
  try {
    return await work();
  } finally {
    await session.execute("ROLLBACK").catch(() => {});
  }
}
