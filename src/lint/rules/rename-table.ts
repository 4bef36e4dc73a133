import { ident } from "../../sql/identifier.ts";
import { written } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A table or view is renamed. */
export const renameTable: LintRule = lintRule({
  id: "rename-table",
  area: "compatibility",
  severity: "warning",
  equivalents: [
    "squawk:renaming-table",
    "strong_migrations:rename_table",
    "atlas:BC101",
    "bytebase:SCHEMA_BACKWARD_COMPATIBILITY",
  ],
  summary: "A table or view is renamed.",
  why: "Code that knows the old name fails from this moment on, and code that knows the new one failed before.",
  remedy:
    "Rename it and make a view of the old name in the same transaction: a plain view of one table can be written to. Drop the view once no old code runs.",
  inFunctions: false,
  fails: ["ALTER TABLE task RENAME TO job", "ALTER TABLE task SET SCHEMA archive"],
  passes: [
    "CREATE TABLE task_new (id bigint); ALTER TABLE task_new RENAME TO task",
    "BEGIN; ALTER TABLE app.task RENAME TO job; CREATE VIEW app.task AS SELECT * FROM app.job; COMMIT",
  ],
  atEnd(state) {
    const views = new Set(
      state.before.flatMap(({ node }) => ("ViewStmt" in node ? [state.relation(node.ViewStmt.view)] : [])),
    );
    return state.before.flatMap((statement) => {
      const { node } = statement;
      const moved =
        "RenameStmt" in node ? node.RenameStmt : "AlterObjectSchemaStmt" in node ? node.AlterObjectSchemaStmt : null;
      const type =
        moved === null ? "" : "renameType" in moved ? moved.renameType : "objectType" in moved ? moved.objectType : "";
      if (moved === null || (type !== "OBJECT_TABLE" && type !== "OBJECT_VIEW")) return [];
      const relation = state.relation(moved.relation);
      if (state.isNew(relation) || views.has(relation)) return [];
      const to =
        "AlterObjectSchemaStmt" in node
          ? `${ident(node.AlterObjectSchemaStmt.newschema ?? "")}.${ident(moved.relation?.relname ?? "")}`
          : "RenameStmt" in node
            ? ident(node.RenameStmt.newname ?? "")
            : "";
      return [
        {
          message: `${written(moved.relation)} becomes ${to}: code with the old name fails after it, code with the new name before it`,
          relation,
          at: statement.start,
        },
      ];
    });
  },
});
