import { ident } from "../../sql/identifier.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A schema is dropped. */
export const dropSchema: LintRule = lintRule({
  id: "drop-schema",
  area: "data loss",
  severity: "error",
  equivalents: ["atlas:DS101", "pg-schema-diff:DELETES_DATA"],
  summary: "A schema is dropped.",
  why: "With CASCADE everything in it goes, whatever it is by now; nobody lists it first.",
  remedy: "Drop what is in the schema by name, then the empty schema without CASCADE.",
  inFunctions: false,
  fails: ["DROP SCHEMA app CASCADE"],
  passes: ["CREATE SCHEMA app"],
  *check(statement) {
    if (!("DropStmt" in statement.node) || statement.node.DropStmt.removeType !== "OBJECT_SCHEMA") return;
    const cascades = statement.node.DropStmt.behavior === "DROP_CASCADE";
    for (const object of statement.node.DropStmt.objects ?? []) {
      const name = "String" in object ? (object.String.sval ?? "") : "";
      yield {
        message: cascades
          ? `the schema ${ident(name)} is dropped with everything in it`
          : `the schema ${ident(name)} is dropped`,
        ...(cascades ? {} : { severity: "info" }),
      };
    }
  },
});
