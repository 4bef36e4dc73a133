import { namePath } from "../../sql/effect/scene.ts";
import { ident } from "../../sql/identifier.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A domain is made with a check. */
export const domainWithCheck: LintRule = lintRule({
  id: "domain-with-check",
  area: "conventions",
  severity: "info",
  equivalents: ["squawk:ban-create-domain-with-constraint"],
  summary: "A domain is made with a check.",
  why: "A change to the check must be applied to every column of the domain at once, with their tables closed to writes, and columns of such a domain are written anew where plain types would not be.",
  remedy: "The plain type, with a check on each column.",
  inFunctions: false,
  fails: ["CREATE DOMAIN price AS numeric CHECK (VALUE >= 0)", "CREATE DOMAIN name AS text NOT NULL"],
  passes: ["CREATE DOMAIN price AS numeric"],
  *check(statement) {
    if (!("CreateDomainStmt" in statement.node)) return;
    const { constraints = [], domainname } = statement.node.CreateDomainStmt;
    const rules = constraints.some(
      (node) =>
        "Constraint" in node &&
        (node.Constraint.contype === "CONSTR_CHECK" || node.Constraint.contype === "CONSTR_NOTNULL"),
    );
    if (rules)
      yield {
        message: `a change to the rule of ${namePath(domainname).map(ident).join(".")} must be applied to every column of it at once`,
      };
  },
});
