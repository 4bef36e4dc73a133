import { ownTables } from "./own-tables.ts";
import { isBroad, rowUse } from "./privileges.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** Row security without a policy shuts everybody out but the owner, which may be meant: splinter only hints at it. */
export const rowSecurityWithoutPolicy: Rule = rule({
  id: "row-security-without-policy",
  area: "security",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["splinter:0008", "pgdsat:4.7"],
  summary: "A table has row security and no policy.",
  why: "Without a policy no row passes: whoever is neither the owner nor exempt reads an empty table, and cannot insert. Queries do not fail, they find nothing.",
  remedy:
    "Create the policies, or revoke the privileges that lead nowhere and say in a comment that nobody is to reach the rows.",
  fails: [
    "CREATE TABLE task (id bigint); ALTER TABLE task ENABLE ROW LEVEL SECURITY;",
    'CREATE ROLE app NOLOGIN; CREATE TABLE "odd ""; --" (id bigint); ALTER TABLE "odd ""; --" ENABLE ROW LEVEL SECURITY; GRANT SELECT ON "odd ""; --" TO app;',
  ],
  passes: [
    "CREATE TABLE task (id bigint);",
    "CREATE TABLE task (id bigint); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY all_of_it ON task USING (true);",
    "CREATE TABLE event (id bigint) PARTITION BY RANGE (id); CREATE TABLE event_1 PARTITION OF event DEFAULT; ALTER TABLE event_1 ENABLE ROW LEVEL SECURITY;",
  ],
  *check({ view }) {
    const use = rowUse(view);
    const exempt = new Set(
      view
        .of("role")
        .filter((role) => role.superuser || role.bypassRls)
        .map(({ name }) => name),
    );
    for (const { table, policies } of ownTables(view)) {
      if (!table.rowSecurity.enabled || policies.length > 0) continue;
      const users = use.grants(table).map(({ grantee }) => grantee);
      const shutOut = users.filter((user) => !exempt.has(user));
      const message = `table ${table.name} has row security and no policy: only its owner sees its rows`;
      // Services grant everything to all callers and leave it to policies to open a table, or not.
      if (shutOut.length === 0 || shutOut.some(isBroad)) yield { ref: table, message, severity: "info" };
      else yield { ref: table, message: `${message}, though ${shutOut.join(", ")} may use it` };
    }
  },
});
