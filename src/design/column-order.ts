import type { Draft, DraftColumn } from "./draft-model.ts";

// Readers expect the keys first and what the database keeps by itself last.
const ORDER = ["tenant", "key", "reference", "discriminator", "position", "", "audit", "search"];
const rank = (meaning: string): number => {
  const at = ORDER.indexOf(meaning);
  return at === -1 ? ORDER.indexOf("") : at;
};

/** Puts the columns of every table into the order people read them in. */
export function orderColumns(draft: Draft): void {
  for (const { columns, primaryKey } of draft.tables) {
    const place = (column: DraftColumn): number => {
      const at = primaryKey.indexOf(column.name);
      return at === -1 ? primaryKey.length + rank(column.meaning) : at;
    };
    columns.sort((a, b) => place(a) - place(b));
  }
}
