import type { CatalogView } from "../model/catalog-view.ts";
import { refKey } from "../model/ref.ts";
import { childEnd, ownForeignKeys } from "./foreign-keys.ts";
import type { ForeignKey } from "./foreign-keys.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

// The key is part of the child's own: the child is a part of the parent and means nothing without it.
function isPart({ of, key }: ForeignKey): boolean {
  const own = of.primaryKey?.columns ?? [];
  return key.columns.every((column) => own.includes(column));
}

// Tables whose rows go when rows of another go.
function cascadedFrom(view: CatalogView): ReadonlyMap<string, string> {
  const from = new Map<string, string>();
  for (const { of, references } of ownForeignKeys(view)) {
    const itself = references.table === of.table.name && references.schema === of.table.schema;
    if (references.onDelete === "cascade" && !itself) from.set(refKey(of.table), references.table);
  }
  return from;
}

/**
 * A foreign key that leaves to the default what becomes of children. The default (refuse) is often what is
 * wanted, hence `info`; it hurts where a delete is meant to go through the parent and stops here.
 */
export const foreignKeyWithoutOnDelete: Rule = rule({
  id: "foreign-key-without-on-delete",
  area: "integrity",
  severity: "info",
  engines: ["postgres", "sqlite"],
  equivalents: ["schemalint:reference-actions"],
  summary: "A foreign key does not say what becomes of its rows when the parent is deleted.",
  why: "NO ACTION refuses to delete a parent while children stand. Where nobody decided that, deleting an account or erasing a person fails in production, and application code grows its own order of deletes. Where a delete cascades into a table and the next key below refuses, the cascade as a whole fails.",
  remedy:
    "Decide: CASCADE for parts of the parent, SET NULL for optional references, RESTRICT to say in so many words that children protect the parent.",
  fails: [
    "CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id bigint NOT NULL REFERENCES author);",
    "CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id bigint REFERENCES author);",
    "CREATE TABLE customer (id bigint PRIMARY KEY); CREATE TABLE sale (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customer ON DELETE CASCADE); CREATE TABLE sale_line (sale_id bigint REFERENCES sale, line integer, PRIMARY KEY (sale_id, line));",
  ],
  passes: [
    "CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id bigint REFERENCES author ON DELETE SET NULL);",
    "CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id bigint NOT NULL REFERENCES author ON DELETE RESTRICT);",
  ],
  *check({ view }) {
    const cascades = cascadedFrom(view);
    for (const foreignKey of ownForeignKeys(view)) {
      const { of, key, references, target, required } = foreignKey;
      if (references.onDelete !== "no action") continue;
      const start = `deleting a row of ${references.table} is refused while ${childEnd(foreignKey)} refers to it`;
      const part = isPart(foreignKey);
      const above = target === undefined ? undefined : cascades.get(refKey(target.table));
      if (part && above !== undefined) {
        yield {
          ref: key,
          severity: "warning",
          message: `deleting a row of ${above} cascades to ${references.table} and is refused there, because ${childEnd(foreignKey)} has no ON DELETE`,
        };
      } else if (part) yield { ref: key, message: `${start}, though the reference is part of the row's own key` };
      else if (!required) yield { ref: key, message: `${start}, though the reference may be empty` };
      else yield { ref: key, message: `${start}; no ON DELETE says whether that is meant (${of.table.name})` };
    }
  },
});
