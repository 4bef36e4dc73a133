import { mayLoseValues } from "../../sql/effect/type-change.ts";
import { typeText } from "../../sql/effect/type-text.ts";
import { ident } from "../../sql/identifier.ts";
import { commandsOf } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A column's type is changed. */
export const changeColumnType: LintRule = lintRule({
  id: "change-column-type",
  area: "rewrites",
  severity: "error",
  equivalents: [
    "squawk:changing-column-type",
    "eugene:E5",
    "strong_migrations:change_column",
    "strong_migrations:change_column_constraint",
    "strong_migrations:change_column_with_not_null",
    "atlas:PG301",
    "pg-schema-diff:IMPACTS_DATABASE_PERFORMANCE",
    "bytebase:COLUMN_DISALLOW_CHANGE_TYPE",
  ],
  summary: "A column's type is changed.",
  why: "Unless the new type has the same bytes (varchar to text, a longer varchar), every row is written anew and every index of the table built anew, under ACCESS EXCLUSIVE. Old code may not know what to do with the new type.",
  remedy:
    "Add a column of the new type, keep both equal by a trigger, fill it in batches, let the code use it, and drop the old one. Given --source, the old type is known, and changes that cost nothing are told apart.",
  growsWithTable: true,
  inFunctions: false,
  fails: [
    "ALTER TABLE task ALTER COLUMN price TYPE bigint",
    "ALTER TABLE task ALTER price SET DATA TYPE numeric(10,2) USING price::numeric",
  ],
  passes: [
    "CREATE TABLE task (price int); ALTER TABLE task ALTER price TYPE bigint",
    "ALTER TABLE task ALTER price SET DEFAULT 0",
  ],
  *check(statement, state) {
    for (const { cmd, column, table, written: name, at } of commandsOf(statement, state, "AT_AlterColumnType")) {
      if (state.isNew(table)) continue;
      const from = state.schema.table(table)?.columns.get(cmd.name ?? "")?.type;
      const to = typeText(column.typeName);
      const of = `${name}.${ident(cmd.name ?? "")}`;
      const known = from !== undefined && from !== "";
      if (known && !statement.effect.rewrites.includes(table)) {
        yield {
          message: `${of} changes from ${from} to ${to}: no row is written, but ACCESS EXCLUSIVE is taken for a moment`,
          relation: table,
          at,
          severity: "info",
        };
        continue;
      }
      const loses = known && mayLoseValues(from, to) === true ? `; ${to} cannot hold all that ${from} can` : "";
      yield {
        message: known
          ? `changing ${of} from ${from} to ${to} writes the whole table anew, closed to reads and writes${loses}`
          : `changing ${of} to ${to} writes the whole table anew, closed to reads and writes, unless the old type has the same bytes`,
        relation: table,
        at,
      };
    }
  },
});
