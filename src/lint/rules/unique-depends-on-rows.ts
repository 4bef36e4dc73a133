import { addedConstraints, written } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A unique index or constraint comes to a table with rows. */
export const uniqueDependsOnRows: LintRule = lintRule({
  id: "unique-depends-on-rows",
  area: "data loss",
  severity: "info",
  equivalents: ["atlas:MF101", "atlas:MF102"],
  summary: "A unique index or constraint comes to a table with rows.",
  why: "It fails where two rows are alike, and whether they are is decided by the database it runs on. Built CONCURRENTLY, it leaves an invalid index behind that refuses duplicates all the same.",
  remedy: "Look for duplicates first (GROUP BY … HAVING count(*) > 1), and decide what becomes of them.",
  growsWithTable: false,
  inFunctions: false,
  fails: ["CREATE UNIQUE INDEX CONCURRENTLY i ON task (title)", "ALTER TABLE task ADD CONSTRAINT u UNIQUE (title)"],
  passes: ["CREATE TABLE task (title text UNIQUE)", "ALTER TABLE task ADD CONSTRAINT u UNIQUE USING INDEX i"],
  *check(statement, state) {
    const message = (table: string): string => `it fails where two rows of ${table} are alike`;
    if ("IndexStmt" in statement.node && statement.node.IndexStmt.unique === true) {
      const { relation } = statement.node.IndexStmt;
      if (!state.isNew(state.relation(relation)))
        yield { message: message(written(relation)), relation: state.relation(relation) };
    }
    for (const { constraint, table, written: name, ofColumn, at } of addedConstraints(statement, state)) {
      if (
        constraint.contype !== "CONSTR_UNIQUE" ||
        constraint.indexname !== undefined ||
        ofColumn !== null ||
        state.isNew(table)
      )
        continue;
      yield { message: message(name), relation: table, at };
    }
  },
});
