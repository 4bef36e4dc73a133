import type { PolicyObject, TableObject } from "../model/catalog.ts";
import { bare, granteeInWords, isBroad, rowUse } from "./privileges.ts";
import type { RowUse } from "./privileges.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { tenancyOf } from "./tenancy.ts";

// As the server prints what lets every row pass.
const ALWAYS = /^\(*(?:true|1 = 1)\)*$/;

const passesAll = (expression: string | null): boolean => expression !== null && ALWAYS.test(expression);

/** What an always-true policy opens; reading alone is often meant. */
function opened({ command, using, check }: PolicyObject): "nothing" | "reading" | "writing" {
  if (command === "select") return passesAll(using) ? "reading" : "nothing";
  if (command === "insert") return passesAll(check) ? "writing" : "nothing";
  // A check of its own still holds for what is written, but any row may be changed or deleted.
  return passesAll(using) ? "writing" : "nothing";
}

const PRIVILEGES: Readonly<Record<PolicyObject["command"], readonly string[]>> = {
  all: ["INSERT", "UPDATE", "DELETE"],
  select: ["SELECT"],
  insert: ["INSERT"],
  update: ["UPDATE"],
  delete: ["DELETE"],
};

// Whether somebody the policy is for may use what it opens. Triggers write as the owner, with no privilege granted.
function isUsed(policy: PolicyObject, table: TableObject, use: RowUse): boolean {
  if (!use.stated || use.ofColumns(table)) return true;
  const wanted = PRIVILEGES[policy.command];
  return use
    .grants(table)
    .some(
      ({ grantee, privileges }) =>
        (grantee === "public" || policy.roles.includes("public") || policy.roles.includes(grantee)) &&
        privileges.some((privilege) => wanted.includes(bare(privilege))),
    );
}

/** A permissive policy that every row passes. That everybody may read is often meant, so it is told for tenants only. */
export const policyAlwaysTrue: Rule = rule({
  id: "policy-always-true",
  area: "security",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["splinter:0024"],
  summary: "A policy lets every row pass.",
  why: "Permissive policies are joined by OR: one that is always true makes all others of the same command and roles void, and row security protects nothing there.",
  remedy:
    "Compare a column with who asks; where all rows are meant to be open, restrict the policy to SELECT or to the role that needs it.",
  fails: [
    "CREATE TABLE task (id bigint); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY everything ON task USING (true);",
    'CREATE TABLE task (id bigint); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY "odd ""; --" ON task FOR INSERT WITH CHECK (1 = 1);',
    "CREATE ROLE app NOLOGIN; CREATE TABLE task (id bigint); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY everything ON task TO app USING (true);",
  ],
  passes: [
    "CREATE ROLE app NOLOGIN; CREATE TABLE history (id bigint); ALTER TABLE history ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY recorded ON history FOR INSERT WITH CHECK (true); GRANT SELECT ON history TO app;",
    "CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (owner = CURRENT_USER);",
    "CREATE TABLE task (id bigint); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY shown ON task FOR SELECT USING (true);",
    "CREATE TABLE task (id bigint); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY gate ON task AS RESTRICTIVE USING (true);",
    "CREATE ROLE clerk NOLOGIN; CREATE ROLE app NOLOGIN; CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task TO app USING (owner = CURRENT_USER); CREATE POLICY office ON task TO clerk USING (true);",
  ],
  *check({ view, settings }) {
    const use = rowUse(view);
    const tenants = new Set(tenancyOf(view, settings)?.tables ?? []);
    for (const of of view.tables) {
      if (!of.table.rowSecurity.enabled) continue;
      const permissive = of.policies.filter((policy) => policy.permissive);
      // Restrictive policies must pass besides; where there are any, the rows are not open.
      if (permissive.length < of.policies.length) continue;
      const limited = permissive.some((policy) => opened(policy) === "nothing");
      for (const policy of permissive) {
        const what = opened(policy);
        if (what === "nothing" || !isUsed(policy, of.table, use)) continue;
        const broad = policy.roles.some(isBroad);
        if (what === "reading" && !(broad && tenants.has(of))) continue;
        // One role among others, such as an operator's, may be meant to see everything.
        if (!broad && limited) continue;
        const who = policy.roles.map(granteeInWords).join(", ");
        yield {
          ref: policy,
          message: `policy ${policy.name} of table ${of.table.name} lets ${who} ${what === "reading" ? "read" : policy.command === "insert" ? "insert" : "change"} any row`,
          ...(broad ? {} : { severity: "info" as const }),
        };
      }
    }
  },
});
