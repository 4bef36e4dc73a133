import { ident } from "../../sql/identifier.ts";
import { addedConstraints } from "../commands.ts";
import { notValidThenValidate } from "../not-valid.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A check is added and applied to all rows in one step. */
export const checkValidatesUnderLock: LintRule = lintRule({
  id: "check-validates-under-lock",
  area: "locks",
  severity: "error",
  equivalents: [
    "squawk:constraint-missing-not-valid",
    "eugene:E1",
    "strong_migrations:add_check_constraint",
    "atlas:PG305",
    "pg-schema-diff:ACQUIRES_ACCESS_EXCLUSIVE_LOCK",
    "bytebase:STATEMENT_ADD_CHECK_NOT_VALID",
  ],
  summary: "A check is added and applied to all rows in one step.",
  why: "ADD CONSTRAINT … CHECK holds ACCESS EXCLUSIVE while it reads the whole table: nobody can even read it. NOT VALID takes the lock for a moment; VALIDATE CONSTRAINT reads the rows while reads and writes go on.",
  remedy: "ADD CONSTRAINT … NOT VALID; then, in another transaction, VALIDATE CONSTRAINT.",
  growsWithTable: true,
  inFunctions: false,
  fails: [
    "ALTER TABLE task ADD CONSTRAINT positive CHECK (amount > 0)",
    "ALTER TABLE task ADD COLUMN amount int CHECK (amount > 0)",
    "ALTER TABLE task ADD CONSTRAINT there NOT NULL amount",
  ],
  passes: [
    "ALTER TABLE task ADD CONSTRAINT positive CHECK (amount > 0) NOT VALID",
    "CREATE TABLE task (amount int); ALTER TABLE task ADD CONSTRAINT positive CHECK (amount > 0)",
  ],
  *check(statement, state) {
    for (const added of addedConstraints(statement, state)) {
      const { constraint, table } = added;
      const isNotNull = constraint.contype === "CONSTR_NOTNULL" && added.ofColumn === null;
      if ((constraint.contype !== "CONSTR_CHECK" && !isNotNull) || constraint.skip_validation === true) continue;
      if (constraint.is_enforced === false || state.isNew(table) || !statement.effect.scans.includes(table)) continue;
      const rewriting = notValidThenValidate(statement, added, state);
      const name = constraint.conname === undefined ? "the new check" : `the check ${ident(constraint.conname)}`;
      yield {
        message: `${name} blocks reads and writes of ${added.written} while every row is checked`,
        relation: table,
        at: added.at,
        ...(rewriting === null ? {} : { rewriting }),
      };
    }
  },
});
