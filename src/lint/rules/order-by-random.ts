import { namePath } from "../../sql/effect/scene.ts";
import type { Node } from "../../sql/nodes.ts";
import { nodesOf } from "../../sql/walk.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** Rows are put in a random order. */
export const orderByRandom: LintRule = lintRule({
  id: "order-by-random",
  area: "rows",
  severity: "warning",
  equivalents: ["bytebase:STATEMENT_INSERT_DISALLOW_ORDER_BY_RAND"],
  summary: "Rows are put in a random order.",
  why: "Every row is read and sorted by a number drawn for it, and each run gives another result: what a migration did cannot be told afterwards.",
  remedy: "Order by a column, or take a sample with TABLESAMPLE.",
  fails: ["INSERT INTO sample (id) SELECT id FROM task ORDER BY random()"],
  passes: ["INSERT INTO sample (id) SELECT id FROM task ORDER BY id"],
  *check(statement) {
    for (const { type, node } of nodesOf(statement.node)) {
      if (type !== "SortBy") continue;
      const sorted = (node as { node?: Node }).node;
      if (sorted === undefined || !("FuncCall" in sorted) || namePath(sorted.FuncCall.funcname).at(-1) !== "random")
        continue;
      yield { message: "ORDER BY random() reads and sorts every row, and gives another result each time" };
    }
  },
});
