import { ident } from "../../sql/identifier.ts";
import { commandsOf } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A primary key is made from an index whose columns may be null. */
export const primaryKeyIndexMayBeNull: LintRule = lintRule({
  id: "primary-key-index-may-be-null",
  area: "locks",
  severity: "warning",
  equivalents: ["eugene:W14", "atlas:PG304"],
  summary: "A primary key is made from an index whose columns may be null.",
  why: "A primary key sets its columns NOT NULL. Where they are not, PRIMARY KEY USING INDEX reads the whole table under ACCESS EXCLUSIVE to see that no value is missing: the moment it was meant to take becomes minutes.",
  remedy: "Set the columns NOT NULL before, by way of a validated check.",
  growsWithTable: true,
  inFunctions: false,
  fails: [
    `-- 1.sql
CREATE TABLE task (id bigint);
-- 2.sql
CREATE UNIQUE INDEX CONCURRENTLY task_pkey ON task (id);
-- 3.sql
ALTER TABLE task ADD CONSTRAINT task_pkey PRIMARY KEY USING INDEX task_pkey;`,
  ],
  passes: [
    `-- 1.sql
CREATE TABLE task (id bigint NOT NULL);
-- 2.sql
CREATE UNIQUE INDEX CONCURRENTLY task_pkey ON task (id);
-- 3.sql
ALTER TABLE task ADD CONSTRAINT task_pkey PRIMARY KEY USING INDEX task_pkey;`,
  ],
  *check(statement, state) {
    for (const { constraint, table, written: name, at } of commandsOf(statement, state, "AT_AddConstraint")) {
      if (constraint.contype !== "CONSTR_PRIMARY" || constraint.indexname === undefined || state.isNew(table)) continue;
      if (!statement.effect.scans.includes(table)) continue;
      const known = state.schema
        .table(table)
        ?.indexes.some(({ relation }) => relation.endsWith(`.${ident(constraint.indexname ?? "")}`));
      yield {
        message: `the columns of ${ident(constraint.indexname)} ${known === true ? "may be null" : "are not known to be NOT NULL"}: the primary key of ${name} reads every row with the table closed`,
        relation: table,
        at,
        ...(known === true ? {} : { severity: "info" }),
      };
    }
  },
});
