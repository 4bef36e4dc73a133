import { nodesOf } from "../../sql/walk.ts";
import { names } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";
import type { LintState } from "../state.ts";

export const enumValueUsedAtOnce: LintRule = lintRule({
  id: "enum-value-used-at-once",
  area: "transactions",
  severity: "error",
  equivalents: [],
  summary: "A new value of an enumerated type is used in the transaction that added it.",
  why: 'The server refuses it ("unsafe use of new value", 55P04) until the value is committed.',
  remedy: "Commit after ADD VALUE, or use the value in a later migration.",
  inFunctions: false,
  fails: ["ALTER TYPE state ADD VALUE 'open'; UPDATE task SET state = 'open' WHERE id = 1"],
  passes: [
    "BEGIN; ALTER TYPE state ADD VALUE 'open'; COMMIT; UPDATE task SET state = 'open' WHERE id = 1",
    "CREATE TYPE state AS ENUM ('a'); ALTER TYPE state ADD VALUE 'open'; UPDATE task SET state = 'open' WHERE id = 1",
  ],
  *check(statement, state) {
    if (state.transaction === null || "AlterEnumStmt" in statement.node || "TransactionStmt" in statement.node) return;
    const made = new Set(
      state.before.flatMap(({ node }) =>
        "CreateEnumStmt" in node ? [names(node.CreateEnumStmt.typeName).join(".")] : [],
      ),
    );
    for (const { node } of state.before.filter((one) => one.start > lastBegin(state))) {
      if (
        !("AlterEnumStmt" in node) ||
        node.AlterEnumStmt.oldVal !== undefined ||
        node.AlterEnumStmt.newVal === undefined
      )
        continue;
      if (made.has(names(node.AlterEnumStmt.typeName).join("."))) continue;
      const value = node.AlterEnumStmt.newVal;
      const used = [...nodesOf(statement.node)].some(
        ({ type, node: inner }) => type === "A_Const" && (inner as { sval?: { sval?: string } }).sval?.sval === value,
      );
      if (used)
        yield {
          message: `'${value}' was added in this transaction, and the server refuses to use it before it is committed`,
        };
    }
  },
});

function lastBegin(state: LintState): number {
  return state.before.findLast(({ node }) => "TransactionStmt" in node)?.start ?? -1;
}
