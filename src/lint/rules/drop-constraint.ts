import { ident } from "../../sql/identifier.ts";
import { namePath } from "../../sql/effect/scene.ts";
import { commandsOf } from "../commands.ts";
import type { Command } from "../commands.ts";
import { constraintName } from "../not-valid.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";
import { lineOf } from "../script.ts";
import type { LintState } from "../state.ts";
import type { LintStatement, ReadStatement } from "../statement.ts";

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
      const dropped = `${what} ${ident(cmd.name ?? "")} of ${name} is dropped`;
      const again = addedAgain(statement, state, table, cmd.name ?? "");
      if (again === null)
        yield {
          message: `${dropped}: rows that it kept out may come in`,
          relation: table,
          ...(added.has(table) ? { severity: "info" } : {}),
        };
      else if (again.together)
        yield {
          message: `${dropped} and stands again ${again.where}, in the same transaction: no row comes in between, and from then on what it says there holds`,
          relation: table,
          severity: "info",
        };
      else
        yield {
          message: `${dropped} and stands again only ${again.where}, in another transaction: rows that it kept out may come in between`,
          relation: table,
        };
    }
  },
});

// Where a constraint of that name comes back to the table: added, or another renamed to it.
function addedAgain(
  statement: LintStatement,
  state: LintState,
  table: string,
  name: string,
): { readonly where: string; readonly together: boolean } | null {
  const adds = (one: ReadStatement): boolean =>
    commandsOf(one, state, "AT_AddConstraint").some((add) => add.table === table && nameOf(add) === name) ||
    ("RenameStmt" in one.node &&
      one.node.RenameStmt.renameType === "OBJECT_TABCONSTRAINT" &&
      one.node.RenameStmt.newname === name &&
      state.relation(one.node.RenameStmt.relation) === table);
  // One ALTER TABLE drops before it adds, in whichever order it says so.
  if (adds(statement)) return { where: "by the same statement", together: true };
  for (const { next, together } of state.after(statement))
    if (adds(next)) return { where: `by line ${lineOf(next.script, next.start)}`, together };
  return null;
}

const SUFFIX: Readonly<Record<string, string>> = {
  CONSTR_FOREIGN: "fkey",
  CONSTR_UNIQUE: "key",
  CONSTR_PRIMARY: "pkey",
};

// The server's own name for one that is added without: it is free, once the other is gone.
function nameOf({ constraint, table }: Command): string | null {
  if (constraint.conname !== undefined) return constraint.conname;
  const suffix = SUFFIX[constraint.contype ?? ""];
  if (suffix === undefined) return null;
  const columns = namePath(constraint.contype === "CONSTR_FOREIGN" ? constraint.fk_attrs : constraint.keys);
  return constraintName(table, suffix === "pkey" ? [] : columns, suffix);
}
