import { blockedBy } from "../../sql/effect/lock-words.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";
import type { LintStatement } from "../statement.ts";

/** Nothing limits how long a blocking statement runs. */
export const noStatementTimeout: LintRule = lintRule({
  id: "no-statement-timeout",
  area: "transactions",
  severity: "info",
  equivalents: ["squawk:require-statement-timeout", "squawk:require-timeout-settings"],
  summary: "Nothing limits how long a blocking statement runs.",
  why: "lock_timeout limits the wait for the lock, not the time it is then held: a statement that turns out to read a large table keeps it closed for as long as that takes.",
  remedy:
    "SET statement_timeout to what the application bears. CREATE INDEX CONCURRENTLY, VALIDATE CONSTRAINT and backfills block nobody and may take longer.",
  inFunctions: false,
  fails: ["SET lock_timeout = '2s'; ALTER TABLE task ADD COLUMN title text"],
  passes: [
    "SET lock_timeout = '2s'; SET statement_timeout = '5s'; ALTER TABLE task ADD COLUMN title text",
    "CREATE TABLE task (id bigint)",
  ],
  *check(statement, state) {
    if (state.hasStatementTimeout) return;
    const blocks = (one: LintStatement): boolean =>
      one.effect.locks.some(({ relation, mode }) => /writes/.test(blockedBy(mode)) && !state.isNew(relation));
    if (!blocks(statement) || !state.first("no-statement-timeout")) return;
    yield { message: "without statement_timeout nothing limits how long this may keep the table closed" };
  },
});
