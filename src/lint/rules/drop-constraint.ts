import { ident } from "../../sql/identifier.ts";
import { commandsOf } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A constraint is dropped. */
export const dropConstraint: LintRule = lintRule({
  id: "drop-constraint",
  area: "data loss",
  severity: "warning",
  equivalents: [
    "atlas:CD101",
    "atlas:CD102",
    "atlas:CD103",
    "pg-schema-diff:CORRECTNESS",
    "pg-schema-diff:INDEX_DROPPED",
  ],
  summary: "A constraint is dropped.",
  why: "From now on rows come in that it kept out, and it cannot be added again before they are mended. A key's index goes with it, and queries that used it read the whole table. A foreign key's dropping closes both tables for a moment.",
  remedy: "Make sure that something else keeps the rule; put the new constraint in place before the old one goes.",
  inFunctions: false,
  fails: ["ALTER TABLE task DROP CONSTRAINT task_customer_id_fkey"],
  passes: [
    "ALTER TABLE task ADD CONSTRAINT tmp CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE task DROP CONSTRAINT tmp",
    "CREATE TABLE task (a int CONSTRAINT positive CHECK (a > 0)); ALTER TABLE task DROP CONSTRAINT positive",
  ],
  *check(statement, state) {
    // A key in place of a unique constraint, or one check for another: what goes is replaced at once.
    const added = new Set(commandsOf(statement, state, "AT_AddConstraint").map(({ table }) => table));
    for (const { cmd, table, written: name } of commandsOf(statement, state, "AT_DropConstraint")) {
      // What the scripts themselves added for a while guards nothing that was there before.
      const own = state.hasAdded(table, cmd.name ?? "");
      if (state.isNew(table) || own || state.unchecked.some((one) => one.table === table && one.name === cmd.name))
        continue;
      const known = state.schema.table(table)?.constraints.find((one) => one.name === cmd.name);
      const what = known === undefined ? "the constraint" : `the ${known.type}`;
      yield {
        message: `${what} ${ident(cmd.name ?? "")} of ${name} is dropped: rows that it kept out may come in`,
        relation: table,
        ...(added.has(table) ? { severity: "info" } : {}),
      };
    }
  },
});
