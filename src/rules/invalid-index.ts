import type { IndexObject } from "../model/catalog.ts";
import type { Fix } from "../model/finding.ts";
import { keysInWords } from "./index-keys.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

function rebuild(index: IndexObject): readonly Fix[] {
  if (index.constraint !== null || index.partitionOf !== null) return [];
  const title = `drop ${index.name} and build it again; a unique one fails again while rows repeat`;
  const changes = [
    { type: "drop", object: index },
    { type: "create", object: { ...index, valid: true } },
  ] as const;
  return [{ title, safety: "review", changes }];
}

/** An index the server maintains and never reads: what CREATE INDEX CONCURRENTLY leaves when it fails. */
export const invalidIndex: Rule = rule({
  id: "invalid-index",
  area: "index",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["pghero:invalid_indexes"],
  summary: "An index is marked invalid.",
  why: "CREATE INDEX CONCURRENTLY or REINDEX CONCURRENTLY failed half way. No query may use the index, yet every write maintains it; a unique one does not keep old rows from repeating. On a partitioned table it means that some partition has no such index, and a unique one does not hold across the partitions.",
  remedy:
    "Unless it is being built right now (pg_stat_progress_create_index), drop it and build it again, or REINDEX INDEX CONCURRENTLY. On a partitioned table, build the index on each partition and attach it.",
  fails: [
    "CREATE TABLE event (id bigint, at date) PARTITION BY RANGE (at); CREATE TABLE event_1 PARTITION OF event DEFAULT; CREATE INDEX event_at ON ONLY event (at);",
    'CREATE TABLE "Odd; --" (a text) PARTITION BY LIST (a); CREATE TABLE part PARTITION OF "Odd; --" DEFAULT; CREATE INDEX "its ""index" ON ONLY "Odd; --" (a);',
  ],
  passes: [
    "CREATE TABLE task (id bigint PRIMARY KEY, title text); CREATE INDEX task_title ON task (title);",
    "CREATE TABLE event (id bigint, at date) PARTITION BY RANGE (at); CREATE TABLE event_1 PARTITION OF event DEFAULT; CREATE INDEX event_at ON event (at);",
  ],
  *check({ view }) {
    for (const index of view.of("index")) {
      if (index.valid) continue;
      const where = `${index.name} ${keysInWords(index)} of ${index.table ?? ""}`;
      const parted = view.table(index.schema, index.table ?? "")?.table.partitionBy ?? null;
      if (parted !== null) {
        yield { ref: index, message: `index ${where} is invalid: not every partition has its part of it` };
      } else {
        yield {
          ref: index,
          message: `index ${where} is invalid: it was not built to its end, so it costs every write and serves no query`,
          fixes: rebuild(index),
        };
      }
    }
  },
});
