import { ident } from "../../sql/identifier.ts";
import { isTemporaryName } from "../../sql/temporary-name.ts";
import { written } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A column is renamed. */
export const renameColumn: LintRule = lintRule({
  id: "rename-column",
  area: "compatibility",
  severity: "warning",
  equivalents: [
    "squawk:renaming-column",
    "strong_migrations:rename_column",
    "atlas:BC102",
    "bytebase:SCHEMA_BACKWARD_COMPATIBILITY",
  ],
  summary: "A column is renamed.",
  why: "Code that knows the old name fails from this moment on, and code that knows the new one failed before. No order of releases avoids it.",
  remedy:
    "Add a column of the new name, keep both equal by a trigger, move the code over, drop the old one; or show the table through a view that has both names during the rollout.",
  inFunctions: false,
  fails: ["ALTER TABLE task RENAME COLUMN title TO name"],
  passes: [
    "CREATE TABLE task (title text); ALTER TABLE task RENAME title TO name",
    "ALTER TABLE task RENAME a TO dbwright_old_82b0954f_a; ALTER TABLE task RENAME dbwright_new_82b0954f_a TO a",
  ],
  *check(statement, state) {
    if (!("RenameStmt" in statement.node)) return;
    const { renameType, relationType, relation, subname, newname } = statement.node.RenameStmt;
    const table = state.relation(relation);
    if (renameType !== "OBJECT_COLUMN" || relationType === "OBJECT_TYPE" || state.isNew(table)) return;
    // An exchange: the name is another column's at once.
    if (isTemporaryName(subname ?? "") || isTemporaryName(newname ?? "")) return;
    yield {
      message: `${written(relation)}.${ident(subname ?? "")} becomes ${ident(newname ?? "")}: code with the old name fails after it, code with the new name before it`,
      relation: table,
    };
  },
});
