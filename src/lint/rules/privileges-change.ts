import { commandsOf } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** Who may do what is changed. */
export const privilegesChange: LintRule = lintRule({
  id: "privileges-change",
  area: "compatibility",
  severity: "info",
  equivalents: ["pg-schema-diff:AUTHZ_UPDATE", "bytebase:STATEMENT_OBJECT_OWNER_CHECK"],
  summary: "Who may do what is changed.",
  why: "A right that is taken away fails in code that is running; one that is given cannot be seen in any result. Row security that is switched on without a policy shows no rows at all.",
  remedy: "Have it read by whoever answers for access; give before the code needs it, take after no code does.",
  inFunctions: false,
  fails: [
    "REVOKE SELECT ON task FROM app",
    "GRANT ALL ON task TO PUBLIC",
    "ALTER TABLE task ENABLE ROW LEVEL SECURITY",
    "DROP POLICY own ON task",
    "ALTER TABLE task OWNER TO app",
  ],
  passes: ["CREATE TABLE task (id bigint); GRANT SELECT ON task TO app"],
  *check(statement, state) {
    const { node } = statement;
    const message = "who may do what changes here";
    if ("GrantStmt" in node || "GrantRoleStmt" in node) {
      const objects = "GrantStmt" in node ? (node.GrantStmt.objects ?? []) : [];
      const old =
        objects.length === 0 ||
        objects.some((one) => !("RangeVar" in one) || !state.isNew(state.relation(one.RangeVar)));
      if (old) yield { message };
    } else if ("CreatePolicyStmt" in node || "AlterPolicyStmt" in node) {
      const range =
        "CreatePolicyStmt" in node
          ? node.CreatePolicyStmt.table
          : "AlterPolicyStmt" in node
            ? node.AlterPolicyStmt.table
            : undefined;
      if (!state.isNew(state.relation(range))) yield { message, relation: state.relation(range) };
    } else if ("DropStmt" in node && node.DropStmt.removeType === "OBJECT_POLICY") yield { message };
    else if ("AlterDefaultPrivilegesStmt" in node || "AlterOwnerStmt" in node) yield { message };
    const types = [
      "AT_EnableRowSecurity",
      "AT_DisableRowSecurity",
      "AT_ForceRowSecurity",
      "AT_NoForceRowSecurity",
      "AT_ChangeOwner",
    ] as const;
    for (const { table } of commandsOf(statement, state, ...types))
      if (!state.isNew(table)) yield { message, relation: table };
  },
});
