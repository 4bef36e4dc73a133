import type { Constraint } from "../../sql/nodes.ts";
import { nodesOf } from "../../sql/walk.ts";
import { written } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A foreign key deletes rows along with those they refer to. */
export const foreignKeyCascades: LintRule = lintRule({
  id: "foreign-key-cascades",
  area: "data loss",
  severity: "info",
  equivalents: ["bytebase:STATEMENT_DISALLOW_ON_DEL_CASCADE"],
  summary: "A foreign key deletes rows along with those they refer to.",
  why: "One DELETE on the other table removes rows here, and rows that refer to these, in one transaction and without being named.",
  remedy: "Make sure that the rows are parts of what they refer to; else ON DELETE RESTRICT or SET NULL.",
  inFunctions: false,
  fails: [
    "ALTER TABLE task ADD FOREIGN KEY (customer_id) REFERENCES customer ON DELETE CASCADE NOT VALID",
    "CREATE TABLE task (customer_id bigint REFERENCES customer ON DELETE CASCADE)",
  ],
  passes: ["CREATE TABLE task (customer_id bigint REFERENCES customer ON DELETE RESTRICT)"],
  *check(statement) {
    for (const { type, node } of nodesOf(statement.node)) {
      const constraint = node as Constraint;
      if (type !== "Constraint" || constraint.contype !== "CONSTR_FOREIGN" || constraint.fk_del_action !== "c")
        continue;
      yield {
        message: `deleting from ${written(constraint.pktable)} deletes rows here, too`,
        at: statement.indexOf(constraint.location),
      };
    }
  },
});
