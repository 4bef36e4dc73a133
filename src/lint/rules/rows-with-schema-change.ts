import { blockedBy } from "../../sql/effect/lock-words.ts";
import { written } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** Rows of a table are changed in the transaction that altered it. */
export const rowsWithSchemaChange: LintRule = lintRule({
  id: "rows-with-schema-change",
  area: "rows",
  severity: "warning",
  equivalents: [
    "bytebase:STATEMENT_DISALLOW_MIX_IN_DDL",
    "bytebase:STATEMENT_DISALLOW_MIX_IN_DML",
    "bytebase:STATEMENT_DISALLOW_MIX_DDL_DML",
  ],
  summary: "Rows of a table are changed in the transaction that altered it.",
  why: "The lock of ALTER TABLE is held until the transaction ends. While the rows are written, nobody can even read the table.",
  remedy: "Commit the change of the schema first; fill the rows afterwards, in batches.",
  growsWithTable: true,
  inFunctions: false,
  fails: [
    "ALTER TABLE task ADD COLUMN state text; UPDATE task SET state = 'new' WHERE done",
    "BEGIN; ALTER TABLE task DROP COLUMN a; DELETE FROM task WHERE b; COMMIT",
  ],
  passes: [
    "BEGIN; ALTER TABLE task ADD COLUMN state text; COMMIT; UPDATE task SET state = 'new' WHERE done",
    "DROP TABLE IF EXISTS task; CREATE TABLE task (a int); INSERT INTO task (a) VALUES (1)",
    "CREATE TABLE task (a int); ALTER TABLE task ADD COLUMN b int; INSERT INTO task VALUES (1, 2)",
  ],
  *check(statement, state) {
    const { node } = statement;
    const change =
      "UpdateStmt" in node
        ? node.UpdateStmt
        : "DeleteStmt" in node
          ? node.DeleteStmt
          : "InsertStmt" in node
            ? node.InsertStmt
            : null;
    if (change === null || state.transaction === null) return;
    const table = state.relation(change.relation);
    const held = state.held.find(({ relation, mode }) => relation === table && blockedBy(mode) === "reads and writes");
    if (held === undefined) return;
    yield {
      message: `rows of ${written(change.relation)} are written while the ALTER before keeps it closed to reads and writes`,
      relation: table,
    };
  },
});
