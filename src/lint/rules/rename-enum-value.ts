import { namePath } from "../../sql/effect/scene.ts";
import { ident } from "../../sql/identifier.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A value of an enumerated type is renamed. */
export const renameEnumValue: LintRule = lintRule({
  id: "rename-enum-value",
  area: "compatibility",
  severity: "warning",
  equivalents: ["strong_migrations:rename_enum_value"],
  summary: "A value of an enumerated type is renamed.",
  why: "Code that writes or compares the old word gets an error from the server; code that knows the new one got it before.",
  remedy: "Add the new value, let the code know both, update the rows in batches; leave the old value unused.",
  inFunctions: false,
  fails: ["ALTER TYPE state RENAME VALUE 'open' TO 'new'"],
  passes: ["ALTER TYPE state ADD VALUE 'new' BEFORE 'open'"],
  *check(statement) {
    if (!("AlterEnumStmt" in statement.node) || statement.node.AlterEnumStmt.oldVal === undefined) return;
    const { typeName, oldVal, newVal } = statement.node.AlterEnumStmt;
    yield {
      message: `the value '${oldVal}' of ${namePath(typeName).map(ident).join(".")} becomes '${newVal ?? ""}': code with the old word fails`,
    };
  },
});
