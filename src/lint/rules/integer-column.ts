import { typeText, isSerial, bareType } from "../../sql/effect/type-text.ts";
import { ident } from "../../sql/identifier.ts";
import { definedColumns } from "../commands.ts";
import { retyped } from "../retype.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A column has the type integer. */
export const integerColumn: LintRule = lintRule({
  id: "integer-column",
  area: "conventions",
  severity: "info",
  equivalents: ["squawk:prefer-bigint-over-int", "bytebase:INDEX_PRIMARY_KEY_TYPE_ALLOWLIST"],
  summary: "A column has the type integer.",
  why: "It ends at 2,147,483,647. A key that runs out stops all inserts, and making it bigint then writes the whole table anew.",
  remedy: "bigint for keys and counters; integer where the meaning bounds the value.",
  fails: [
    "CREATE TABLE task (id int PRIMARY KEY)",
    "ALTER TABLE task ADD COLUMN owner_id integer",
    "CREATE TABLE task (id serial)",
  ],
  passes: ["CREATE TABLE task (id bigint PRIMARY KEY, share smallint)"],
  *check(statement, state) {
    for (const { column, at } of definedColumns(statement, state)) {
      if (bareType(typeText(column.typeName)) !== "integer") continue;
      const rewriting = isSerial(column.typeName)
        ? retyped(statement, column, /^serial4?/i, "bigserial")
        : retyped(statement, column, /^(?:integer|int4|int)\b/i, "bigint");
      yield {
        message: `${ident(column.colname ?? "")} is an integer, which ends at 2,147,483,647`,
        at,
        ...(rewriting === null ? {} : { rewriting }),
      };
    }
  },
});
