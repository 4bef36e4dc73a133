import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";
import { settingOf } from "../state.ts";

/** A transaction goes on after it has closed a table. */
export const statementsUnderAccessExclusive: LintRule = lintRule({
  id: "statements-under-access-exclusive",
  area: "transactions",
  severity: "info",
  equivalents: ["eugene:E4"],
  summary: "A transaction goes on after it has closed a table.",
  why: "Locks are held until the transaction ends. Each further statement keeps the table closed for as long as it takes: one that reads or writes many rows turns a moment into minutes.",
  remedy:
    "Commit right after the statement that closes the table; put what takes long before it, or into another migration.",
  inFunctions: false,
  fails: [
    "BEGIN; ALTER TABLE task ADD COLUMN title text; SELECT count(*) FROM task; COMMIT",
    "ALTER TABLE task ADD COLUMN title text; UPDATE task SET title = ''",
  ],
  passes: [
    "BEGIN; ALTER TABLE task ADD COLUMN title text; COMMIT; SELECT count(*) FROM task",
    "CREATE TABLE task (id bigint); ALTER TABLE task ADD COLUMN a int; ALTER TABLE task ADD COLUMN b int",
    "ALTER TABLE task ADD COLUMN title text",
  ],
  *check(statement, state) {
    if (state.transaction === null || "TransactionStmt" in statement.node || settingOf(statement.node) !== null) return;
    const closed = state.held.filter(({ mode }) => mode === "ACCESS EXCLUSIVE");
    // A relation that is gone misses nobody as much as one that stays closed.
    const held = closed.find(({ by }) => !("DropStmt" in by.node)) ?? closed[0];
    if (held === undefined) return;
    const { scans, rewrites } = statement.effect;
    const writes = "UpdateStmt" in statement.node || "DeleteStmt" in statement.node || "CopyStmt" in statement.node;
    const reads = "SelectStmt" in statement.node && (statement.node.SelectStmt.fromClause ?? []).length > 0;
    const long = scans.length + rewrites.length > 0 || writes || reads;
    // One remark says it for the transaction, one warning for what takes long; the rest of that is named.
    const said = (state.before.at(-1)?.start ?? 0) > held.by.start;
    if (said && !long) return;
    yield {
      message: `${held.relation} is closed to reads and writes by an earlier statement of the transaction, and stays so while this runs`,
      relation: held.relation,
      ...(long && state.first("statements-under-access-exclusive") ? { severity: "warning" } : {}),
    };
  },
});
