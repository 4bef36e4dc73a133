import type { Catalog, CatalogObject } from "../model/catalog.ts";
import { catalogOf } from "../model/catalog-view.ts";
import { refKey } from "../model/ref.ts";

/** The schema in which `migrate` keeps its history. */
export const HISTORY_SCHEMA = "dbwright";

/** Whether the schema of that name is our history, as opposed to somebody's own. */
export function holdsHistory(catalog: Catalog): boolean {
  const tables = catalog.objects.filter(({ kind, schema }) => kind === "table" && schema === HISTORY_SCHEMA);
  return ["about", "migration", "step"].every((name) => tables.some((table) => table.name === name));
}

/** A catalog without some of its objects, and without what would depend on them. */
export function catalogWithout(catalog: Catalog, leaves: (object: CatalogObject) => boolean): Catalog {
  const kept = catalog.objects.filter((object) => !leaves(object));
  const keys = new Set(kept.map(refKey));
  const closed = kept.map((object) => ({ ...object, dependsOn: object.dependsOn.filter((key) => keys.has(key)) }));
  const unmodelled = catalog.unmodelled.filter(({ name }) => !new RegExp(`^${HISTORY_SCHEMA}\\b`).test(name));
  return catalogOf(catalog.engine, closed, unmodelled);
}

/** Whether an object belongs to our history, where {@link holdsHistory}. */
export function isOfHistory(object: CatalogObject): boolean {
  if (object.schema === HISTORY_SCHEMA) return true;
  return object.schema === null && object.name === HISTORY_SCHEMA && object.kind !== "role";
}
