import type { CatalogView } from "../../model/catalog-view.ts";
import type { Design } from "../../model/design.ts";
import type { Dialect } from "../../model/statement.ts";
import type { SpareRow } from "../rows/generate.ts";
import { insertSql } from "./probe-row.ts";
import { tenantColumn } from "./samples.ts";

/** What an attack must come to. `rows` is the count the statement may return or touch. */
export type Expected =
  | { readonly kind: "count"; readonly rows: number }
  | { readonly kind: "touches nothing" }
  | { readonly kind: "refused"; readonly codes: readonly string[] }
  | { readonly kind: "nothing or refused" };

/** One attempt to cross from one tenant to another. */
export interface Attack {
  /** `read-other-tenant`; the step's id ends with the table. */
  readonly name: string;
  readonly claim: string;
  /** The tenant set before it, as text; null for none at all. */
  readonly setting: string | null;
  readonly before: readonly string[];
  readonly sql: string;
  readonly expected: Expected;
}

/** Two tenants with rows in a table, and how many each has, as a superuser counts them. */
export interface Tenants {
  readonly own: string;
  readonly own_rows: number;
  readonly other: string;
  readonly other_rows: number;
}

/** What attacks on one table are made from. */
export interface AttackSource {
  readonly design: Design;
  readonly view: CatalogView;
  readonly dialect: Dialect;
  readonly schema: string;
  readonly table: string;
  readonly tenants: Tenants;
  readonly spare: readonly SpareRow[];
  /** A row of the other tenant in a table, to refer to. */
  readonly foreign: (schema: string, table: string) => SpareRow | null;
}

/** SQLSTATE insufficient_privilege: what row security and missing grants answer with. */
export const DENIED = "42501";

/** All attacks on one table of tenants. */
export function attacksOn(source: AttackSource): readonly Attack[] {
  const column = tenantColumn(source.design, source.schema, source.table);
  if (column === null) return [];
  return [
    ...readings(source, column),
    ...writings(source, column),
    ...settings(source),
    ...escapes(source),
    ...references(source, column),
  ];
}

function names(source: AttackSource, column: string): { table: string; tenant: string; other: string; own: string } {
  const { dialect, tenants } = source;
  return {
    table: dialect.qualified(source.schema, source.table),
    tenant: dialect.ident(column),
    other: dialect.literal(tenants.other),
    own: dialect.literal(tenants.own),
  };
}

function readings(source: AttackSource, column: string): Attack[] {
  const { table, tenant, other } = names(source, column);
  const setting = source.tenants.own;
  return [
    {
      name: "read-other-tenant",
      claim: `No row of another tenant is read from ${source.table}`,
      setting,
      before: [],
      sql: `SELECT count(*) AS n FROM ${table} WHERE ${tenant} = ${other}`,
      expected: { kind: "count", rows: 0 },
    },
    {
      name: "read-without-filter",
      claim: `A query of ${source.table} that forgets its filter reads the tenant's own rows only`,
      setting,
      before: [],
      sql: `SELECT count(*) AS n FROM ${table}`,
      expected: { kind: "count", rows: source.tenants.own_rows },
    },
  ];
}

function writings(source: AttackSource, column: string): Attack[] {
  const { table, tenant, other, own } = names(source, column);
  const setting = source.tenants.own;
  const attacks: Attack[] = [
    {
      name: "update-other-tenant",
      claim: `No row of another tenant is changed in ${source.table}`,
      setting,
      before: [],
      sql: `UPDATE ${table} SET ${tenant} = ${tenant} WHERE ${tenant} = ${other}`,
      expected: { kind: "touches nothing" },
    },
    {
      name: "delete-other-tenant",
      claim: `No row of another tenant is deleted from ${source.table}`,
      setting,
      before: [],
      sql: `DELETE FROM ${table} WHERE ${tenant} = ${other}`,
      expected: { kind: "touches nothing" },
    },
    {
      name: "move-to-other-tenant",
      claim: `No row of ${source.table} is moved to another tenant`,
      setting,
      before: [],
      sql: `UPDATE ${table} SET ${tenant} = ${other} WHERE ${tenant} = ${own}`,
      expected: { kind: "touches nothing" },
    },
  ];
  // A row that the other tenant itself could insert, so that nothing but row security refuses it.
  const whole = source.spare.find((row) => row[column] === source.tenants.other);
  const spare = whole ?? source.spare.find((row) => row[column] != null);
  if (spare === undefined) return attacks;
  attacks.push({
    name: "insert-for-other-tenant",
    claim: `No row is inserted into ${source.table} for another tenant`,
    setting: source.tenants.own,
    before: [],
    sql: insertSql(source.dialect, source, { ...spare, [column]: source.tenants.other }),
    expected: { kind: "refused", codes: [DENIED] },
  });
  return attacks;
}

