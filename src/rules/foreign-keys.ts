import type { ConstraintObject } from "../model/catalog.ts";
import type { CatalogView, TableView } from "../model/catalog-view.ts";
import { ownTables } from "./own-tables.ts";

/** A foreign key with both its ends. */
export interface ForeignKey {
  /** The table that refers. */
  readonly of: TableView;
  readonly key: ConstraintObject;
  readonly references: NonNullable<ConstraintObject["references"]>;
  /** The table referred to; undefined when it was not read. */
  readonly target: TableView | undefined;
  /** Every referring column is NOT NULL: no row stands without its parent. */
  readonly required: boolean;
}

/** The foreign keys that the project's tables declare, those of partitions left to their parents. */
export function* ownForeignKeys(view: CatalogView): Iterable<ForeignKey> {
  for (const of of ownTables(view)) {
    let notNull: ReadonlySet<string> | null = null;
    for (const key of of.constraints) {
      const { references } = key;
      if (references === null || key.inherited) continue;
      notNull ??= new Set(of.columns.filter((column) => column.notNull).map((column) => column.name));
      const known = notNull;
      yield {
        of,
        key,
        references,
        target: view.table(references.schema, references.table),
        required: key.columns.every((column) => known.has(column)),
      };
    }
  }
}

/** The referring end as people read it: `book (author_id)`. */
export function childEnd({ of, key }: ForeignKey): string {
  return `${of.table.name} (${key.columns.join(", ")})`;
}

/** Whether deleting the parent is refused while children stand. */
export function blocksDelete({ references }: ForeignKey): boolean {
  return references.onDelete === "no action" || references.onDelete === "restrict";
}
