import { blockedBy } from "../../sql/effect/lock-words.ts";
import { inCaseOf } from "../rewrite.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";
import type { LintState } from "../state.ts";
import type { LintStatement } from "../statement.ts";

/** A statement that blocks others waits for its lock without limit. */
export const noLockTimeout: LintRule = lintRule({
  id: "no-lock-timeout",
  area: "transactions",
  severity: "warning",
  equivalents: ["eugene:E9", "squawk:require-lock-timeout", "squawk:require-timeout-settings"],
  summary: "A statement that blocks others waits for its lock without limit.",
  why: "Even a change that takes a moment must first get its lock. It waits for the longest transaction that uses the table, and everybody who comes later waits behind it: the table is closed for as long as that transaction lasts.",
  remedy:
    "SET lock_timeout = '2s' (SET LOCAL inside a transaction) before the first such statement, and try again when it runs out.",
  inFunctions: false,
  fails: ["ALTER TABLE task ADD COLUMN title text", "SET lock_timeout = 0; ALTER TABLE task ADD COLUMN title text"],
  passes: [
    "SET lock_timeout = '2s'; ALTER TABLE task ADD COLUMN title text",
    "BEGIN; SET LOCAL lock_timeout = '2s'; ALTER TABLE task ADD COLUMN title text; COMMIT",
    "CREATE TABLE task (id bigint)",
    "CREATE INDEX CONCURRENTLY i ON task (title)",
    "SELECT set_config('lock_timeout', '2s', true); ALTER TABLE task ADD COLUMN title text",
    "-- dbwright:step 1 phase=expand lock-timeout=75ms\nALTER TABLE task ADD COLUMN title text",
  ],
  *check(statement, state) {
    if (state.hasLockTimeout || isLimited(statement)) return;
    const lock = blocking(statement.effect.locks, state);
    if (lock === undefined || !state.first("no-lock-timeout")) return;
    const local = state.transaction === null ? "SET lock_timeout = '2s'" : "SET LOCAL lock_timeout = '2s'";
    yield {
      message: `without lock_timeout this waits for ${lock.mode} on ${lock.relation} as long as anybody uses it, and all others wait behind it`,
      relation: lock.relation,
      rewriting: {
        title: "limit the wait",
        safety: "safe",
        statements: [
          {
            sql:
              inCaseOf(statement.sql, "SET") === "set"
                ? local.replace(/^SET(?: LOCAL)?/, (word) => word.toLowerCase())
                : local,
          },
          { sql: statement.sql },
        ],
      },
    };
  },
});

// By a directive of `migrate up`, which runs the step with that limit.
const isLimited = ({ script, from, start }: LintStatement): boolean =>
  /^[ \t]*--[ \t]*dbwright:step\b.*[ \t]lock-timeout=/m.test(script.text.slice(from, start));

type Locks = LintStatement["effect"]["locks"];

function blocking(locks: Locks, state: LintState): Locks[number] | undefined {
  return locks.find(({ relation, mode }) => {
    const blocks = blockedBy(mode);
    return (blocks === "writes" || blocks === "reads and writes") && !state.isNew(relation);
  });
}
