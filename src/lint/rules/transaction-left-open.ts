import { inCaseOf } from "../rewrite.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A transaction is begun and never committed. */
export const transactionLeftOpen: LintRule = lintRule({
  id: "transaction-left-open",
  area: "transactions",
  severity: "error",
  equivalents: ["squawk:ban-uncommitted-transaction"],
  summary: "A transaction is begun and never committed.",
  why: "At the end of the session the server takes it back: the migration seems to have worked, and nothing has changed.",
  remedy: "End the file with COMMIT.",
  inFunctions: false,
  fails: ["BEGIN; CREATE TABLE task (id bigint)"],
  passes: [
    "BEGIN; CREATE TABLE task (id bigint); COMMIT",
    "CREATE TABLE task (id bigint)",
    "BEGIN; SELECT 1; ROLLBACK",
  ],
  *atEnd(state, last) {
    // What does not parse may hold the end: a parenthesis that is not closed takes the COMMIT with it.
    if (!state.isWhole) return;
    if (state.transaction !== "explicit") return;
    const begin = state.before.findLast(
      ({ node }) => "TransactionStmt" in node && /BEGIN|START/.test(node.TransactionStmt.kind ?? ""),
    );
    yield {
      message: "the transaction is never committed: whatever it did is taken back when the session ends",
      at: (begin ?? last).start,
      rewriting: {
        title: "commit at the end",
        safety: "safe",
        statements: [{ sql: last.sql }, { sql: inCaseOf(last.sql, "COMMIT") }],
      },
    };
  },
});
