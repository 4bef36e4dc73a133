import type { BriefTenancy } from "../model/brief.ts";
import { decide, tableKeyOf, tableOf, tenantColumn } from "./draft.ts";
import type { Draft, DraftTable } from "./draft-model.ts";
import { listText, rowsText } from "./figures.ts";
import { tenantTables } from "./row-security.ts";

/** Explains the tenancy model. */
export function decideTenancy(draft: Draft): void {
  const { tenancy } = draft.brief;
  if (tenancy === null) return;
  const tenant = tableOf(draft, tenancy.tenant);
  limitSharedTables(draft, tenancy);
  const now = tenant.volume.now_rows;
  const horizon = tenant.volume.horizon_rows;
  const share =
    tenancy.largestShare === null
      ? ""
      : ` The largest may hold ${Math.round(tenancy.largestShare * 100)} % of all rows.`;
  const shared = draft.tables
    .filter((table) => !table.perTenant && table !== tenant && table.role === "entity")
    .map((table) => table.name);
  const common =
    shared.length === 0
      ? ""
      : ` Shared by all, and only read by ${draft.applicationRole} where no pattern writes: ${listText(shared)}.`;
  const because: Record<typeof tenancy.model, string> = {
    "shared-schema": `${rowsText(now)} tenants now, ${rowsText(horizon)} at the horizon: one set of tables, one migration and one connection pool for all.${share} ${tenantColumn(draft) ?? ""} leads the primary key, every unique rule and every index of ${tenantTables(draft).length} tables, so one tenant's rows are found together; foreign keys between them contain it, so none can lead to another tenant.${common}`,
    "schema-per-tenant": `${rowsText(now)} tenants now, ${rowsText(horizon)} at the horizon, each with a schema of its own. This design holds the pattern, ${draft.tenantSchema}, and the shared schema ${draft.schema}; a tenant's schema is made from the pattern, and the application sets search_path to it.${share} Volumes are those of all ${rowsText(horizon)} together; one schema holds ${oneTenant(tenancy.largestShare, horizon)}.${common}`,
    "database-per-tenant": `${rowsText(now)} tenants now, ${rowsText(horizon)} at the horizon, each with a database of its own. This design is one of them: no tenant column, no row security; ${tenant.name} describes its owner. Volumes, rates and sizes are those of all ${rowsText(horizon)} together; one database holds ${oneTenant(tenancy.largestShare, horizon)}, so partitions and indexes are judged at the most that could come.`,
  };
  decide(draft, {
    id: "tenancy/model",
    topic: "tenancy",
    subject: tenancy.tenant,
    choice: tenancy.model,
    because: because[tenancy.model],
    alternatives: alternatives(draft, horizon).filter((one) => one.option !== tenancy.model),
    objects: [tableKeyOf(tenant)],
    evidence: ["tenancy", `entities.${tenancy.tenant}.volume`],
  });
}

// A tenant leaves by the operator's hand, never by a session of its own. With a schema per tenant all tenants' rows
// lie in one table without row security: the application reads it, and provisioning writes it. The same holds for
// what all tenants share: written by one tenant's session, it would change under all the others.
function limitSharedTables(draft: Draft, tenancy: BriefTenancy): void {
  const own = tableOf(draft, tenancy.tenant);
  withhold(draft, own, tenancy.model === "schema-per-tenant" ? ["DELETE", "INSERT", "UPDATE"] : ["DELETE"]);
  if (tenancy.model === "database-per-tenant") return;
  for (const table of draft.tables) {
    if (!table.perTenant && table !== own && table.role === "entity") {
      withhold(draft, table, ["DELETE", "INSERT", "UPDATE"]);
    }
  }
}

// Takes privileges from the application, save those a pattern needs.
function withhold(draft: Draft, table: DraftTable, privileges: readonly string[]): void {
  for (const privilege of privileges) {
    const stated = draft.brief.patterns.some(
      ({ operation, entity }) => operation.toUpperCase() === privilege && draft.entityTables.get(entity) === table,
    );
    if (!stated) table.grants.delete(privilege);
  }
}

const oneTenant = (largest: number | null, tenants: number): string =>
  largest === null
    ? `about one in ${rowsText(tenants)} of it, the largest more (state largest_share)`
    : `at most ${Math.round(largest * 100)} % of it`;

function alternatives(draft: Draft, tenants: number): { option: string; whyNot: string }[] {
  const tables = draft.tables.length;
  return [
    { option: "shared-schema", whyNot: "a tenant's rows could not be restored, moved or dropped by themselves" },
    {
      option: "schema-per-tenant",
      whyNot: `${rowsText(tenants)} schemas of ${tables} tables are ${rowsText(tenants * tables)} tables: each migration runs ${rowsText(tenants)} times, and the catalog and each session's cache grow with them`,
    },
    {
      option: "database-per-tenant",
      whyNot: `${rowsText(tenants)} databases to migrate, back up and watch, and no connection pool shared between them`,
    },
  ];
}
