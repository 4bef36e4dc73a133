import { ident } from "../../sql/identifier.ts";
import { commandsOf } from "../commands.ts";
import { constraintName } from "../not-valid.ts";
import { inCaseOf } from "../rewrite.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A column is set NOT NULL without a validated check behind it. */
export const setNotNullScansTable: LintRule = lintRule({
  id: "set-not-null-scans-table",
  area: "locks",
  severity: "error",
  equivalents: [
    "squawk:adding-not-nullable-field",
    "eugene:E2",
    "strong_migrations:change_column_null",
    "strong_migrations:change_column_null_postgresql",
    "atlas:PG303",
    "atlas:MF104",
    "bytebase:STATEMENT_DISALLOW_ADD_NOT_NULL",
  ],
  summary: "A column is set NOT NULL without a validated check behind it.",
  why: "SET NOT NULL holds ACCESS EXCLUSIVE while it reads every row to see that none is null. Since PostgreSQL 12 a validated CHECK (column IS NOT NULL) tells the server so, and it reads nothing.",
  remedy:
    "ADD CONSTRAINT … CHECK (column IS NOT NULL) NOT VALID; VALIDATE CONSTRAINT in another transaction; SET NOT NULL; drop the check.",
  growsWithTable: true,
  inFunctions: false,
  fails: ["ALTER TABLE task ALTER COLUMN title SET NOT NULL"],
  passes: [
    `-- 1.sql
ALTER TABLE task ADD CONSTRAINT there CHECK (title IS NOT NULL) NOT VALID;
-- 2.sql
ALTER TABLE task VALIDATE CONSTRAINT there;
-- 3.sql
ALTER TABLE task ALTER COLUMN title SET NOT NULL;`,
    "CREATE TABLE task (title text); ALTER TABLE task ALTER title SET NOT NULL",
    `-- 1.sql
ALTER TABLE task ADD CONSTRAINT there CHECK (name IS NOT NULL) NOT VALID;
-- 2.sql
ALTER TABLE task VALIDATE CONSTRAINT there;
-- 3.sql
ALTER TABLE task RENAME COLUMN name TO title; ALTER TABLE task ALTER COLUMN title SET NOT NULL;`,
    "ALTER TABLE task ADD COLUMN IF NOT EXISTS title text",
  ],
  *check(statement, state) {
    for (const { cmd, table, written: name, count } of commandsOf(statement, state, "AT_SetNotNull")) {
      if (state.isNew(table) || !statement.effect.scans.includes(table)) continue;
      // A constraint that these files validated without having made it is taken for the proof it seems to be.
      if (state.major >= 12 && state.hasValidatedUnseen(table)) continue;
      const column = cmd.name ?? "";
      const check = constraintName(table, [column], "not_null");
      const say = (words: string): string => inCaseOf(statement.sql, words);
      const alter = `${say("ALTER TABLE")} ${name}`;
      const condition = `${say("CHECK")} (${ident(column)} ${say("IS NOT NULL")})`;
      yield {
        message: `setting ${name}.${ident(column)} NOT NULL blocks reads and writes of ${name} while every row is read`,
        relation: table,
        ...(count > 1 || state.major < 12
          ? {}
          : {
              rewriting: {
                title: "prove it by a validated check first",
                safety: "safe",
                statements: [
                  { sql: `${alter} ${say("ADD CONSTRAINT")} ${ident(check)} ${condition} ${say("NOT VALID")}` },
                  { sql: `${alter} ${say("VALIDATE CONSTRAINT")} ${ident(check)}`, apart: true },
                  { sql: statement.sql, apart: true },
                  { sql: `${alter} ${say("DROP CONSTRAINT")} ${ident(check)}` },
                ],
              },
            }),
      };
    }
  },
});
