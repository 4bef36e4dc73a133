import { written } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** An index that is not unique has more than three columns. */
export const indexWithManyColumns: LintRule = lintRule({
  id: "index-with-many-columns",
  area: "conventions",
  severity: "info",
  equivalents: ["strong_migrations:add_index_columns", "bytebase:INDEX_KEY_NUMBER_LIMIT"],
  summary: "An index that is not unique has more than three columns.",
  why: "The columns after the first few rarely find fewer rows, and each makes the index larger and every write dearer.",
  remedy: "Keep the columns that the queries filter by equality, then the one they sort by; INCLUDE what is only read.",
  inFunctions: false,
  fails: ["CREATE INDEX CONCURRENTLY i ON task (a, b, c, d)"],
  passes: ["CREATE INDEX CONCURRENTLY i ON task (a, b, c)", "CREATE UNIQUE INDEX CONCURRENTLY i ON task (a, b, c, d)"],
  *check(statement, state) {
    if (!("IndexStmt" in statement.node) || statement.node.IndexStmt.unique === true) return;
    const { indexParams = [], relation } = statement.node.IndexStmt;
    if (indexParams.length > 3)
      yield {
        message: `the index on ${written(relation)} has ${indexParams.length} columns`,
        relation: state.relation(relation),
      };
  },
});
