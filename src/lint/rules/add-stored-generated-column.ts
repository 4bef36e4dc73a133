import { rewriteOfNewColumn } from "../../sql/effect/alter-table-checks.ts";
import { ident } from "../../sql/identifier.ts";
import { commandsOf } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A stored generated column is added to a table with rows. */
export const addStoredGeneratedColumn: LintRule = lintRule({
  id: "add-stored-generated-column",
  area: "rewrites",
  severity: "error",
  equivalents: [
    "eugene:E11",
    "squawk:adding-field-with-default",
    "strong_migrations:add_column_generated_stored",
    "atlas:PG309",
  ],
  summary: "A stored generated column is added to a table with rows.",
  why: "Its value is computed for every row and stored: the whole table is written anew under ACCESS EXCLUSIVE.",
  remedy:
    "On PostgreSQL 18 a VIRTUAL column computes it when read. Else add a plain column kept by a trigger, fill it in batches, or compute it in a view or an index on the expression.",
  growsWithTable: true,
  inFunctions: false,
  fails: ["ALTER TABLE task ADD COLUMN total numeric GENERATED ALWAYS AS (price * amount) STORED"],
  passes: [
    "ALTER TABLE task ADD COLUMN total numeric GENERATED ALWAYS AS (price * amount) VIRTUAL",
    "CREATE TABLE task (a int, b int GENERATED ALWAYS AS (a * 2) STORED)",
  ],
  *check(statement, state) {
    for (const { column, table, written: name, at } of commandsOf(statement, state, "AT_AddColumn")) {
      if (rewriteOfNewColumn(column, state.major) !== "stored" || state.isNew(table)) continue;
      yield {
        message: `the stored column ${name}.${ident(column.colname ?? "")} is computed for every row, and the table written anew, closed to reads and writes`,
        relation: table,
        at,
      };
    }
  },
});
