import type { IndexObject } from "../model/catalog.ts";
import { indexesByTable, indexesInUse, keysInWords, keyTexts } from "./index-keys.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

// Beyond one further column the longer index is so much larger that the shorter may earn its place.
const FURTHER_KEYS_MAX = 1;

// Only a plain index is given up for a longer one: what is unique or partial serves a purpose of its own.
function mayGo(index: IndexObject): boolean {
  return (
    index.method === "btree" &&
    !index.unique &&
    index.constraint === null &&
    index.partitionOf === null &&
    index.valid &&
    Object.keys(index.options).length === 0
  );
}

interface Longer {
  readonly index: IndexObject;
  readonly columns: ReadonlySet<string>;
}

const leading = (index: IndexObject, keys: readonly string[]): string => JSON.stringify([keys, index.predicate]);

/** All leading parts of the B-trees of a table, each with the shortest index that starts so. */
function longerByPrefix(indexes: readonly IndexObject[]): ReadonlyMap<string, readonly Longer[]> {
  const found = new Map<string, Longer[]>();
  const valid = indexes.filter((index) => index.valid && index.method === "btree");
  for (const index of valid.toSorted((a, b) => a.keys.length - b.keys.length || (a.name < b.name ? -1 : 1))) {
    const keys = keyTexts(index);
    const columns = new Set([...index.keys.flatMap(({ column }) => column ?? []), ...index.include]);
    for (let length = 1; length < keys.length; length++) {
      const key = leading(index, keys.slice(0, length));
      const list = found.get(key);
      if (list === undefined) found.set(key, [{ index, columns }]);
      else list.push({ index, columns });
    }
  }
  return found;
}

/** A plain B-tree whose keys are the first keys of another one. */
export const redundantPrefixIndex: Rule = rule({
  id: "redundant-prefix-index",
  area: "index",
  severity: "warning",
  engines: ["postgres", "mysql", "mariadb", "sqlite"],
  equivalents: ["pghero:duplicate_indexes"],
  summary: "An index holds only the first keys of another index.",
  why: "A B-tree on (a, b) finds rows by a as well as one on (a) does, so the shorter one is written by every INSERT, and by every UPDATE that is not heap-only, for little: it is smaller, which shows only where it is read very often.",
  remedy:
    "Drop the shorter index after a look at how often each is read; use DROP INDEX CONCURRENTLY where the table is in use. Keep it where the further keys are wide, or change so often that they spoil heap-only updates.",
  fix: "review",
  fails: [
    "CREATE TABLE task (owner_id bigint, due date); CREATE INDEX task_owner ON task (owner_id); CREATE INDEX task_owner_due ON task (owner_id, due);",
    "CREATE TABLE member (team_id bigint, person_id bigint, PRIMARY KEY (team_id, person_id)); CREATE INDEX member_team ON member (team_id);",
    'CREATE TABLE "Odd; --" (a text, b text, c text); CREATE INDEX one ON "Odd; --" (lower(a) DESC); CREATE INDEX two ON "Odd; --" (lower(a), b, c);',
  ],
  passes: [
    "CREATE TABLE task (owner_id bigint, due date); CREATE INDEX task_due ON task (due); CREATE INDEX task_owner_due ON task (owner_id, due);",
    "CREATE TABLE task (a bigint UNIQUE, b date); CREATE INDEX task_a_b ON task (a, b);",
    "CREATE TABLE task (a bigint, b date, done boolean); CREATE INDEX open ON task (a) WHERE NOT done; CREATE INDEX task_a_b ON task (a, b);",
    "CREATE TABLE task (a bigint, b date, c text); CREATE INDEX one ON task (a) INCLUDE (c); CREATE INDEX two ON task (a, b);",
    "CREATE TABLE task (a text, b text); CREATE INDEX one ON task (a text_pattern_ops); CREATE INDEX two ON task (a, b);",
    "CREATE TABLE task (a integer[], b integer[]); CREATE INDEX one ON task USING gin (a); CREATE INDEX two ON task USING gin (a, b);",
  ],
  *check({ view }) {
    const inUse = indexesInUse(view);
    for (const indexes of indexesByTable(view)) {
      if (indexes.length < 2) continue;
      const longer = longerByPrefix(indexes);
      for (const index of indexes) {
        if (!mayGo(index) || inUse(index)) continue;
        const candidates = longer.get(leading(index, keyTexts(index))) ?? [];
        const cover = candidates.find(({ columns }) => index.include.every((column) => columns.has(column)));
        if (cover === undefined) continue;
        const further = cover.index.keys.length - index.keys.length + cover.index.include.length - index.include.length;
        yield {
          ref: index,
          message: `index ${index.name} ${keysInWords(index)} of ${index.table ?? ""} is the start of ${cover.index.name} ${keysInWords(cover.index)}`,
          ...(further > FURTHER_KEYS_MAX ? { severity: "info" as const } : {}),
          fixes: [
            {
              title: `drop ${index.name}; ${cover.index.name} finds the same rows`,
              safety: "review",
              changes: [{ type: "drop", object: index }],
            },
          ],
        };
      }
    }
  },
});
