import { typeText, bareType } from "../../sql/effect/type-text.ts";
import { ident } from "../../sql/identifier.ts";
import { definedColumns } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A column has the type char(n). */
export const charColumn: LintRule = lintRule({
  id: "char-column",
  area: "conventions",
  severity: "warning",
  equivalents: ["squawk:ban-char-field"],
  summary: "A column has the type char(n).",
  why: "Values are padded with blanks to n, and the padding is dropped again in some comparisons and kept in others (LIKE, concatenation). It saves nothing: text takes as much as it holds.",
  remedy: "text, with CHECK (length(…) = n) where the length matters.",
  fails: ["CREATE TABLE task (code char(8))", "ALTER TABLE task ADD COLUMN code character"],
  passes: ["CREATE TABLE task (code text)", `CREATE TABLE task (code "char")`],
  *check(statement, state) {
    for (const { column, at } of definedColumns(statement, state))
      if (bareType(typeText(column.typeName)) === "character")
        yield { message: `${ident(column.colname ?? "")} is char(n): its values are padded with blanks`, at };
  },
});