function settings(source: AttackSource): Attack[] {
  const table = source.dialect.qualified(source.schema, source.table);
  const read = `SELECT count(*) AS n FROM ${table}`;
  const attack = (name: string, what: string, setting: string | null): Attack => ({
    name,
    claim: `With ${what}, ${source.table} shows nothing`,
    setting,
    before: [],
    sql: read,
    expected: { kind: "nothing or refused" },
  });
  const attacks = [
    attack("forgotten-setting", "the tenant setting forgotten", null),
    attack("empty-setting", "an empty tenant setting", ""),
    attack("malformed-setting", "a malformed tenant setting", "' OR true --"),
  ];
  const [spare] = source.spare;
  if (spare === undefined) return attacks;
  return [
    ...attacks,
    {
      name: "write-with-forgotten-setting",
      claim: `With the tenant setting forgotten, nothing is inserted into ${source.table}`,
      setting: null,
      before: [],
      sql: insertSql(source.dialect, source, spare),
      expected: { kind: "refused", codes: [DENIED] },
    },
  ];
}

function escapes(source: AttackSource): Attack[] {
  const { table, tenant, other } = names(source, tenantColumn(source.design, source.schema, source.table) ?? "");
  const setting = source.tenants.own;
  const refusedBy = { kind: "refused", codes: [DENIED] } as const;
  return [
    {
      name: "row-security-off",
      claim: `Switching row security off shows no row of another tenant in ${source.table}`,
      setting,
      before: ["SET LOCAL row_security = off"],
      sql: `SELECT count(*) AS n FROM ${table} WHERE ${tenant} = ${other}`,
      expected: { kind: "nothing or refused" },
    },
    {
      name: "truncate",
      claim: `${source.table} is not emptied by the application`,
      setting,
      before: [],
      sql: `TRUNCATE ${table} CASCADE`,
      expected: refusedBy,
    },
    {
      name: "disable-row-security",
      claim: `The application cannot switch off the row security of ${source.table}`,
      setting,
      before: [],
      sql: `ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`,
      expected: refusedBy,
    },
  ];
}

// An own row that refers to a row of another tenant.
function references(source: AttackSource, column: string): Attack[] {
  const own = source.view.table(source.schema, source.table);
  const spare = source.spare.find((row) => row[column] != null);
  if (own === undefined || spare === undefined) return [];
  return own.constraints.flatMap((constraint): Attack[] => {
    const target = constraint.references;
    if (constraint.type !== "foreign key" || target === null) return [];
    const targetTenant = tenantColumn(source.design, target.schema, target.table);
    const isTenantTable = source.design.tenancy?.tenantTable.table === target.table;
    const parent = source.foreign(target.schema, target.table);
    if (targetTenant === null || isTenantTable || parent === null) return [];
    const row: Record<string, string | null> = { ...spare, [column]: source.tenants.own };
    constraint.columns.forEach((name, at) => {
      if (name !== column) row[name] = parent[target.columns[at] ?? ""] ?? null;
    });
    return [
      {
        name: `refer-to-other-tenant/${constraint.name}`,
        claim: `${source.table} cannot refer to another tenant's ${target.table}`,
        setting: source.tenants.own,
        before: [],
        sql: insertSql(source.dialect, source, row),
        expected: { kind: "refused", codes: ["23503"] },
      },
    ];
  });
}
