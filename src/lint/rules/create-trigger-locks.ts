import { ident } from "../../sql/identifier.ts";
import { written } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A trigger is made on a table in use. */
export const createTriggerLocks: LintRule = lintRule({
  id: "create-trigger-locks",
  area: "locks",
  severity: "info",
  equivalents: ["atlas:PG308", "pg-schema-diff:ACQUIRES_SHARE_ROW_EXCLUSIVE_LOCK"],
  summary: "A trigger is made on a table in use.",
  why: "CREATE TRIGGER takes SHARE ROW EXCLUSIVE: for a moment nobody writes, and it waits for every transaction that has written. From then on each write pays for the trigger.",
  remedy: "Set a lock_timeout and try again when it runs out; keep it out of transactions that take long.",
  inFunctions: false,
  fails: ["CREATE TRIGGER watch AFTER UPDATE ON task FOR EACH ROW EXECUTE FUNCTION note()"],
  passes: [
    "CREATE TABLE task (id bigint); CREATE TRIGGER watch AFTER UPDATE ON task FOR EACH ROW EXECUTE FUNCTION note()",
  ],
  *check(statement, state) {
    if (!("CreateTrigStmt" in statement.node)) return;
    const { relation, trigname } = statement.node.CreateTrigStmt;
    if (state.isNew(state.relation(relation))) return;
    yield {
      message: `making the trigger ${ident(trigname ?? "")} blocks writes to ${written(relation)} for a moment, once every writer before it has ended`,
      relation: state.relation(relation),
    };
  },
});
