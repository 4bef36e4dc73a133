import type { Catalog, CatalogObject } from "../model/catalog.ts";
import { catalogOf } from "../model/catalog-view.ts";
import type { Change } from "../model/change.ts";
import { refKey } from "../model/ref.ts";

/**
 * The catalog after the changes, as a value. Null where a change is a rename, which reaches into texts that
 * only an engine can rewrite.
 */
export function repaired(catalog: Catalog, changes: readonly Change[]): Catalog | null {
  const objects = new Map(catalog.objects.map((object) => [refKey(object), object]));
  for (const change of changes) {
    if (change.type === "rename") return null;
    if (change.type === "create") objects.set(refKey(change.object), change.object);
    else if (change.type === "alter") objects.set(refKey(change.before), change.after);
    else dropFrom(objects, change.object);
  }
  const kept = [...objects.values()];
  const present = new Set(objects.keys());
  const whole = kept.map((object) => ({ ...object, dependsOn: object.dependsOn.filter((key) => present.has(key)) }));
  return catalogOf(catalog.engine, whole, catalog.unmodelled);
}

// An index goes with the constraint it stands behind, and those of partitions with that of their parent.
function dropFrom(objects: Map<string, CatalogObject>, gone: CatalogObject): void {
  objects.delete(refKey(gone));
  for (const object of objects.values()) {
    if (object.kind !== "index") continue;
    const behind = gone.kind === "constraint" && object.table === gone.table && object.constraint === gone.name;
    const part = gone.kind === "index" && object.partitionOf?.name === gone.name;
    if (behind || part) dropFrom(objects, object);
  }
}
