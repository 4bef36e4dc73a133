import { ident } from "../../sql/identifier.ts";
import { commandsOf } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A constraint is validated in the transaction that added it. */
export const validateInTheSameTransaction: LintRule = lintRule({
  id: "validate-in-the-same-transaction",
  area: "transactions",
  severity: "error",
  equivalents: [
    "squawk:constraint-missing-not-valid",
    "strong_migrations:validate_foreign_key",
    "strong_migrations:validate_check_constraint",
    "pg-schema-diff:IMPACTS_DATABASE_PERFORMANCE",
  ],
  summary: "A constraint is validated in the transaction that added it.",
  why: "VALIDATE CONSTRAINT itself lets reads and writes go on. In the transaction that added the constraint, the stronger lock of ADD CONSTRAINT is still held: the table stays closed while its rows are read, as if NOT VALID had not been said.",
  remedy: "Commit between the two, or validate in a later migration.",
  growsWithTable: true,
  inFunctions: false,
  fails: [
    "BEGIN; ALTER TABLE task ADD CONSTRAINT c CHECK (a > 0) NOT VALID; ALTER TABLE task VALIDATE CONSTRAINT c; COMMIT",
    {
      sql: "ALTER TABLE task ADD CONSTRAINT c CHECK (a > 0) NOT VALID; ALTER TABLE task VALIDATE CONSTRAINT c",
      assumeInTransaction: true,
    },
    "ALTER TABLE task ADD CONSTRAINT c CHECK (a > 0) NOT VALID, VALIDATE CONSTRAINT c",
  ],
  passes: [
    "BEGIN; ALTER TABLE task ADD CONSTRAINT c CHECK (a > 0) NOT VALID; COMMIT; BEGIN; ALTER TABLE task VALIDATE CONSTRAINT c; COMMIT",
    "ALTER TABLE task VALIDATE CONSTRAINT c",
  ],
  *check(statement, state) {
    for (const { cmd, table, written: name, count } of commandsOf(statement, state, "AT_ValidateConstraint")) {
      if (state.isNew(table)) continue;
      const sameStatement = commandsOf(statement, state, "AT_AddConstraint").some(
        ({ constraint }) => constraint.conname === cmd.name,
      );
      const before = state.unchecked.find(
        (one) => one.table === table && one.name === cmd.name && one.transaction === state.transactionNumber,
      );
      if (!sameStatement && (before === undefined || !state.isTransactionSaid)) continue;
      yield {
        message: `${ident(cmd.name ?? "")} is validated under the lock that adding it took on ${name}, which stays closed while every row is read`,
        relation: table,
        ...(count > 1
          ? {}
          : {
              rewriting: {
                title: "validate once the constraint is committed",
                safety: "safe",
                statements: [{ sql: statement.sql, apart: true }],
              },
            }),
      };
    }
  },
});
