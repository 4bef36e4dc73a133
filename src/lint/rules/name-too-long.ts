import { tokensOf } from "../../sql/split.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A name is longer than the server keeps. */
export const nameTooLong: LintRule = lintRule({
  id: "name-too-long",
  area: "conventions",
  severity: "error",
  equivalents: ["squawk:identifier-too-long"],
  summary: "A name is longer than the server keeps.",
  why: "Names are cut to 63 bytes with no more than a notice. Two long names with the same beginning become one; code that uses the long form works, tools that compare names do not find it.",
  remedy: "A name of at most 63 bytes.",
  fails: [`CREATE TABLE t_${"x".repeat(70)} (id bigint)`],
  passes: [`CREATE TABLE t_${"x".repeat(50)} (id bigint)`, `DROP TABLE t_${"x".repeat(70)}`],
  *check(statement) {
    // What is dropped got its name before, and is found under it.
    if ("DropStmt" in statement.node) return;
    for (const { start, end } of tokensOf(statement.sql)) {
      const first = statement.sql[start] ?? "";
      const quoted = first === '"';
      if (!quoted && !/[A-Za-z_\u0080-\uffff]/.test(first)) continue;
      const name = quoted
        ? statement.sql.slice(start + 1, end - 1).replaceAll('""', '"')
        : statement.sql.slice(start, end);
      if (new TextEncoder().encode(name).length <= 63) continue;
      yield {
        message: `${name} has more than 63 bytes, and is cut to them without an error`,
        at: statement.start + start,
      };
    }
  },
});
