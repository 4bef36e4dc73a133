import type { PolicyObject } from "../model/catalog.ts";
import { granteeInWords } from "./privileges.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

const COMMANDS = ["select", "insert", "update", "delete"] as const;

interface Overlap {
  readonly role: string;
  readonly names: readonly string[];
  readonly commands: string[];
}

// Who meets more than one policy, with the commands for which these are the same.
function overlaps(policies: readonly PolicyObject[]): readonly Overlap[] {
  const found = new Map<string, Overlap>();
  const roles = [...new Set(policies.flatMap((policy) => policy.roles))].toSorted();
  for (const command of COMMANDS) {
    for (const role of roles) {
      const names = policies
        .filter((policy) => policy.command === "all" || policy.command === command)
        .filter((policy) => policy.roles.includes(role) || policy.roles.includes("public"))
        .map((policy) => policy.name);
      if (names.length < 2) continue;
      const key = JSON.stringify([role, names]);
      const known = found.get(key);
      if (known === undefined) found.set(key, { role, names, commands: [command] });
      else known.commands.push(command);
    }
  }
  return [...found.values()];
}

/** Several permissive policies for one role and command. A matter of style as often as of speed. */
export const severalPermissivePolicies: Rule = rule({
  id: "several-permissive-policies",
  area: "security",
  severity: "info",
  engines: ["postgres"],
  equivalents: ["splinter:0006"],
  summary: "Several permissive policies apply to the same role and command.",
  why: "Permissive policies are joined by OR: each query evaluates all of them for each row until one passes, the planner can rarely use an index through the OR, and a row is open as soon as any one of them lets it through.",
  remedy:
    "Join them in one policy, split them by role or command, or make those that only narrow things down RESTRICTIVE.",
  fails: [
    "CREATE TABLE task (owner text, shown boolean); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (owner = CURRENT_USER); CREATE POLICY shown ON task FOR SELECT USING (shown);",
    'CREATE ROLE app NOLOGIN; CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY "odd ""; --" ON task TO app USING (owner = CURRENT_USER); CREATE POLICY b ON task FOR DELETE USING (owner IS NULL);',
  ],
  passes: [
    "CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY a ON task FOR SELECT USING (true); CREATE POLICY b ON task FOR DELETE USING (owner = CURRENT_USER);",
    "CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY a ON task USING (owner = CURRENT_USER); CREATE POLICY b ON task AS RESTRICTIVE USING (owner <> 'x');",
    "CREATE ROLE a1 NOLOGIN; CREATE ROLE b1 NOLOGIN; CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY a ON task TO a1 USING (true); CREATE POLICY b ON task TO b1 USING (owner = CURRENT_USER);",
  ],
  *check({ view }) {
    for (const { table, policies } of view.tables) {
      if (!table.rowSecurity.enabled) continue;
      for (const { role, names, commands } of overlaps(policies.filter((policy) => policy.permissive))) {
        const what = commands.map((command) => command.toUpperCase()).join(", ");
        yield {
          ref: table,
          message: `table ${table.name} has ${names.length} permissive policies on ${what} for ${granteeInWords(role)}: ${names.join(", ")}`,
        };
      }
    }
  },
});
