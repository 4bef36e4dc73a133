import { describeLock, blockedBy } from "../../sql/effect/lock-words.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A table is locked by name. */
export const lockTable: LintRule = lintRule({
  id: "lock-table",
  area: "locks",
  severity: "warning",
  equivalents: [],
  summary: "A table is locked by name.",
  why: "LOCK TABLE holds its lock until the transaction ends, whatever the statements after it need: all of them run with the table closed.",
  remedy:
    "Let each statement take the lock it needs. Where the lock guards a swap of tables, keep the transaction to the renames alone.",
  inFunctions: false,
  fails: ["BEGIN; LOCK TABLE task IN ACCESS EXCLUSIVE MODE; COMMIT", "LOCK task"],
  passes: ["BEGIN; LOCK TABLE task IN ACCESS SHARE MODE; COMMIT"],
  *check(statement, state) {
    if (!("LockStmt" in statement.node)) return;
    for (const { relation, mode } of statement.effect.locks) {
      if (state.isNew(relation) || blockedBy(mode) === "nothing") continue;
      yield { message: `LOCK TABLE ${describeLock(mode)} on ${relation} until the transaction ends`, relation };
    }
  },
});
