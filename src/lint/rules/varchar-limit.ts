import { typeText, bareType, typeModifiers } from "../../sql/effect/type-text.ts";
import { ident } from "../../sql/identifier.ts";
import { definedColumns } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A column's text has a limit in its type. */
export const varcharLimit: LintRule = lintRule({
  id: "varchar-limit",
  area: "conventions",
  severity: "info",
  equivalents: ["squawk:prefer-text-field", "bytebase:COLUMN_MAXIMUM_CHARACTER_LENGTH"],
  summary: "A column's text has a limit in its type.",
  why: "A longer limit later takes ACCESS EXCLUSIVE for a moment; a shorter one reads and writes the whole table. A check says the same and can be changed with NOT VALID and VALIDATE.",
  remedy: "text, with CHECK (length(…) <= n) where the limit means something.",
  fails: ["CREATE TABLE task (title varchar(100))"],
  passes: ["CREATE TABLE task (title text, state varchar)"],
  *check(statement, state) {
    for (const { column, at } of definedColumns(statement, state)) {
      const type = typeText(column.typeName);
      if (bareType(type) !== "character varying" || typeModifiers(type).length === 0) continue;
      yield {
        message: `the limit of ${ident(column.colname ?? "")} is part of its type, which only ALTER TABLE under ACCESS EXCLUSIVE changes`,
        at,
      };
    }
  },
});
