import type { PolicyObject, TableObject } from "../model/catalog.ts";
import type { TableView } from "../model/catalog-view.ts";
import type { Change } from "../model/change.ts";
import { alter } from "../model/change.ts";
import type { Fix } from "../model/finding.ts";
import { ref, refKey } from "../model/ref.ts";
import { ownTables } from "./own-tables.ts";
import { bare, granteeInWords, grantsByObject, isBroad, onRelation } from "./privileges.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { tenancyOf } from "./tenancy.ts";
import type { Tenancy } from "./tenancy.ts";

const enabled = (table: TableObject, forced: boolean): Change =>
  alter(table, { rowSecurity: { enabled: true, forced } });

// Policies that read nothing but the tenant's column hold for every table that carries it.
function isGeneral(policy: PolicyObject, column: string): boolean {
  const text = `${policy.using ?? ""} ${policy.check ?? ""}`;
  return text.includes(column) && !/\bFROM\b/i.test(text);
}

const shapeOf = ({ command, permissive, roles, using, check }: PolicyObject): string =>
  JSON.stringify([command, permissive, roles, using, check]);

/** The table whose policies most others share, as a pattern for those that have none. */
function patternOf({ tables, column }: Tenancy): TableView | null {
  const counts = new Map<string, { readonly of: TableView; count: number }>();
  for (const of of tables) {
    if (!of.table.rowSecurity.enabled || of.policies.length === 0) continue;
    if (!of.policies.every((policy) => isGeneral(policy, column))) continue;
    const shape = of.policies.map(shapeOf).toSorted().join("\n");
    counts.set(shape, { of: counts.get(shape)?.of ?? of, count: (counts.get(shape)?.count ?? 0) + 1 });
  }
  const [most] = [...counts.values()].toSorted((a, b) => b.count - a.count);
  return most?.of ?? null;
}

function policyLike(policy: PolicyObject, { table }: TableView): PolicyObject {
  const name = policy.name.replace(policy.table, table.name);
  return {
    ...policy,
    ...ref("policy", name, { schema: table.schema, table: table.name }),
    kind: "policy",
    table: table.name,
    comment: null,
    dependsOn: [
      refKey(table),
      ...policy.roles.filter((role) => role !== "public").map((role) => refKey(ref("role", role))),
    ],
  };
}

function protection(of: TableView, pattern: TableView | null): readonly Fix[] {
  if (pattern === null) return [];
  const taken = new Set(of.policies.map(({ name }) => name));
  const policies = pattern.policies.map((policy) => policyLike(policy, of)).filter(({ name }) => !taken.has(name));
  return [
    {
      title: `enable row security on ${of.table.name} with the policies of ${pattern.table.name}`,
      safety: "review",
      changes: [
        ...policies.map((object): Change => ({ type: "create", object })),
        enabled(of.table, pattern.table.rowSecurity.forced),
      ],
    },
  ];
}

const WRITES: ReadonlySet<string> = new Set(["INSERT", "UPDATE", "DELETE", "TRUNCATE"]);

/**
 * A table outside of row security in a schema that relies on it: one that carries the tenant's column, or
 * one that whoever calls may reach.
 */
export const tableWithoutRowSecurity: Rule = rule({
  id: "table-without-row-security",
  area: "security",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["splinter:0013", "schemalint:row-level-security", "pgdsat:4.7"],
  summary: "A table of many tenants, or one open to every caller, has no row security.",
  why: "Row security is what keeps one tenant, or one caller, from the rows of another in this schema. On this table only the WHERE clauses of the application do, and each query that forgets one shows the rows of all.",
  remedy:
    "Create policies that compare the tenant's column with the tenant of the session, then ENABLE ROW LEVEL SECURITY.",
  fix: "review",
  fails: [
    `CREATE TABLE tenant (id bigint PRIMARY KEY);
CREATE TABLE a (id bigint, tenant_id bigint NOT NULL REFERENCES tenant); ALTER TABLE a ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON a USING (tenant_id = (SELECT current_setting('app.tenant')::bigint));
CREATE TABLE b (id bigint, tenant_id bigint NOT NULL REFERENCES tenant); ALTER TABLE b ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON b USING (tenant_id = (SELECT current_setting('app.tenant')::bigint));
CREATE TABLE "odd ""; --" (id bigint, tenant_id bigint NOT NULL REFERENCES tenant);`,
    `CREATE ROLE anon NOLOGIN;
CREATE TABLE a (id bigint); ALTER TABLE a ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON a USING (id > 1);
CREATE TABLE b (id bigint); GRANT SELECT, UPDATE ON b TO anon;`,
  ],
  passes: [
    "CREATE TABLE tenant (id bigint PRIMARY KEY); CREATE TABLE a (id bigint, tenant_id bigint NOT NULL REFERENCES tenant); CREATE TABLE b (id bigint, tenant_id bigint NOT NULL REFERENCES tenant); CREATE TABLE c (id bigint, tenant_id bigint NOT NULL REFERENCES tenant);",
    `CREATE TABLE tenant (id bigint PRIMARY KEY); CREATE TABLE country (code text PRIMARY KEY);
CREATE TABLE a (id bigint, tenant_id bigint NOT NULL REFERENCES tenant); ALTER TABLE a ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON a USING (tenant_id = (SELECT current_setting('app.tenant')::bigint));
CREATE TABLE b (id bigint, tenant_id bigint NOT NULL REFERENCES tenant); ALTER TABLE b ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON b USING (tenant_id = (SELECT current_setting('app.tenant')::bigint));
CREATE TABLE c (id bigint, tenant_id bigint NOT NULL REFERENCES tenant); ALTER TABLE c ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON c USING (tenant_id = (SELECT current_setting('app.tenant')::bigint));`,
    "CREATE ROLE anon NOLOGIN; CREATE TABLE b (id bigint); GRANT SELECT ON b TO anon;",
  ],
  *check({ view, settings }) {
    const tenancy = tenancyOf(view, settings);
    const told = new Set<TableView>();
    if (tenancy !== null) {
      const pattern = patternOf(tenancy);
      for (const of of tenancy.tables) {
        if (of.table.rowSecurity.enabled) continue;
        told.add(of);
        yield {
          ref: of.table,
          message: `table ${of.table.name} carries ${tenancy.column} and has no row security: every tenant's rows are open to each query`,
          evidence: [
            { what: "tables with the column", value: tenancy.tables.length },
            { what: "the column is stated in the settings", value: tenancy.stated },
          ],
          fixes: protection(of, pattern),
        };
      }
    }
    if (!view.tables.some(({ table }) => table.rowSecurity.enabled)) return;
    const grantsOn = grantsByObject(view);
    for (const of of ownTables(view)) {
      if (of.table.rowSecurity.enabled || told.has(of)) continue;
      const open = grantsOn(onRelation(of.table)).filter(({ grantee }) => isBroad(grantee));
      const privileges = [...new Set(open.flatMap((grant) => grant.privileges.map(bare)))];
      const write = privileges.filter((privilege) => WRITES.has(privilege));
      if (write.length === 0 && !privileges.includes("SELECT")) continue;
      const who = open.map(({ grantee }) => granteeInWords(grantee)).join(" and ");
      yield {
        ref: of.table,
        message: `${who} may ${write.length > 0 ? "change" : "read"} all rows of table ${of.table.name}, which has no row security`,
        ...(write.length > 0 ? {} : { severity: "info" as const }),
        fixes: [
          {
            title: `enable row security on ${of.table.name}; until it has policies, only its owner reaches its rows`,
            safety: "review",
            changes: [enabled(of.table, false)],
          },
        ],
      };
    }
  },
});
