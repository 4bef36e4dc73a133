import type { CatalogObject } from "./catalog.ts";
import type { Ref } from "./ref.ts";

/**
 * A difference between two catalogs, or a wish for one. Changes carry whole objects, so that an engine can
 * print them and their undo without looking anything up.
 */
export type Change =
  | { readonly type: "create"; readonly object: CatalogObject }
  | { readonly type: "drop"; readonly object: CatalogObject }
  /** Same ref before and after; `properties` names what differs, sorted. */
  | {
      readonly type: "alter";
      readonly before: CatalogObject;
      readonly after: CatalogObject;
      readonly properties: readonly string[];
    }
  /** Same object, other address; all else equal. */
  | { readonly type: "rename"; readonly before: CatalogObject; readonly to: Ref };

/** A change that alters properties of an object; the list of what differs is computed from both sides. */
export function alter<O extends CatalogObject>(before: O, patch: Partial<O>): Change {
  const after: O = { ...before, ...patch };
  const properties = Object.keys(patch)
    .filter((key) => JSON.stringify(before[key as keyof O]) !== JSON.stringify(after[key as keyof O]))
    .toSorted();
  return { type: "alter", before, after, properties };
}

/** A change that an engine cannot express as statements; whoever shows it says so in place of SQL. */
export class UnprintableChange extends Error {
  override readonly name = "UnprintableChange";
  readonly kind: CatalogObject["kind"];
  /** The property that cannot be changed, or what cannot be done: `create`, `drop`, `rename`. */
  readonly property: string;

  constructor(kind: CatalogObject["kind"], property: string, why?: string) {
    super(`no statement changes ${property} of a ${kind}${why === undefined ? "" : `: ${why}`}`);
    this.kind = kind;
    this.property = property;
  }
}
