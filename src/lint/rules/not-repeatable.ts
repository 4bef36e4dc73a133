import { aloneBecause } from "../../sql/effect/transactional.ts";
import { insertedAfter } from "../rewrite.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";
import type { LintState } from "../state.ts";
import type { LintStatement } from "../statement.ts";

/** A statement outside of a transaction fails when it is run again. */
export const notRepeatable: LintRule = lintRule({
  id: "not-repeatable",
  area: "transactions",
  severity: "info",
  equivalents: ["squawk:prefer-robust-stmts"],
  summary: "A statement outside of a transaction fails when it is run again.",
  why: "Outside of a transaction each statement stays when a later one fails. The next try begins at the top, and stops at what is already there.",
  remedy:
    "IF NOT EXISTS and IF EXISTS, or a transaction around what may run in one. An index that failed while it was built CONCURRENTLY is there and invalid: IF NOT EXISTS passes it over, so drop it first.",
  inFunctions: false,
  fails: [
    "CREATE INDEX CONCURRENTLY i ON task (title); SELECT 1",
    "CREATE TABLE task (id bigint); CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON other (id)",
    "DROP INDEX CONCURRENTLY i; ALTER TABLE task ADD COLUMN a int",
  ],
  passes: [
    "BEGIN; CREATE TABLE task (id bigint); COMMIT",
    "CREATE TABLE task (id bigint)",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON task (title); DROP INDEX CONCURRENTLY IF EXISTS j",
  ],
  *check(statement, state) {
    // A file that says nothing of a transaction may be run without one: the first such statement stands for all.
    const guessed = state.transaction === "assumed" && !state.isTransactionSaid;
    if ((state.transaction !== null && !guessed) || statement.body !== null) return;
    if (guessed && statement.alone) return;
    const found = unrepeatable(statement, state);
    if (found === null || (guessed && !state.first("not-repeatable"))) return;
    // Where nobody said that there is no transaction, the file is left as it is.
    const sql = found.lead === null || guessed ? null : insertedAfter(statement.sql, found.lead, found.words);
    yield {
      message: `${found.what} fails when the file is run again after a failure further down`,
      ...(sql === null
        ? {}
        : {
            rewriting: {
              title: found.words,
              safety: "safe",
              statements: [{ sql, ...(aloneBecause(statement.node, state.major) === null ? {} : { alone: true }) }],
            },
          }),
    };
  },
});

interface Unrepeatable {
  readonly what: string;
  readonly lead: RegExp | null;
  readonly words: string;
}

function unrepeatable({ node, sql }: LintStatement, state: LintState): Unrepeatable | null {
  const missing = "IF NOT EXISTS";
  if (
    "CreateStmt" in node &&
    node.CreateStmt.if_not_exists !== true &&
    node.CreateStmt.relation?.relpersistence !== "t"
  )
    return { what: "CREATE TABLE", lead: /^create\s+(?:unlogged\s+)?table/i, words: missing };
  if ("IndexStmt" in node && node.IndexStmt.if_not_exists !== true && node.IndexStmt.idxname !== undefined)
    return {
      what: "CREATE INDEX",
      lead: /^create\s+(?:unique\s+)?index(?:\s+concurrently)?/i,
      words: missing,
    };
  if ("DropStmt" in node && node.DropStmt.missing_ok !== true) {
    const lead = /^drop\s+(?:index(?:\s+concurrently)?|table|view|materialized\s+view|type|sequence|schema|function)/i;
    return {
      what: /^drop\s+\w+/i.exec(sql)?.[0].toUpperCase() ?? "DROP",
      lead: lead.test(sql) ? lead : null,
      words: "IF EXISTS",
    };
  }
  if (!("AlterTableStmt" in node)) return null;
  const { cmds = [], relation } = node.AlterTableStmt;
  const bare = cmds
    .flatMap((cmd) => ("AlterTableCmd" in cmd ? [cmd.AlterTableCmd] : []))
    .find(
      ({ subtype, missing_ok: ok }) =>
        ok !== true && /^AT_(?:AddColumn|DropColumn|DropConstraint|AddConstraint)$/.test(subtype ?? ""),
    );
  // A constraint that was dropped right before with IF EXISTS can be added again.
  const dropped = state.before.at(-1)?.node;
  const replaces =
    bare?.subtype === "AT_AddConstraint" &&
    dropped !== undefined &&
    "AlterTableStmt" in dropped &&
    (dropped.AlterTableStmt.cmds ?? []).some(
      (cmd) =>
        "AlterTableCmd" in cmd &&
        cmd.AlterTableCmd.subtype === "AT_DropConstraint" &&
        cmd.AlterTableCmd.missing_ok === true,
    );
  if (bare === undefined || replaces || state.isNew(state.relation(relation))) return null;
  return { what: "this ALTER TABLE", lead: null, words: "" };
}
