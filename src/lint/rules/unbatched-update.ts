import { written } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** Every row of a table is updated or deleted in one statement. */
export const unbatchedUpdate: LintRule = lintRule({
  id: "unbatched-update",
  area: "rows",
  severity: "warning",
  equivalents: [
    "bytebase:STATEMENT_WHERE_REQUIRE_UPDATE_DELETE",
    "bytebase:STATEMENT_AFFECTED_ROW_LIMIT",
    "pg-schema-diff:IMPACTS_DATABASE_PERFORMANCE",
  ],
  summary: "Every row of a table is updated or deleted in one statement.",
  why: "Each row stays locked until the transaction ends, and everybody who wants one of them waits. The old versions stay in the table as dead space, replicas fall behind, and a failure near the end takes all of it back.",
  remedy: "Go through the table in slices of its key, each in its own transaction, with a pause where replicas lag.",
  growsWithTable: true,
  inFunctions: false,
  fails: ["UPDATE task SET state = 'new'", "DELETE FROM task", "UPDATE task SET state = 'new' WHERE state IS NULL"],
  passes: [
    "UPDATE task SET state = 'new' WHERE id BETWEEN 1 AND 1000",
    "CREATE TABLE t (a int); UPDATE t SET a = 1",
    "DELETE FROM task WHERE id = 7",
  ],
  *check(statement, state) {
    const update =
      "UpdateStmt" in statement.node
        ? statement.node.UpdateStmt
        : "DeleteStmt" in statement.node
          ? statement.node.DeleteStmt
          : null;
    if (update === null) return;
    const table = state.relation(update.relation);
    if (state.isNew(table)) return;
    const { whereClause } = update;
    const all =
      whereClause === undefined || ("A_Const" in whereClause && whereClause.A_Const.boolval?.boolval === true);
    const nulls = whereClause !== undefined && "NullTest" in whereClause;
    if (!all && !nulls) return;
    const verb = "UpdateStmt" in statement.node ? "updated" : "deleted";
    yield {
      message: all
        ? `every row of ${written(update.relation)} is ${verb} in one transaction`
        : `every row of ${written(update.relation)} that matches is ${verb} in one transaction, and that may be all of them`,
      relation: table,
      ...(all ? {} : { severity: "info" }),
    };
  },
});
