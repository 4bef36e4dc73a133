import { blockedBy } from "../../sql/effect/lock-words.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A table is written anew while the transaction keeps another one closed. */
export const rewriteUnderAnotherLock: LintRule = lintRule({
  id: "rewrite-under-another-lock",
  area: "transactions",
  severity: "error",
  equivalents: ["eugene:E10"],
  summary: "A table is written anew while the transaction keeps another one closed.",
  why: "The lock on the first table is held until the transaction ends. The second statement takes as long as its table is large, and both are closed to everybody meanwhile.",
  remedy: "Put the two into transactions of their own.",
  growsWithTable: true,
  inFunctions: false,
  fails: ["ALTER TABLE author ADD COLUMN meta jsonb; ALTER TABLE price ALTER amount TYPE bigint"],
  passes: [
    "ALTER TABLE price ALTER amount TYPE bigint",
    "BEGIN; ALTER TABLE author ADD COLUMN meta jsonb; COMMIT; ALTER TABLE price ALTER amount TYPE bigint",
  ],
  *check(statement, state) {
    if (state.transaction === null) return;
    for (const rewritten of statement.effect.rewrites) {
      const held = state.held.find(
        ({ relation, mode }) => relation !== rewritten && blockedBy(mode) === "reads and writes",
      );
      if (held === undefined) continue;
      // What comes after it in the same transaction is the same mistake.
      yield {
        message: `writing ${rewritten} anew keeps ${held.relation} closed, too, until the transaction ends`,
        relation: rewritten,
        ...(state.first("rewrite-under-another-lock") ? {} : { severity: "info" }),
      };
      return;
    }
  },
});
