import { optionIsOn } from "../../sql/effect/indexes.ts";
import { ident } from "../../sql/identifier.ts";
import { written } from "../commands.ts";
import { insertedAfter } from "../rewrite.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** Indexes are rebuilt without CONCURRENTLY. */
export const reindexBlocksWrites: LintRule = lintRule({
  id: "reindex-blocks-writes",
  area: "locks",
  severity: "error",
  equivalents: ["squawk:require-concurrent-reindex"],
  summary: "Indexes are rebuilt without CONCURRENTLY.",
  why: "REINDEX keeps writers off the table while it builds, and takes ACCESS EXCLUSIVE on each index: queries that would use it wait, too, and even planning them does.",
  remedy: "REINDEX … CONCURRENTLY (PostgreSQL 12 and later), outside of a transaction.",
  growsWithTable: true,
  inFunctions: false,
  fails: ["REINDEX INDEX task_title", "REINDEX TABLE task", "REINDEX SCHEMA public", "REINDEX (VERBOSE) TABLE task"],
  passes: ["REINDEX INDEX CONCURRENTLY task_title", "REINDEX (CONCURRENTLY) TABLE task"],
  *check(statement, state) {
    if (!("ReindexStmt" in statement.node)) return;
    const { params, relation, kind, name } = statement.node.ReindexStmt;
    if (optionIsOn(params, "concurrently") || kind === "REINDEX_OBJECT_SYSTEM") return;
    const named = state.relation(relation);
    if (relation !== undefined && state.isNew(named)) return;
    const table = kind === "REINDEX_OBJECT_INDEX" ? state.schema.tableOfIndex(named) : named;
    const sql = insertedAfter(
      statement.sql,
      /^reindex\s+(?:\([^)]*\)\s*)?(?:index|table|schema|database)/i,
      "CONCURRENTLY",
    );
    yield {
      message: `rebuilding ${relation === undefined ? `the indexes of ${ident(name ?? "")}` : written(relation)} blocks writes to the table, and reads that would use the index`,
      ...(relation === undefined ? {} : { relation: table ?? named }),
      ...(sql === null || state.major < 12
        ? {}
        : { rewriting: { title: "rebuild CONCURRENTLY", safety: "safe", statements: [{ sql, alone: true }] } }),
    };
  },
});
