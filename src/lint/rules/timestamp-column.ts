import { typeText, bareType } from "../../sql/effect/type-text.ts";
import { ident } from "../../sql/identifier.ts";
import { definedColumns } from "../commands.ts";
import { retyped } from "../retype.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A column has the type timestamp without time zone. */
export const timestampColumn: LintRule = lintRule({
  id: "timestamp-column",
  area: "conventions",
  severity: "warning",
  equivalents: ["squawk:prefer-timestamp-tz", "squawk:prefer-timestamptz"],
  summary: "A column has the type timestamp without time zone.",
  why: "It stores what a clock on some wall shows, and drops the offset that came with the value: two moments hours apart become equal, and now() is stored in whatever zone the session has.",
  remedy: "timestamptz, which stores a moment and takes the same eight bytes.",
  fails: ["CREATE TABLE task (made timestamp)", "ALTER TABLE task ADD COLUMN made timestamp(3) without time zone"],
  passes: ["CREATE TABLE task (made timestamptz, day date)"],
  *check(statement, state) {
    for (const { column, at, by } of definedColumns(statement, state)) {
      if (bareType(typeText(column.typeName)) !== "timestamp without time zone") continue;
      const rewriting =
        by === "type"
          ? null
          : retyped(statement, column, /^timestamp(\s*\(\d+\))?(?:\s+without\s+time\s+zone)?/i, "timestamptz$1");
      yield {
        message: `${ident(column.colname ?? "")} is timestamp without time zone: which moment it means, nobody can tell`,
        at,
        ...(rewriting === null ? {} : { rewriting }),
      };
    }
  },
});
