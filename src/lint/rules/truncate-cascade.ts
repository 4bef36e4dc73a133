import { written } from "../commands.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** TRUNCATE … CASCADE empties tables that nobody named. */
export const truncateCascade: LintRule = lintRule({
  id: "truncate-cascade",
  area: "data loss",
  severity: "error",
  equivalents: ["squawk:ban-truncate-cascade", "bytebase:STATEMENT_DISALLOW_TRUNCATE_TABLE_CASCADE"],
  summary: "TRUNCATE … CASCADE empties tables that nobody named.",
  why: "Every table with a foreign key to this one is emptied, too, and every table with one to those. Unlike DELETE it asks no ON DELETE rule.",
  remedy: "Name all tables in one TRUNCATE without CASCADE: the server refuses where one was forgotten.",
  inFunctions: false,
  fails: ["TRUNCATE task CASCADE"],
  passes: ["TRUNCATE task, comment"],
  *check(statement, state) {
    if (!("TruncateStmt" in statement.node) || statement.node.TruncateStmt.behavior !== "DROP_CASCADE") return;
    for (const node of statement.node.TruncateStmt.relations ?? []) {
      if (!("RangeVar" in node)) continue;
      const table = state.relation(node.RangeVar);
      const others = state.schema.referencing(table);
      const which = others.length === 0 ? "every table that refers to it" : others.join(", ");
      yield { message: `emptying ${written(node.RangeVar)} empties ${which}, too`, relation: table };
    }
  },
});
