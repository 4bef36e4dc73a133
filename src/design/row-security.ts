import { decide, partKeyOf, tableOf, tenantColumn, columnNamed } from "./draft.ts";
import type { Draft, DraftTable } from "./draft-model.ts";
import { listText, rowsText } from "./figures.ts";

/** The setting that names the tenant of a transaction: `app.organisation_id`. */
export function tenantSetting(draft: Draft): string {
  return `app.${draft.brief.tenancy?.tenant ?? "tenant"}_id`;
}

/** The type of the tenant column. */
export function tenantType(draft: Draft): string {
  const tenant = tableOf(draft, draft.brief.tenancy?.tenant ?? "");
  return columnNamed(tenant, tenant.primaryKey[0] ?? "id").type;
}

/** The tenant of the transaction as SQL; null when it was not set. A sub-query, so that it is computed once per query. */
export function currentTenant(draft: Draft): string {
  const setting = draft.dialect.literal(tenantSetting(draft));
  return `(SELECT nullif(current_setting(${setting}, true), '')::${tenantType(draft)})`;
}

/** Tables whose rows belong to one tenant, where tenants share tables. */
export function tenantTables(draft: Draft): readonly DraftTable[] {
  return tenantColumn(draft) === null ? [] : draft.tables.filter((table) => table.perTenant);
}

/** Adds the policies of row security to every table that holds tenants' rows, the tenant's own among them. */
export function addRowSecurity(draft: Draft): void {
  const { tenancy } = draft.brief;
  const column = tenantColumn(draft);
  if (tenancy === null || column === null) return;
  const tenantTable = tableOf(draft, tenancy.tenant);
  const tables = tenantTables(draft);
  for (const table of tables) {
    if (table.role === "search") continue;
    addTenantPolicy(draft, table, column);
  }
  addTenantPolicy(draft, tenantTable, tenantTable.primaryKey[0] ?? "id");
  const policies = [...tables, tenantTable].flatMap((table) =>
    table.policies.map((policy) => partKeyOf(table, "policy", policy.name)),
  );
  decide(draft, {
    id: "security/row-security",
    topic: "security",
    subject: `${tables.length + 1} tables`,
    choice: `row security, enabled and forced, by the setting ${tenantSetting(draft)}`,
    because: `Every statement of ${draft.applicationRole} sees and writes the rows of one ${tenancy.tenant} only: the one set for the transaction (SET LOCAL ${tenantSetting(draft)} = …). Forgotten, the setting is null: no row is seen and each write is refused. FORCE holds the tables' owner to it too. The policies speak of every role, so a role added later is held as well; queries repeat the condition on ${column}, so the planner knows the value and a missing policy would still leak nothing.`,
    alternatives: [
      { option: "conditions in the application only", whyNot: "one forgotten WHERE shows one customer another's data" },
      {
        option: "a database role per tenant",
        whyNot: `${rowsText(tenantTable.volume.horizon_rows)} roles, and no connection pool across them`,
      },
    ],
    objects: policies,
    evidence: ["tenancy"],
  });
}

function addTenantPolicy(draft: Draft, table: DraftTable, column: string): void {
  const condition = `${draft.dialect.ident(column)} = ${currentTenant(draft)}`;
  table.policies.push({
    name: "tenant",
    command: table.role === "history" ? "select" : "all",
    roles: ["public"],
    using: condition,
    check: table.role === "history" ? null : condition,
  });
  // Only the trigger writes history, with the owner's rights and whatever tenant the changed row has; nobody else
  // has the INSERT privilege.
  if (table.role === "history")
    table.policies.push({ name: "recorded", command: "insert", roles: ["public"], using: null, check: "true" });
}

/** Lets the operator's role see the rows of all tenants in a table. */
export function openToOperator(draft: Draft, table: DraftTable, ...privileges: readonly string[]): void {
  draft.operatorNeeded = true;
  for (const privilege of privileges) table.operatorGrants.add(privilege);
  if (tenantColumn(draft) === null || table.policies.some((policy) => policy.name === "operator")) return;
  const secured = table.perTenant || table.entity?.name === draft.brief.tenancy?.tenant;
  if (!secured) return;
  // Being a member is not enough (an owner that created the role is one): only a session that took the role on.
  const acting = `CURRENT_USER = ${draft.dialect.literal(draft.operatorRole)}`;
  table.policies.push({ name: "operator", command: "all", roles: [draft.operatorRole], using: acting, check: acting });
}

/** Explains the roles; runs last, when all privileges are known. */
export function decideRoles(draft: Draft): void {
  const without = (privilege: string): string[] =>
    draft.tables.filter((table) => !table.grants.has(privilege)).map((table) => table.name);
  const readOnly = without("UPDATE");
  const kept = without("DELETE").filter((name) => !readOnly.includes(name));
  const limits = [
    ...(readOnly.length > 0 ? [`no UPDATE on ${listText(readOnly)}`] : []),
    ...(kept.length > 0 ? [`no DELETE on ${listText(kept)}`] : []),
  ];
  const secured = tenantColumn(draft) !== null;
  decide(draft, {
    id: "security/application-role",
    topic: "security",
    subject: draft.applicationRole,
    choice: "a role without login that owns nothing",
    because: `A login role of the application is granted ${draft.applicationRole} and nothing else. It holds SELECT, INSERT, UPDATE and DELETE on the tables${limits.length > 0 ? ` (${limits.join("; ")})` : ""}; never TRUNCATE, REFERENCES or TRIGGER, and no right to create${secured ? ", and no way around row security" : ""}. Passwords change with the login role, privileges stay here.`,
    alternatives: [
      {
        option: "connect as the owner",
        whyNot: `an injected statement could drop tables${secured ? " and switch row security off" : " and history"}`,
      },
    ],
    objects: [`role ${draft.applicationRole}`],
    evidence: ["name"],
  });
  if (!draft.operatorNeeded) return;
  const opened = draft.tables.filter((table) => table.operatorGrants.size > 0).map((table) => table.name);
  decide(draft, {
    id: "security/operator-role",
    topic: "security",
    subject: draft.operatorRole,
    choice: `a second role for ${secured ? "jobs and reports over all tenants" : "the jobs"}, on ${listText(opened)}`,
    because: secured
      ? `Retention, erasure and operator reports cross tenants by purpose. They run as ${draft.operatorRole}, which has its own policies and only the privileges those jobs need; a session takes it on with SET ROLE; it is never granted to the application.`
      : `The jobs remove and overwrite what ${draft.applicationRole} may not. They run as ${draft.operatorRole}, which has only the privileges they need; a session takes it on with SET ROLE; it is never granted to the application.`,
    alternatives: [
      secured
        ? { option: "the owner, or BYPASSRLS", whyNot: "either can read and change every row of every table" }
        : { option: "the owner", whyNot: "a mistake in a job could change every table, not these alone" },
    ],
    objects: [`role ${draft.operatorRole}`],
    evidence: ["tenancy", "access_patterns"],
  });
}

/** Whether queries on a table pass through row security. */
export function underRowSecurity(draft: Draft, table: DraftTable): boolean {
  return (
    table.policies.length > 0 ||
    (tenantColumn(draft) !== null && (table.perTenant || table.entity?.name === draft.brief.tenancy?.tenant))
  );
}
