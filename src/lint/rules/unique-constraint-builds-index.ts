import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";
import { keysWithTheirIndex } from "../through-index.ts";

/** A unique constraint is added together with its index. */
export const uniqueConstraintBuildsIndex: LintRule = lintRule({
  id: "unique-constraint-builds-index",
  area: "locks",
  severity: "error",
  equivalents: [
    "squawk:disallowed-unique-constraint",
    "eugene:E7",
    "strong_migrations:add_unique_constraint",
    "atlas:PG105",
    "pg-schema-diff:ACQUIRES_ACCESS_EXCLUSIVE_LOCK",
  ],
  summary: "A unique constraint is added together with its index.",
  why: "ADD CONSTRAINT … UNIQUE builds an index under ACCESS EXCLUSIVE: nobody reads or writes the table until every row has been read, sorted and compared.",
  remedy: "CREATE UNIQUE INDEX CONCURRENTLY first, then ADD CONSTRAINT … UNIQUE USING INDEX, which takes a moment.",
  growsWithTable: true,
  inFunctions: false,
  fails: [
    "ALTER TABLE task ADD CONSTRAINT task_title_key UNIQUE (title)",
    "ALTER TABLE task ADD COLUMN code text UNIQUE",
  ],
  passes: [
    "ALTER TABLE task ADD CONSTRAINT task_title_key UNIQUE USING INDEX task_title_key",
    "CREATE TABLE task (title text); ALTER TABLE task ADD UNIQUE (title)",
  ],
  check: (statement, state) => keysWithTheirIndex(statement, state, "CONSTR_UNIQUE", "the unique constraint on"),
});
