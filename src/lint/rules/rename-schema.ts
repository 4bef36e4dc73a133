import { ident } from "../../sql/identifier.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A schema is renamed. */
export const renameSchema: LintRule = lintRule({
  id: "rename-schema",
  area: "compatibility",
  severity: "warning",
  equivalents: ["strong_migrations:rename_schema"],
  summary: "A schema is renamed.",
  why: "Everything in it has another name at once: code, functions' bodies and search paths that know the old one fail.",
  remedy:
    "Make the new schema, move the tables one by one leaving views behind, and drop the old one once nobody uses it.",
  inFunctions: false,
  fails: ["ALTER SCHEMA app RENAME TO shop"],
  passes: ["CREATE SCHEMA shop"],
  *check(statement) {
    if (!("RenameStmt" in statement.node) || statement.node.RenameStmt.renameType !== "OBJECT_SCHEMA") return;
    const { subname, newname } = statement.node.RenameStmt;
    yield { message: `the schema ${ident(subname ?? "")} becomes ${ident(newname ?? "")}: whatever names it fails` };
  },
});
