import { constraintsOf } from "../../sql/effect/alter-table-checks.ts";
import { isSerial } from "../../sql/effect/type-text.ts";
import { ident } from "../../sql/identifier.ts";
import { commandsOf } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A NOT NULL column comes without a default. */
export const addRequiredColumn: LintRule = lintRule({
  id: "add-required-column",
  area: "compatibility",
  severity: "error",
  equivalents: ["squawk:adding-required-field", "atlas:MF103", "bytebase:STATEMENT_DISALLOW_ADD_NOT_NULL"],
  summary: "A NOT NULL column comes without a default.",
  why: "On a table with rows the statement fails: they would have no value. On an empty one, code that does not know the column yet cannot insert any more.",
  remedy: "Give it a default, or add it nullable, fill it, and set it NOT NULL once no old code inserts.",
  inFunctions: false,
  fails: ["ALTER TABLE task ADD COLUMN title text NOT NULL"],
  passes: [
    "ALTER TABLE task ADD COLUMN title text NOT NULL DEFAULT ''",
    "ALTER TABLE task ADD COLUMN title text",
    "ALTER TABLE task ADD COLUMN number serial NOT NULL",
    "CREATE TABLE task (id bigint); ALTER TABLE task ADD COLUMN title text NOT NULL",
  ],
  *check(statement, state) {
    for (const { column, table, written: name, at } of commandsOf(statement, state, "AT_AddColumn")) {
      const types = constraintsOf(column).map(({ contype }) => contype);
      const given = types.some(
        (type) => type === "CONSTR_DEFAULT" || type === "CONSTR_GENERATED" || type === "CONSTR_IDENTITY",
      );
      const required = types.includes("CONSTR_NOTNULL") || types.includes("CONSTR_PRIMARY");
      if (!required || given || isSerial(column.typeName) || state.isNew(table)) continue;
      yield {
        message: `the new column ${name}.${ident(column.colname ?? "")} is NOT NULL without a default: the statement fails if ${name} has rows, and old code cannot insert any more`,
        relation: table,
        at,
      };
    }
  },
});
