import type { CatalogObject } from "../model/catalog.ts";
import type { Change } from "../model/change.ts";

/**
 * The change that takes the mark off an index by which changed rows are told (REPLICA IDENTITY USING INDEX), or null for
 * one without. Without it the table would be left with an identity that is none once the index is gone.
 */
export function releaseOf(object: CatalogObject): Change | null {
  if (object.kind !== "index" || object.replicaIdentity !== true) return null;
  const { replicaIdentity: _, ...after } = object;
  return { type: "alter", before: object, after, properties: ["replicaIdentity"] };
}
