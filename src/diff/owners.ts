import type { Catalog, CatalogObject } from "../model/catalog.ts";
import { catalogOf } from "../model/catalog-view.ts";
import { ref, refKey } from "../model/ref.ts";

/**
 * The catalog that is wanted where TO's source says nothing of owners (a file beside a live database): an object that
 * is there keeps the owner it has in FROM, also when it is made anew. What TO grants to just that owner it has anyway.
 */
export function withOwnersOf(from: Catalog, to: Catalog): Catalog {
  const owners = new Map<string, string>();
  for (const object of from.objects) if (object.owner !== undefined) owners.set(refKey(object), object.owner);
  if (owners.size === 0) return to;
  const kept = new Map<string, string>();
  for (const object of to.objects) {
    const owner = object.owner === undefined ? owners.get(refKey(object)) : undefined;
    if (owner !== undefined) kept.set(refKey(object), owner);
  }
  if (kept.size === 0) return to;
  const objects = to.objects.flatMap((object): readonly CatalogObject[] => {
    if (isToOwner(object, kept)) return [];
    const owner = kept.get(refKey(object));
    return [owner === undefined ? object : { ...object, owner }];
  });
  return catalogOf(to.engine, objects, to.unmodelled);
}

function isToOwner(object: CatalogObject, owners: ReadonlyMap<string, string>): boolean {
  if (object.kind !== "grant" || object.own === true) return false;
  // A column is its table's owner's.
  const { schema, table, dependsOn } = object;
  const holders =
    table === null ? [] : (["table", "view"] as const).map((kind) => refKey(ref(kind, table, { schema })));
  return [...dependsOn, ...holders].some((key) => owners.get(key) === object.grantee);
}
