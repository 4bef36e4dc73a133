import { namePath } from "../../sql/effect/scene.ts";
import { ident } from "../../sql/identifier.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A rule is added to a domain that columns have. */
export const alterDomainConstraint: LintRule = lintRule({
  id: "alter-domain-constraint",
  area: "locks",
  severity: "error",
  equivalents: ["squawk:ban-alter-domain-with-add-constraint"],
  summary: "A rule is added to a domain that columns have.",
  why: "Every table with a column of the domain is locked in SHARE mode and read whole, all in one transaction: nobody writes to any of them until the last has been read.",
  remedy:
    "ADD CONSTRAINT … NOT VALID, then VALIDATE CONSTRAINT in another transaction; or a check on each table instead.",
  inFunctions: false,
  fails: ["ALTER DOMAIN price ADD CONSTRAINT positive CHECK (VALUE > 0)", "ALTER DOMAIN price SET NOT NULL"],
  passes: [
    "ALTER DOMAIN price ADD CONSTRAINT positive CHECK (VALUE > 0) NOT VALID",
    "ALTER DOMAIN price DROP NOT NULL",
  ],
  *check(statement) {
    if (!("AlterDomainStmt" in statement.node)) return;
    const { subtype, def, typeName } = statement.node.AlterDomainStmt;
    const adds =
      subtype === "C" && !(def !== undefined && "Constraint" in def && def.Constraint.skip_validation === true);
    if (!adds && subtype !== "O") return;
    const tables = statement.effect.scans;
    yield {
      message: `every table with a column of ${namePath(typeName).map(ident).join(".")}${tables.length === 0 ? "" : ` (${tables.join(", ")})`} is read whole, closed to writes`,
    };
  },
});
