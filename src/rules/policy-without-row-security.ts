import { alter } from "../model/change.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** Policies on a table whose row security was never switched on. */
export const policyWithoutRowSecurity: Rule = rule({
  id: "policy-without-row-security",
  area: "security",
  severity: "error",
  engines: ["postgres"],
  equivalents: ["splinter:0007", "pgdsat:4.7"],
  summary: "A table has policies and its row security is off.",
  why: "CREATE POLICY alone does nothing: until ENABLE ROW LEVEL SECURITY, everybody with a privilege on the table sees and changes all rows, though the policies make it look protected.",
  remedy: "ALTER TABLE … ENABLE ROW LEVEL SECURITY, after a test that the policies let through what they should.",
  fix: "review",
  fails: [
    "CREATE TABLE task (owner text); CREATE POLICY own ON task USING (owner = CURRENT_USER);",
    'CREATE TABLE "odd ""; --" (owner text); CREATE POLICY "p; --" ON "odd ""; --" USING (true);',
  ],
  passes: [
    "CREATE TABLE task (owner text);",
    "CREATE TABLE task (owner text); CREATE POLICY own ON task USING (owner = CURRENT_USER); ALTER TABLE task ENABLE ROW LEVEL SECURITY;",
  ],
  *check({ view }) {
    for (const { table, policies } of view.tables) {
      if (table.rowSecurity.enabled || policies.length === 0) continue;
      const names = policies.map(({ name }) => name).join(", ");
      yield {
        ref: table,
        message: `table ${table.name} has row security switched off, so its ${policies.length === 1 ? "policy" : "policies"} ${names} ${policies.length === 1 ? "does" : "do"} nothing`,
        fixes: [
          {
            title: `enable row security on ${table.name}`,
            safety: "review",
            changes: [alter(table, { rowSecurity: { ...table.rowSecurity, enabled: true } })],
          },
        ],
      };
    }
  },
});
