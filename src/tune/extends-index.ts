import type { IndexKey, IndexObject } from "../model/catalog.ts";

/**
 * Whether an index begins with all keys of another of its table and holds what that holds, so that it makes it
 * needless. A B-tree is read in both directions: keys may all run the other way.
 */
export function extendsIndex(added: IndexObject, chosen: IndexObject): boolean {
  if (added === chosen) return false;
  const same = added.schema === chosen.schema && added.table === chosen.table && added.method === chosen.method;
  const holds = new Set([...added.include, ...added.keys.map((key) => key.column)]);
  const begins = (keys: readonly IndexKey[]): boolean => keys.every((key, at) => sameKey(key, added.keys[at]));
  return (
    same &&
    added.predicate === chosen.predicate &&
    chosen.include.every((column) => holds.has(column)) &&
    (begins(chosen.keys) || (added.method === "btree" && begins(chosen.keys.map(mirrored))))
  );
}

/** Whether two keys of indexes are the same to the planner. */
export const sameKey = (one: IndexKey, other: IndexKey | undefined): boolean =>
  other !== undefined &&
  one.column === other.column &&
  one.expression === other.expression &&
  one.opclass === other.opclass &&
  one.collation === other.collation &&
  one.order === other.order &&
  one.nulls === other.nulls;

/** The key as it is read backwards. */
export const mirrored = (key: IndexKey): IndexKey => ({
  ...key,
  order: key.order === "asc" ? "desc" : "asc",
  nulls: key.nulls === "first" ? "last" : "first",
});
