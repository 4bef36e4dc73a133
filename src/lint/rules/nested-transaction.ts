import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A transaction is begun in a transaction, or ended where none is open. */
export const nestedTransaction: LintRule = lintRule({
  id: "nested-transaction",
  area: "transactions",
  severity: "error",
  equivalents: ["squawk:transaction-nesting", "atlas:TX201", "bytebase:STATEMENT_DISALLOW_COMMIT"],
  summary: "A transaction is begun in a transaction, or ended where none is open.",
  why: "There is one transaction at a time. BEGIN inside one does nothing but warn, and the COMMIT meant for it ends the outer one early: what the tool does after it is no longer in a transaction, and a failure leaves half a migration behind.",
  remedy: "Leave BEGIN and COMMIT to the tool, or tell the tool not to wrap the file.",
  inFunctions: false,
  fails: [
    "BEGIN; BEGIN; SELECT 1; COMMIT",
    "SELECT 1; COMMIT",
    { sql: "BEGIN; ALTER TABLE task ADD COLUMN a int; COMMIT", assumeInTransaction: true },
    { sql: "SELECT 1; ROLLBACK", assumeInTransaction: true },
  ],
  passes: [
    "BEGIN; ALTER TABLE task ADD COLUMN a int; COMMIT",
    { sql: "ALTER TABLE task ADD COLUMN a int", assumeInTransaction: true },
    "BEGIN; SAVEPOINT a; ROLLBACK TO a; COMMIT",
  ],
  *check(statement, state) {
    if (!("TransactionStmt" in statement.node) || statement.body !== null) return;
    const { kind } = statement.node.TransactionStmt;
    const begins = kind === "TRANS_STMT_BEGIN" || kind === "TRANS_STMT_START";
    const ends = kind === "TRANS_STMT_COMMIT" || kind === "TRANS_STMT_ROLLBACK";
    if (begins && state.transaction !== null) {
      const which =
        state.transaction === "assumed" ? "the file is already run in a transaction" : "a transaction is open already";
      yield { message: `${which}: this BEGIN does nothing, and the next COMMIT ends it early` };
    } else if (ends && state.transaction === "assumed")
      yield { message: "this ends the transaction that the file is run in: what follows is in none" };
    else if (ends && state.transaction === null)
      yield { message: "no transaction is open here: there is nothing to end" };
  },
});
