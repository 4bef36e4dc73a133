import type { RoleObject } from "../model/catalog.ts";
import { isOnRows } from "./privileges.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

// Roles for people and services that run the server, by the names they go by.
const OPERATORS =
  /^(?:postgres|root|pg_.*|rds.*|azure.*|cloudsql.*)$|(?:^|_)(?:admins?|superuser|dba|replicat\w*|backups?|dump|monitor\w*|migrat\w*|owner|deploy\w*|maintenance)(?:_|$)/i;

function strength(role: RoleObject, rowSecurityUsed: boolean): string | null {
  if (role.superuser) return "is a superuser: no privilege, policy or read-only setting holds it";
  return role.bypassRls && rowSecurityUsed ? "passes by row security (BYPASSRLS): no policy holds it" : null;
}

/** A role that can log in and works with the tables, and that nothing holds. Owners of tables are not in a catalog. */
export const applicationRoleTooStrong: Rule = rule({
  id: "application-role-too-strong",
  area: "security",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["pgdsat:4.3"],
  summary: "A role that an application logs in with is a superuser or passes by row security.",
  why: "An injection, or a forgotten WHERE, then reaches every row of every tenant; a superuser also reads files and runs programs of the server.",
  remedy: "ALTER ROLE … NOSUPERUSER NOBYPASSRLS, and grant it what it needs; keep another role for operation.",
  fails: [
    "CREATE ROLE shop_app LOGIN SUPERUSER; CREATE TABLE task (id bigint); GRANT SELECT, INSERT ON task TO shop_app;",
    "CREATE ROLE shop_app LOGIN BYPASSRLS; CREATE TABLE task (id bigint); ALTER TABLE task ENABLE ROW LEVEL SECURITY; GRANT SELECT ON task TO shop_app;",
  ],
  passes: [
    "CREATE ROLE shop_app LOGIN; CREATE TABLE task (id bigint); GRANT SELECT, INSERT ON task TO shop_app;",
    "CREATE ROLE backup LOGIN BYPASSRLS; CREATE TABLE task (id bigint); ALTER TABLE task ENABLE ROW LEVEL SECURITY; GRANT SELECT ON task TO backup;",
    "CREATE ROLE shop_app LOGIN BYPASSRLS; CREATE TABLE task (id bigint); GRANT SELECT ON task TO shop_app;",
  ],
  *check({ view }) {
    const rowSecurityUsed = view.tables.some(({ table }) => table.rowSecurity.enabled);
    const tables = new Map<string, number>();
    for (const grant of view.of("grant")) {
      const works = grant.on === "table" && isOnRows(grant);
      if (works) tables.set(grant.grantee, (tables.get(grant.grantee) ?? 0) + 1);
    }
    for (const role of view.of("role")) {
      const count = tables.get(role.name) ?? 0;
      const why = strength(role, rowSecurityUsed);
      if (!role.login || why === null || count === 0 || OPERATORS.test(role.name)) continue;
      yield {
        ref: role,
        message: `role ${role.name}, which may use ${count} ${count === 1 ? "table" : "tables"}, ${why}`,
        evidence: [{ what: "tables and views granted to it", value: count }],
      };
    }
  },
});
