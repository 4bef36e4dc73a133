import { ident } from "../../sql/identifier.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A database is dropped. */
export const dropDatabase: LintRule = lintRule({
  id: "drop-database",
  area: "data loss",
  severity: "error",
  equivalents: ["squawk:ban-drop-database", "pg-schema-diff:DELETES_DATA"],
  summary: "A database is dropped.",
  why: "Everything in it is gone, and nothing but a backup brings it back. It is no step of a schema's history.",
  remedy: "Take it out of the migrations; drop a database by hand, after a restore of its backup was tried.",
  fails: ["DROP DATABASE shop"],
  passes: ["CREATE SCHEMA shop"],
  *check(statement) {
    if ("DropdbStmt" in statement.node)
      yield { message: `the database ${ident(statement.node.DropdbStmt.dbname ?? "")} is dropped` };
  },
});
