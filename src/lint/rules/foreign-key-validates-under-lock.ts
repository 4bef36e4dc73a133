import { ident } from "../../sql/identifier.ts";
import { addedConstraints, written } from "../commands.ts";
import { notValidThenValidate } from "../not-valid.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A foreign key is added and checked in one step. */
export const foreignKeyValidatesUnderLock: LintRule = lintRule({
  id: "foreign-key-validates-under-lock",
  area: "locks",
  severity: "error",
  equivalents: [
    "squawk:adding-foreign-key-constraint",
    "squawk:constraint-missing-not-valid",
    "eugene:E1",
    "strong_migrations:add_foreign_key",
    "atlas:PG306",
    "pg-schema-diff:ACQUIRES_SHARE_ROW_EXCLUSIVE_LOCK",
    "bytebase:STATEMENT_ADD_FOREIGN_KEY_NOT_VALID",
  ],
  summary: "A foreign key is added and checked in one step.",
  why: "ADD FOREIGN KEY holds SHARE ROW EXCLUSIVE on both tables while it looks up every row of one in the other. Nobody can write to either until it is done. NOT VALID leaves the rows that are there for later; VALIDATE CONSTRAINT checks them while reads and writes go on.",
  remedy: "ADD CONSTRAINT … NOT VALID; then, in another transaction, VALIDATE CONSTRAINT.",
  growsWithTable: true,
  inFunctions: false,
  fails: [
    "ALTER TABLE task ADD CONSTRAINT task_customer FOREIGN KEY (customer_id) REFERENCES customer (id)",
    "ALTER TABLE task ADD FOREIGN KEY (customer_id) REFERENCES customer",
    "ALTER TABLE task ADD COLUMN customer_id bigint REFERENCES customer (id)",
  ],
  passes: [
    "ALTER TABLE task ADD CONSTRAINT task_customer FOREIGN KEY (customer_id) REFERENCES customer (id) NOT VALID",
    "CREATE TABLE task (id bigint); ALTER TABLE task ADD FOREIGN KEY (id) REFERENCES customer",
    "CREATE TABLE task (id bigint REFERENCES customer)",
  ],
  *check(statement, state) {
    for (const added of addedConstraints(statement, state)) {
      const { constraint, table } = added;
      if (constraint.contype !== "CONSTR_FOREIGN" || constraint.skip_validation === true) continue;
      if (constraint.is_enforced === false || state.isNew(table)) continue;
      const other = written(constraint.pktable);
      if (added.ofColumn !== null && !statement.effect.scans.includes(table)) {
        // A new column without a default holds nothing to check, but the lock on both tables is the same.
        yield {
          message: `the new column ${ident(added.ofColumn)} refers to ${other}: its writes wait until ${added.written} is altered, though no row is checked`,
          relation: table,
          at: added.at,
          severity: "info",
        };
        continue;
      }
      const rewriting = notValidThenValidate(statement, added, state);
      yield {
        message: `the foreign key from ${added.written} to ${other} blocks writes to both tables while every row of ${added.written} is checked`,
        relation: table,
        at: added.at,
        ...(rewriting === null ? {} : { rewriting }),
      };
    }
  },
});
