import { ident } from "../../sql/identifier.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** An extension is brought to another version. */
export const extensionUpdate: LintRule = lintRule({
  id: "extension-update",
  area: "compatibility",
  severity: "info",
  equivalents: ["pg-schema-diff:UPGRADING_EXTENSION_VERSION"],
  summary: "An extension is brought to another version.",
  why: "Its script runs whatever its makers wrote: functions that views and indexes rest on change, and there is seldom a way back.",
  remedy: "Read its notes, try it on a copy, and name the version.",
  inFunctions: false,
  fails: ["ALTER EXTENSION postgis UPDATE"],
  passes: ["CREATE EXTENSION postgis"],
  *check(statement) {
    if ("AlterExtensionStmt" in statement.node)
      yield {
        message: `the script that brings ${ident(statement.node.AlterExtensionStmt.extname ?? "")} to another version is not part of this migration, and is seldom taken back`,
      };
  },
});
