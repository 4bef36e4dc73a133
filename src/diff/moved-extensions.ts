import type { Catalog } from "../model/catalog.ts";
import type { Change } from "../model/change.ts";
import { ref, refKey } from "../model/ref.ts";

/**
 * Extensions that are in another schema in TO, with the schemas that they need: a database has an extension once, so
 * that nobody need say it is the same. Made first, like renames that somebody states.
 */
export function movedExtensions(from: Catalog, to: Catalog): readonly Change[] {
  const schemas = new Map(to.objects.flatMap((one) => (one.kind === "schema" ? [[one.name, one] as const] : [])));
  const there = new Set(from.objects.map(refKey));
  const wanted = new Map(to.objects.flatMap((one) => (one.kind === "extension" ? [[one.name, one] as const] : [])));
  const changes: Change[] = [];
  for (const before of from.objects) {
    if (before.kind !== "extension") continue;
    const after = wanted.get(before.name);
    if (after === undefined || after.schema === before.schema || after.schema === null) continue;
    const schema = schemas.get(after.schema);
    const key = refKey(ref("schema", after.schema));
    if (schema !== undefined && !there.has(key)) changes.push({ type: "create", object: schema });
    there.add(key);
    changes.push({ type: "rename", before, to: ref("extension", before.name, { schema: after.schema }) });
  }
  return changes;
}
