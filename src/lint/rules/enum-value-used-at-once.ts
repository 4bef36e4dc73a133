import { nodesOf } from "../../sql/walk.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A new value of an enumerated type is used in the transaction that added it. */
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
    if (state.newEnumValues.length === 0) return;
    const used = new Set(
      [...nodesOf(statement.node)].flatMap(({ type, node }) =>
        type === "A_Const" ? [(node as { sval?: { sval?: string } }).sval?.sval ?? ""] : [],
      ),
    );
    for (const value of state.newEnumValues)
      if (used.has(value))
        yield {
          message: `'${value}' was added in this transaction, and the server refuses to use it before it is committed`,
        };
  },
});
