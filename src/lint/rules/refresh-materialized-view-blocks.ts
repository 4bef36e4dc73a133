import { written } from "../commands.ts";
import { insertedAfter } from "../rewrite.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A materialised view is refreshed without CONCURRENTLY. */
export const refreshMaterializedViewBlocks: LintRule = lintRule({
  id: "refresh-materialized-view-blocks",
  area: "locks",
  severity: "warning",
  equivalents: [],
  summary: "A materialised view is refreshed without CONCURRENTLY.",
  why: "REFRESH holds ACCESS EXCLUSIVE while its whole query runs: nobody reads the view until it is done.",
  remedy: "REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index over all rows of the view.",
  growsWithTable: true,
  inFunctions: false,
  fails: ["REFRESH MATERIALIZED VIEW totals"],
  passes: ["REFRESH MATERIALIZED VIEW CONCURRENTLY totals", "REFRESH MATERIALIZED VIEW totals WITH NO DATA"],
  *check(statement, state) {
    if (!("RefreshMatViewStmt" in statement.node)) return;
    const { relation, concurrent, skipData } = statement.node.RefreshMatViewStmt;
    if (concurrent === true || skipData === true || state.isNew(state.relation(relation))) return;
    const sql = insertedAfter(statement.sql, /^refresh\s+materialized\s+view/i, "CONCURRENTLY");
    yield {
      message: `refreshing ${written(relation)} closes it to readers while its query runs`,
      relation: state.relation(relation),
      ...(sql === null
        ? {}
        : {
            rewriting: {
              title: "refresh it CONCURRENTLY (it must have a unique index)",
              safety: "review",
              statements: [{ sql }],
            },
          }),
    };
  },
});
