import { alter } from "../model/change.ts";
import { ownTables } from "./own-tables.ts";
import { rowUse } from "./privileges.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/**
 * Policies on a table that only its owner can use, to whom they do not apply. Where another role has a
 * privilege on the table, the application is taken to be that role.
 */
export const rowSecurityNotForcedForOwner: Rule = rule({
  id: "row-security-not-forced-for-owner",
  area: "security",
  severity: "warning",
  engines: ["postgres"],
  equivalents: [],
  summary: "Row security does not apply to the only role that uses the table.",
  why: "A table's owner passes by its policies unless row security is forced. Nobody else holds a privilege on this table, so whoever uses it, the application included, is its owner, and the policies keep nothing from anybody.",
  remedy:
    "Let the application connect as a role that owns nothing and grant it what it needs; or FORCE ROW LEVEL SECURITY.",
  fix: "review",
  fails: [
    "CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (owner = current_setting('app.user'));",
    'CREATE TABLE "odd ""; --" (a text); ALTER TABLE "odd ""; --" ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON "odd ""; --" USING (a = CURRENT_USER);',
  ],
  passes: [
    "CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (owner = current_setting('app.user'));",
    "CREATE ROLE app NOLOGIN; CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (owner = CURRENT_USER); GRANT SELECT ON task TO app;",
    "CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY;",
  ],
  *check({ view }) {
    const use = rowUse(view);
    for (const { table, policies } of ownTables(view)) {
      if (!table.rowSecurity.enabled || table.rowSecurity.forced || policies.length === 0) continue;
      if (use.grants(table).length > 0 || use.ofColumns(table)) continue;
      yield {
        ref: table,
        message: `table ${table.name} is used by its owner alone, to whom its ${policies.length === 1 ? "policy does" : "policies do"} not apply`,
        // Where other tables are granted to others, this one may be for triggers and jobs alone.
        ...(use.stated ? { severity: "info" as const } : {}),
        evidence: [{ what: "roles with a privilege on it besides the owner", value: 0 }],
        fixes: [
          {
            title: `force row security on ${table.name}, for its owner too`,
            safety: "review",
            changes: [alter(table, { rowSecurity: { enabled: true, forced: true } })],
          },
        ],
      };
    }
  },
});
