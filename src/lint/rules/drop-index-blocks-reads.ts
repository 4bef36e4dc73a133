import { namePath } from "../../sql/effect/scene.ts";
import { ident } from "../../sql/identifier.ts";
import { inCaseOf } from "../rewrite.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** An index is dropped without CONCURRENTLY. */
export const dropIndexBlocksReads: LintRule = lintRule({
  id: "drop-index-blocks-reads",
  area: "locks",
  severity: "warning",
  equivalents: ["squawk:require-concurrent-index-deletion", "strong_migrations:remove_index", "atlas:PG102"],
  summary: "An index is dropped without CONCURRENTLY.",
  why: "DROP INDEX takes ACCESS EXCLUSIVE on the index's table. It is held for a moment only, but to get it the statement waits for every transaction that uses the table, and everybody who comes later waits behind it.",
  remedy: "DROP INDEX CONCURRENTLY, outside of a transaction. It takes one index at a time and no CASCADE.",
  inFunctions: false,
  fails: ["DROP INDEX task_title", "DROP INDEX IF EXISTS app.task_title, app.task_state"],
  passes: [
    "DROP INDEX CONCURRENTLY IF EXISTS task_title",
    "CREATE TABLE t (a int); CREATE INDEX i ON t (a); DROP INDEX i",
  ],
  *check(statement, state) {
    if (!("DropStmt" in statement.node)) return;
    const { removeType, concurrent, objects = [], behavior, missing_ok: missing } = statement.node.DropStmt;
    if (removeType !== "OBJECT_INDEX" || concurrent === true) return;
    const indexes = objects.map((object) => ("List" in object ? namePath(object.List.items) : []));
    const old = indexes.filter((path) => !state.isNew(state.relationOf(path)));
    if (old.length === 0) return;
    const words = inCaseOf(
      statement.sql,
      missing === true ? "DROP INDEX CONCURRENTLY IF EXISTS" : "DROP INDEX CONCURRENTLY",
    );
    const shown = old.map((path) => path.map(ident).join("."));
    const table = state.schema.tableOfIndex(state.relationOf(old[0] ?? []));
    const of = table === undefined ? "its table" : table;
    // Where the transaction holds the lock already, nobody waits for it once more.
    const isHeld = state.held.some(({ relation, mode }) => relation === table && mode === "ACCESS EXCLUSIVE");
    yield {
      ...(isHeld ? { severity: "info" } : {}),
      message: `dropping the index ${shown.join(", ")} waits for ACCESS EXCLUSIVE on ${of}, and reads and writes wait behind it`,
      relation: table ?? state.relationOf(old[0] ?? []),
      ...(behavior === "DROP_CASCADE" || old.length < indexes.length
        ? {}
        : {
            rewriting: {
              title: "drop it CONCURRENTLY",
              safety: "safe",
              statements: shown.map((name) => ({ sql: `${words} ${name}`, alone: true })),
            },
          }),
    };
  },
});
