import { typeText, bareType } from "../../sql/effect/type-text.ts";
import { ident } from "../../sql/identifier.ts";
import { definedColumns } from "../commands.ts";
import { retyped } from "../retype.ts";
import { inCaseOf } from "../rewrite.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A column has the type json. */
export const jsonColumn: LintRule = lintRule({
  id: "json-column",
  area: "conventions",
  severity: "warning",
  equivalents: ["eugene:E3", "strong_migrations:add_column_json"],
  summary: "A column has the type json.",
  why: "json keeps the text as it came and has no equality: DISTINCT, UNION and GROUP BY over the column, or over all columns of the table, fail with an error. It is parsed again at each use and cannot be indexed.",
  remedy: "jsonb.",
  fails: ["CREATE TABLE task (meta json)", "ALTER TABLE task ADD COLUMN meta json"],
  passes: ["CREATE TABLE task (meta jsonb)"],
  *check(statement, state) {
    for (const { column, at } of definedColumns(statement, state)) {
      if (bareType(typeText(column.typeName)) !== "json") continue;
      const rewriting = retyped(statement, column, /^json/i, inCaseOf(statement.sql, "JSONB").toLowerCase());
      yield {
        message: `${ident(column.colname ?? "")} is json, which cannot be compared: DISTINCT and GROUP BY over it fail`,
        at,
        ...(rewriting === null ? {} : { rewriting }),
      };
    }
  },
});
