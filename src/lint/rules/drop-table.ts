import { namePath } from "../../sql/effect/scene.ts";
import { ident } from "../../sql/identifier.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A table is dropped. */
export const dropTable: LintRule = lintRule({
  id: "drop-table",
  area: "data loss",
  severity: "warning",
  equivalents: [
    "squawk:ban-drop-table",
    "strong_migrations:create_table",
    "atlas:DS102",
    "pg-schema-diff:DELETES_DATA",
    "bytebase:SCHEMA_BACKWARD_COMPATIBILITY",
    "bytebase:TABLE_DROP_NAMING_CONVENTION",
  ],
  summary: "A table is dropped.",
  why: "Its rows are gone for good, and code that still names the table fails. With foreign keys, the other tables are closed for the moment, too.",
  remedy:
    "Release code that does not use the table; rename it (so that what still uses it fails while it can be taken back); drop it in a later migration, with a backup.",
  inFunctions: false,
  fails: ["DROP TABLE task", "DROP TABLE IF EXISTS app.task CASCADE"],
  passes: ["CREATE TABLE draft (id bigint); DROP TABLE draft", "CREATE TEMP TABLE t (a int); DROP TABLE pg_temp.t"],
  *check(statement, state) {
    if (!("DropStmt" in statement.node) || statement.node.DropStmt.removeType !== "OBJECT_TABLE") return;
    for (const object of statement.node.DropStmt.objects ?? []) {
      const path = "List" in object ? namePath(object.List.items) : [];
      const table = state.relationOf(path);
      const temporary =
        path.length === 1 &&
        state.isNew(`pg_temp.${ident(path[0] ?? "")}`) &&
        state.created.has(`pg_temp.${ident(path[0] ?? "")}`);
      if (state.isNew(table) || temporary) continue;
      yield { message: `the table ${path.map(ident).join(".")} and its rows are dropped`, relation: table };
    }
  },
});
