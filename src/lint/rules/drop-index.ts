import { namePath } from "../../sql/effect/scene.ts";
import { ident } from "../../sql/identifier.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** An index is dropped. */
export const dropIndex: LintRule = lintRule({
  id: "drop-index",
  area: "compatibility",
  severity: "info",
  equivalents: ["pg-schema-diff:INDEX_DROPPED"],
  summary: "An index is dropped.",
  why: "Queries that used it read the whole table from now on, and building it again takes its time.",
  remedy: "See that nothing uses it, on the primary and on every replica (pg_stat_user_indexes), before it goes.",
  inFunctions: false,
  fails: ["DROP INDEX CONCURRENTLY task_title"],
  passes: ["CREATE TABLE t (a int); CREATE INDEX i ON t (a); DROP INDEX i"],
  *check(statement, state) {
    if (!("DropStmt" in statement.node) || statement.node.DropStmt.removeType !== "OBJECT_INDEX") return;
    for (const object of statement.node.DropStmt.objects ?? []) {
      const path = "List" in object ? namePath(object.List.items) : [];
      if (state.isNew(state.relationOf(path))) continue;
      yield { message: `queries that use the index ${path.map(ident).join(".")} will read the whole table` };
    }
  },
});
