import { namePath } from "../../sql/effect/scene.ts";
import { ident } from "../../sql/identifier.ts";
import { commandsOf } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** CASCADE drops what nobody named. */
export const dropCascade: LintRule = lintRule({
  id: "drop-cascade",
  area: "data loss",
  severity: "warning",
  equivalents: ["bytebase:STATEMENT_DISALLOW_CASCADE", "bytebase:STATEMENT_DISALLOW_RM_TBL_CASCADE"],
  summary: "CASCADE drops what nobody named.",
  why: "Views, foreign keys, triggers and columns that depend on the object go with it. Which ones is decided by the database it runs on, not by the migration that was reviewed.",
  remedy:
    "Name what is to go, each in its own statement, and drop the object without CASCADE: then the server refuses where something was forgotten.",
  inFunctions: false,
  fails: ["DROP TABLE task CASCADE", "DROP TYPE state CASCADE", "ALTER TABLE task DROP CONSTRAINT task_pkey CASCADE"],
  passes: ["DROP TABLE task", "CREATE TABLE t (a int); DROP TABLE t CASCADE"],
  *check(statement, state) {
    if ("DropStmt" in statement.node && statement.node.DropStmt.behavior === "DROP_CASCADE") {
      const { objects = [], removeType } = statement.node.DropStmt;
      const old = objects.some(
        (object) => !("List" in object) || !state.isNew(state.relationOf(namePath(object.List.items))),
      );
      if (old && removeType !== "OBJECT_SCHEMA")
        yield { message: "CASCADE drops whatever depends on it, and nobody has named that" };
    }
    for (const { cmd, table, written: name } of commandsOf(statement, state, "AT_DropColumn", "AT_DropConstraint"))
      if (cmd.behavior === "DROP_CASCADE" && !state.isNew(table))
        yield {
          message: `CASCADE drops whatever depends on ${name}.${ident(cmd.name ?? "")}, and nobody has named that`,
          relation: table,
        };
  },
});
