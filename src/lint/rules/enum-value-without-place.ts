import { namePath } from "../../sql/effect/scene.ts";
import { ident } from "../../sql/identifier.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A value is added to an enumerated type without saying where. */
export const enumValueWithoutPlace: LintRule = lintRule({
  id: "enum-value-without-place",
  area: "conventions",
  severity: "info",
  equivalents: ["squawk:require-enum-value-ordering"],
  summary: "A value is added to an enumerated type without saying where.",
  why: "It goes to the end, and the order of the values is what <, > and ORDER BY go by. It cannot be moved afterwards.",
  remedy: "ADD VALUE … BEFORE or AFTER another one.",
  inFunctions: false,
  fails: ["ALTER TYPE state ADD VALUE 'open'"],
  passes: ["ALTER TYPE state ADD VALUE 'open' AFTER 'new'", "ALTER TYPE state RENAME VALUE 'a' TO 'b'"],
  *check(statement) {
    if (!("AlterEnumStmt" in statement.node)) return;
    const { oldVal, newVal, newValNeighbor: neighbour, typeName } = statement.node.AlterEnumStmt;
    if (oldVal !== undefined || neighbour !== undefined) return;
    yield {
      message: `'${newVal ?? ""}' goes to the end of ${namePath(typeName).map(ident).join(".")}, and cannot be moved afterwards`,
    };
  },
});
