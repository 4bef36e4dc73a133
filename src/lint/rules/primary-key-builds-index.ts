import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";
import { keysWithTheirIndex } from "../through-index.ts";

/** A primary key is added together with its index. */
export const primaryKeyBuildsIndex: LintRule = lintRule({
  id: "primary-key-builds-index",
  area: "locks",
  severity: "error",
  equivalents: [
    "squawk:adding-serial-primary-key-field",
    "atlas:PG104",
    "pg-schema-diff:ACQUIRES_ACCESS_EXCLUSIVE_LOCK",
  ],
  summary: "A primary key is added together with its index.",
  why: "ADD PRIMARY KEY builds an index under ACCESS EXCLUSIVE and reads the table once more where its columns may be null: nobody reads or writes the table meanwhile.",
  remedy:
    "Set the columns NOT NULL by way of a validated check, CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … PRIMARY KEY USING INDEX.",
  growsWithTable: true,
  inFunctions: false,
  fails: ["ALTER TABLE task ADD PRIMARY KEY (id)", "ALTER TABLE task ADD COLUMN id serial PRIMARY KEY"],
  passes: [
    "ALTER TABLE task ADD CONSTRAINT task_pkey PRIMARY KEY USING INDEX task_pkey",
    "CREATE TABLE task (id bigint); ALTER TABLE task ADD PRIMARY KEY (id)",
  ],
  check: (statement, state) => keysWithTheirIndex(statement, state, "CONSTR_PRIMARY", "the primary key of"),
});
