import type { CatalogView, TableView } from "../../model/catalog-view.ts";

/** A reference that no constraint holds: columns named like a foreign key of other tables. */
export interface SoftReference {
  readonly columns: readonly string[];
  readonly target: { readonly schema: string; readonly table: string };
  readonly targetColumns: readonly string[];
}

/**
 * Histories, search documents and read models often drop foreign keys. A column without one that is named
 * and typed like the last column of other tables' foreign keys, all to the same parent, is taken to point
 * there: its values are drawn from, and its distinct values counted by, that parent.
 */
export function softReferences(view: CatalogView, own: TableView): readonly SoftReference[] {
  const bound = new Set(
    own.constraints.flatMap((constraint) => (constraint.type === "foreign key" ? constraint.columns : [])),
  );
  const found: SoftReference[] = [];
  for (const column of own.columns) {
    if (bound.has(column.name)) continue;
    const like = view.tables.flatMap((other) =>
      other === own || other.table.partitionOf !== null
        ? []
        : other.constraints.filter(
            (constraint) =>
              constraint.type === "foreign key" &&
              constraint.columns.at(-1) === column.name &&
              other.columns.find((one) => one.name === column.name)?.type === column.type &&
              constraint.columns.every((name) => own.columns.some((one) => one.name === name)),
          ),
    );
    const targets = new Set(like.map(({ references }) => JSON.stringify([references?.schema, references?.table])));
    const [first] = like;
    if (first?.references == null || targets.size !== 1) continue;
    // A column named like the parent's own key (`id`) is everybody's name for something else.
    if (first.references.columns.at(-1) === column.name) continue;
    const { schema, table, columns } = first.references;
    if (schema === own.table.schema && table === own.table.name) continue;
    found.push({ columns: first.columns, target: { schema, table }, targetColumns: columns });
  }
  return found;
}
