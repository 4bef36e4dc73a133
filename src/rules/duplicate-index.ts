import type { ConstraintObject, IndexObject } from "../model/catalog.ts";
import type { CatalogView } from "../model/catalog-view.ts";
import type { Fix } from "../model/finding.ts";
import { ref, refKey } from "../model/ref.ts";
import { indexesByTable, indexesInUse, isMirrored, keysInWords, keyTexts } from "./index-keys.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

// Equal where one index can do all the reading of the other.
function readingOf(index: IndexObject): string {
  return JSON.stringify([index.method, keyTexts(index), index.include.toSorted(), index.predicate]);
}

// Whether `keeper` also refuses all that `other` refuses.
function enforces(keeper: IndexObject, other: IndexObject): boolean {
  if (!other.unique) return true;
  return keeper.unique && (keeper.nullsNotDistinct || !other.nullsNotDistinct);
}

// Who stays: what constraints, partitions and foreign keys hold on to, then the stricter, then the first by name.
function rank(index: IndexObject, view: CatalogView, inUse: (index: IndexObject) => boolean): number {
  const constraint = constraintOf(index, view);
  if (constraint?.type === "primary key") return 6;
  if (index.partitionOf !== null || inUse(index)) return 5;
  if (constraint !== undefined) return 4;
  if (index.unique) return index.nullsNotDistinct ? 3 : 2;
  return isMirrored(index) ? 0 : 1;
}

function constraintOf(index: IndexObject, view: CatalogView): ConstraintObject | undefined {
  if (index.constraint === null) return undefined;
  const found = view.get(refKey(ref("constraint", index.constraint, { schema: index.schema, table: index.table })));
  return found?.kind === "constraint" ? found : undefined;
}

function removal(index: IndexObject, keeper: IndexObject, view: CatalogView, inUse: boolean): readonly Fix[] {
  if (inUse || index.partitionOf !== null) return [];
  const constraint = constraintOf(index, view);
  if (constraint !== undefined) {
    // ON CONFLICT ON CONSTRAINT and error handlers know a constraint by its name.
    const title = `drop the constraint ${constraint.name}; ${keeper.name} refuses the same rows`;
    return [{ title, safety: "review", changes: [{ type: "drop", object: constraint }] }];
  }
  const same =
    isMirrored(index) === isMirrored(keeper) && JSON.stringify(index.options) === JSON.stringify(keeper.options);
  const title = `drop ${index.name}; ${keeper.name} does all it does`;
  return [{ title, safety: same ? "safe" : "review", changes: [{ type: "drop", object: index }] }];
}

/** An index that another one of the same table repeats, the same keys in the same order. */
export const duplicateIndex: Rule = rule({
  id: "duplicate-index",
  area: "index",
  severity: "warning",
  engines: ["postgres", "mysql", "mariadb", "sqlite"],
  equivalents: ["splinter:0009", "pghero:duplicate_indexes"],
  summary: "Two indexes of a table hold the same keys.",
  why: "The planner uses one of them; every INSERT, and every UPDATE that is not heap-only, writes both, VACUUM cleans both, and both compete for the cache.",
  remedy: "Drop the one that no constraint stands on; use DROP INDEX CONCURRENTLY where the table is in use.",
  fix: "safe",
  fails: [
    "CREATE TABLE task (id bigint PRIMARY KEY, title text); CREATE INDEX task_title ON task (title); CREATE INDEX task_title_again ON task (title);",
    "CREATE TABLE task (id bigint PRIMARY KEY); CREATE INDEX task_id ON task (id);",
    "CREATE TABLE task (id bigint PRIMARY KEY, due date); CREATE INDEX task_due ON task (due); CREATE INDEX task_due_down ON task (due DESC);",
    'CREATE TABLE "Odd; --" (a text); CREATE INDEX "one """ ON "Odd; --" (lower(a)) WHERE a <> \'\'; CREATE INDEX two ON "Odd; --" (lower(a)) WHERE a <> \'\';',
    "CREATE TABLE task (id bigint PRIMARY KEY); ALTER TABLE task ADD UNIQUE (id); CREATE TABLE note (task_id bigint REFERENCES task);",
    "CREATE TABLE task (title text); CREATE MATERIALIZED VIEW titles AS SELECT title FROM task; CREATE INDEX a ON titles (title); CREATE INDEX b ON titles (title);",
  ],
  passes: [
    "CREATE TABLE task (id bigint PRIMARY KEY, title text); CREATE INDEX task_title ON task (title); CREATE INDEX task_title_like ON task (title text_pattern_ops);",
    "CREATE TABLE task (a integer, b integer); CREATE INDEX one ON task (a, b); CREATE INDEX two ON task (b, a);",
    "CREATE TABLE task (a integer, b integer); CREATE INDEX one ON task (a, b); CREATE INDEX two ON task (a, b DESC);",
    "CREATE TABLE task (a integer, done boolean); CREATE INDEX one ON task (a); CREATE INDEX two ON task (a) WHERE NOT done;",
    "CREATE TABLE task (a integer, b integer); CREATE UNIQUE INDEX one ON task (a); CREATE INDEX two ON task (a) INCLUDE (b);",
    "CREATE TABLE task (a integer); CREATE INDEX one ON task (a); CREATE INDEX two ON task USING hash (a);",
    "CREATE TABLE event (id bigint, at date) PARTITION BY RANGE (at); CREATE TABLE event_1 PARTITION OF event DEFAULT; CREATE INDEX event_at ON event (at);",
  ],
  *check({ view }) {
    const inUse = indexesInUse(view);
    for (const indexes of indexesByTable(view)) {
      const keepers = new Map<string, IndexObject>();
      const ranked = indexes
        .filter((index) => index.valid)
        .map((index) => ({ index, rank: rank(index, view, inUse) }))
        .toSorted((a, b) => b.rank - a.rank || (a.index.name < b.index.name ? -1 : 1));
      for (const { index } of ranked) {
        const reading = readingOf(index);
        const keeper = keepers.get(reading);
        if (keeper === undefined) {
          keepers.set(reading, index);
          continue;
        }
        // Both follow their parents, where the same is said.
        if (index.partitionOf !== null && keeper.partitionOf !== null) continue;
        if (!enforces(keeper, index)) continue;
        yield {
          ref: index,
          message: `index ${index.name} repeats ${keeper.name}: both hold ${keysInWords(keeper)} of ${index.table ?? ""}`,
          fixes: removal(index, keeper, view, inUse(index)),
        };
      }
    }
  },
});
