import { relationText } from "../../sql/effect/known-schema.ts";
import type { IndexStmt } from "../../sql/nodes.ts";
import { written } from "../commands.ts";
import { insertedAfter } from "../rewrite.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";
import type { LintState } from "../state.ts";

/** An index is built on a table in use without CONCURRENTLY. */
export const createIndexBlocksWrites: LintRule = lintRule({
  id: "create-index-blocks-writes",
  area: "locks",
  severity: "error",
  equivalents: [
    "squawk:require-concurrent-index-creation",
    "eugene:E6",
    "strong_migrations:add_index",
    "strong_migrations:add_reference",
    "atlas:PG101",
    "pg-schema-diff:ACQUIRES_SHARE_LOCK",
    "pg-schema-diff:INDEX_BUILD",
    "bytebase:INDEX_CREATE_CONCURRENTLY",
  ],
  summary: "An index is built on a table in use without CONCURRENTLY.",
  why: "CREATE INDEX holds a SHARE lock on the table while it reads every row and sorts the keys. All that time nobody can insert, update or delete; on a large table that is minutes. CONCURRENTLY reads the table twice and lets writers through.",
  remedy:
    "CREATE INDEX CONCURRENTLY, outside of a transaction. If it fails it leaves an invalid index behind: drop that (DROP INDEX CONCURRENTLY) before the next try.",
  growsWithTable: true,
  inFunctions: false,
  fails: ["CREATE INDEX task_title ON task (title)", "CREATE UNIQUE INDEX ON app.task (title)"],
  passes: [
    "CREATE INDEX CONCURRENTLY task_title ON task (title)",
    "CREATE TABLE task (id bigint PRIMARY KEY, title text); CREATE INDEX task_title ON task (title)",
    `-- 1.sql
CREATE INDEX event_at ON ONLY app.event (at);
-- 2.sql
CREATE INDEX CONCURRENTLY event_2026_at ON app.event_2026 (at);
-- 3.sql
ALTER INDEX app.event_at ATTACH PARTITION app.event_2026_at;`,
    `CREATE TABLE event_2026 PARTITION OF event FOR VALUES IN (2026);
CREATE INDEX ON ONLY event (at);`,
  ],
  *check(statement, state) {
    if (!("IndexStmt" in statement.node) || statement.node.IndexStmt.concurrent === true) return;
    const { relation, if_not_exists: ifNotExists, idxname } = statement.node.IndexStmt;
    const table = state.relation(relation);
    if (state.isNew(table)) return;
    const known = state.schema.table(table);
    // On a partitioned table it must be built on each part first, and ON ONLY takes no time.
    const only = relation?.inh !== true;
    if (only && (known?.partitioned === true || isComposedLater(statement.node.IndexStmt, state))) return;
    const sql = insertedAfter(statement.sql, /^create\s+(?:unique\s+)?index/i, "CONCURRENTLY");
    const possible =
      sql !== null && !only && known?.partitioned !== true && (ifNotExists !== true || idxname !== undefined);
    const unless = only ? "; unless it is partitioned, which no file here shows" : "";
    yield {
      message: `building an index on ${written(relation)} without CONCURRENTLY blocks its writes until the index is built${unless}`,
      relation: table,
      ...(possible
        ? { rewriting: { title: "build it CONCURRENTLY", safety: "safe", statements: [{ sql, alone: true }] } }
        : {}),
    };
  },
});

// The name of an index is in the schema of its table.
function isComposedLater({ relation, idxname }: IndexStmt, state: LintState): boolean {
  return idxname !== undefined && state.isComposed(relationText(relation?.schemaname ?? "public", idxname));
}
