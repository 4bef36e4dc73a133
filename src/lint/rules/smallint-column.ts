import { typeText, bareType } from "../../sql/effect/type-text.ts";
import { ident } from "../../sql/identifier.ts";
import { definedColumns } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A column has the type smallint. */
export const smallintColumn: LintRule = lintRule({
  id: "smallint-column",
  area: "conventions",
  severity: "info",
  equivalents: ["squawk:prefer-bigint-over-smallint"],
  summary: "A column has the type smallint.",
  why: "It ends at 32,767. The six bytes it saves are mostly lost again to alignment, and a wider type later writes the whole table anew.",
  remedy: "integer or bigint, unless the meaning bounds the value.",
  fails: ["CREATE TABLE task (rank smallint)", "CREATE TABLE task (id smallserial)"],
  passes: ["CREATE TABLE task (rank bigint)"],
  *check(statement, state) {
    for (const { column, at } of definedColumns(statement, state))
      if (bareType(typeText(column.typeName)) === "smallint")
        yield { message: `${ident(column.colname ?? "")} is a smallint, which ends at 32,767`, at };
  },
});
