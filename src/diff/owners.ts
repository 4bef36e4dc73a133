import type { Catalog, CatalogObject } from "../model/catalog.ts";
import { catalogOf } from "../model/catalog-view.ts";
import { refKey } from "../model/ref.ts";

/**
 * The catalog that is wanted where TO's source says nothing of owners (a file beside a live database): an object that
 * is there keeps the owner it has in FROM, also when it is made anew.
 */
export function withOwnersOf(from: Catalog, to: Catalog): Catalog {
  const owners = new Map<string, string>();
  for (const object of from.objects) if (object.owner !== undefined) owners.set(refKey(object), object.owner);
  if (owners.size === 0) return to;
  const objects = to.objects.map((object): CatalogObject => {
    const owner = object.owner === undefined ? owners.get(refKey(object)) : undefined;
    return owner === undefined ? object : { ...object, owner };
  });
  return catalogOf(to.engine, objects, to.unmodelled);
}
