import { tableOf } from "./draft.ts";
import type { Draft, MovedField } from "./draft-model.ts";
import type { Split } from "./decompose.ts";
import { fieldColumns, fieldStorage } from "./fields.ts";
import { addForeignKey } from "./relations.ts";

/** Where normalisation took each field, by entity and field. */
export function movedFields(splits: readonly Split[]): ReadonlyMap<string, ReadonlyMap<string, MovedField>> {
  const moved = new Map<string, Map<string, MovedField>>();
  for (const split of splits) {
    const fields = moved.get(split.entity) ?? new Map<string, MovedField>();
    for (const field of split.moved) fields.set(field, { entity: split.target, from: split.from });
    moved.set(split.entity, fields);
  }
  return moved;
}

/** Gives the determining fields one storage on both sides: an enumeration must not become two types. */
export function shareStorage(draft: Draft, splits: readonly Split[]): void {
  for (const split of splits) {
    const entity = draft.entities.get(split.entity);
    if (entity === undefined) continue;
    for (const name of split.from) {
      const field = entity.fields.find((candidate) => candidate.name === name);
      if (field !== undefined) draft.fieldTypes.set(`${split.target}.${name}`, fieldStorage(draft, entity, field));
    }
  }
}

/** Adds the foreign keys that lead from what stayed to what was split off. */
export function addSplitReferences(draft: Draft, splits: readonly Split[]): void {
  for (const split of splits) {
    const table = tableOf(draft, split.entity);
    const columns = split.from.flatMap((name) => {
      const field = table.entity?.fields.find((candidate) => candidate.name === name);
      return field === undefined ? [] : fieldColumns(draft, field);
    });
    addForeignKey(
      draft,
      table,
      tableOf(draft, split.target),
      { columns, targetColumns: columns },
      { onDelete: "restrict", relation: null },
    );
  }
}
