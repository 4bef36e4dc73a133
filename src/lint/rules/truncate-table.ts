import { written } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A table is emptied. */
export const truncateTable: LintRule = lintRule({
  id: "truncate-table",
  area: "data loss",
  severity: "error",
  equivalents: ["bytebase:STATEMENT_DISALLOW_TRUNCATE", "pg-schema-diff:DELETES_DATA"],
  summary: "A table is emptied.",
  why: "All rows are gone at once, under ACCESS EXCLUSIVE, and no trigger or WHERE stands in between.",
  remedy: "DELETE with a condition, in batches; or make sure by name and by backup that every row may go.",
  inFunctions: false,
  fails: ["TRUNCATE task", "DO $$ BEGIN TRUNCATE TABLE task; END $$"],
  passes: ["CREATE TABLE t (a int); TRUNCATE t", "DELETE FROM task WHERE done"],
  *check(statement, state) {
    if (!("TruncateStmt" in statement.node)) return;
    for (const node of statement.node.TruncateStmt.relations ?? []) {
      if (!("RangeVar" in node) || state.isNew(state.relation(node.RangeVar))) continue;
      yield { message: `every row of ${written(node.RangeVar)} is removed`, relation: state.relation(node.RangeVar) };
    }
  },
});
