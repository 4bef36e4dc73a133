import { ident } from "../../sql/identifier.ts";
import { isTemporaryName } from "../../sql/temporary-name.ts";
import { commandsOf } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A column is dropped. */
export const dropColumn: LintRule = lintRule({
  id: "drop-column",
  area: "data loss",
  severity: "warning",
  equivalents: [
    "squawk:ban-drop-column",
    "strong_migrations:remove_column",
    "atlas:DS103",
    "pg-schema-diff:DELETES_DATA",
    "bytebase:SCHEMA_BACKWARD_COMPATIBILITY",
  ],
  summary: "A column is dropped.",
  why: "Its values are gone for good, and code that still names the column fails from this moment on: with the old version still running during a rollout, that is every request. Object mappers often name all columns of a table, whether they use them or not.",
  remedy:
    "First release code that neither reads nor writes the column (and tells the object mapper to ignore it); drop it in a later migration, when no old code runs and a backup holds the values.",
  inFunctions: false,
  fails: ["ALTER TABLE task DROP COLUMN title", "ALTER TABLE task DROP COLUMN IF EXISTS title CASCADE"],
  passes: [
    "CREATE TABLE task (id bigint, title text); ALTER TABLE task DROP COLUMN title",
    "ALTER TABLE task DROP COLUMN dbwright_old_82b0954f_title",
  ],
  *check(statement, state) {
    for (const { cmd, table, written: name } of commandsOf(statement, state, "AT_DropColumn")) {
      // What was there for the time being goes when nobody needs it.
      if (state.isNew(table) || isTemporaryName(cmd.name ?? "")) continue;
      yield {
        message: `${name}.${ident(cmd.name ?? "")} and its values are dropped; code that still names the column fails`,
        relation: table,
      };
    }
  },
});
