import type { IndexObject } from "../model/catalog.ts";

/** Whether an index begins with all keys of another of its table and holds what that holds, so that it makes it needless. */
export function extendsIndex(added: IndexObject, chosen: IndexObject): boolean {
  if (added === chosen) return false;
  const same = added.schema === chosen.schema && added.table === chosen.table && added.method === chosen.method;
  const holds = new Set([...added.include, ...added.keys.map((key) => key.column)]);
  return (
    same &&
    added.predicate === chosen.predicate &&
    chosen.include.every((column) => holds.has(column)) &&
    chosen.keys.every((key, at) => JSON.stringify(key) === JSON.stringify(added.keys[at]))
  );
}
