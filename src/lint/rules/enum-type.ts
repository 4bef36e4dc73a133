import { namePath } from "../../sql/effect/scene.ts";
import { ident } from "../../sql/identifier.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** An enumerated type is made. */
export const enumType: LintRule = lintRule({
  id: "enum-type",
  area: "conventions",
  severity: "info",
  equivalents: ["eugene:W13"],
  summary: "An enumerated type is made.",
  why: "Values can be added and renamed, never removed: taking one out means a new type and a rewrite of every table that uses it. Nothing more can be said about a value than its name.",
  remedy: "A table of the values with a foreign key, or text with a check.",
  inFunctions: false,
  fails: ["CREATE TYPE state AS ENUM ('new', 'done')"],
  passes: ["CREATE TABLE state (name text PRIMARY KEY)"],
  *check(statement) {
    if ("CreateEnumStmt" in statement.node)
      yield {
        message: `values of ${namePath(statement.node.CreateEnumStmt.typeName).map(ident).join(".")} can never be removed`,
      };
  },
});
