import { written } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** INSERT does not name its columns. */
export const insertWithoutColumns: LintRule = lintRule({
  id: "insert-without-columns",
  area: "rows",
  severity: "warning",
  equivalents: ["bytebase:STATEMENT_INSERT_MUST_SPECIFY_COLUMN"],
  summary: "INSERT does not name its columns.",
  why: "The values go to the columns by their order on the database it runs on. A column more, or another order, and they land elsewhere or the statement fails.",
  remedy: "Name the columns.",
  fails: ["INSERT INTO state VALUES ('new')", "INSERT INTO state SELECT name FROM old_state"],
  passes: [
    "INSERT INTO state (name) VALUES ('new')",
    "INSERT INTO state DEFAULT VALUES",
    "CREATE TABLE state (name text); INSERT INTO state VALUES ('new')",
  ],
  *check(statement, state) {
    if (!("InsertStmt" in statement.node)) return;
    const { cols, selectStmt, relation } = statement.node.InsertStmt;
    if ((cols ?? []).length > 0 || selectStmt === undefined || state.isNew(state.relation(relation))) return;
    yield {
      message: `the values for ${written(relation)} go by the order of its columns, which is not the same everywhere`,
      relation: state.relation(relation),
    };
  },
});
