import { aloneBecause } from "../../sql/effect/transactional.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A statement that may not run in a transaction stands in one. */
export const concurrentlyInTransaction: LintRule = lintRule({
  id: "concurrently-in-transaction",
  area: "transactions",
  severity: "error",
  equivalents: [
    "squawk:ban-concurrent-index-creation-in-transaction",
    "atlas:PG103",
    "atlas:TX101",
    "bytebase:STATEMENT_NON_TRANSACTIONAL",
  ],
  summary: "A statement that may not run in a transaction stands in one.",
  why: "CREATE INDEX CONCURRENTLY, VACUUM and their like work in several transactions of their own. Inside a transaction the server refuses them, and the migration fails.",
  remedy: "Put the statement outside of the transaction, or into a file of its own that the tool does not wrap.",
  inFunctions: false,
  fails: [
    "BEGIN; CREATE INDEX CONCURRENTLY i ON task (title); COMMIT",
    { sql: "CREATE INDEX CONCURRENTLY i ON task (title); SELECT 1", assumeInTransaction: true },
    "DO $$ BEGIN DROP INDEX CONCURRENTLY i; END $$",
  ],
  passes: [
    "CREATE INDEX CONCURRENTLY i ON task (title)",
    "BEGIN; ALTER TABLE task ADD COLUMN a int; COMMIT; CREATE INDEX CONCURRENTLY i ON task (title)",
  ],
  *check(statement, state) {
    const what = aloneBecause(statement.node, state.major);
    if (what === null || (state.transaction === null && statement.body === null)) return;
    const where =
      statement.body !== null
        ? "a body, which always runs in one"
        : state.transaction === "explicit"
          ? "one that BEGIN opened"
          : "the one the file is run in";
    yield {
      message: `${what} may not run in a transaction, and stands in ${where}`,
      ...(statement.body === null
        ? {
            rewriting: {
              title: "take it out of the transaction",
              safety: "safe",
              statements: [{ sql: statement.sql, alone: true }],
            },
          }
        : {}),
    };
  },
});
