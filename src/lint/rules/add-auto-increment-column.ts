import { rewriteOfNewColumn } from "../../sql/effect/alter-table-checks.ts";
import { ident } from "../../sql/identifier.ts";
import { commandsOf } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A serial or identity column is added to a table with rows. */
export const addAutoIncrementColumn: LintRule = lintRule({
  id: "add-auto-increment-column",
  area: "rewrites",
  severity: "error",
  equivalents: [
    "eugene:E11",
    "squawk:adding-field-with-default",
    "strong_migrations:add_column_auto_incrementing",
    "atlas:PG310",
  ],
  summary: "A serial or identity column is added to a table with rows.",
  why: "Every row that is there needs its own number: the whole table and all its indexes are written anew under ACCESS EXCLUSIVE.",
  remedy:
    "Make a sequence and a nullable column, number new rows by a default, fill the old ones in batches, then set the column NOT NULL and attach the sequence (or turn it into an identity).",
  growsWithTable: true,
  inFunctions: false,
  fails: [
    "ALTER TABLE task ADD COLUMN number bigserial",
    "ALTER TABLE task ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY",
  ],
  passes: ["ALTER TABLE task ADD COLUMN number bigint", "CREATE TABLE task (id bigserial)"],
  *check(statement, state) {
    for (const { column, table, written: name, at } of commandsOf(statement, state, "AT_AddColumn")) {
      const why = rewriteOfNewColumn(column, state.major);
      if ((why !== "serial" && why !== "identity") || state.isNew(table)) continue;
      yield {
        message: `numbering the rows of ${name} in the new column ${ident(column.colname ?? "")} writes the whole table anew, closed to reads and writes`,
        relation: table,
        at,
      };
    }
  },
});
