import type { Catalog, CatalogObject } from "./catalog.ts";
import { catalogOf } from "./catalog-view.ts";
import { refKey } from "./ref.ts";
import type { Ref } from "./ref.ts";

/**
 * A difference between two catalogs, or a wish for one. Changes carry whole objects, so that an engine can
 * print them and their undo without looking anything up.
 */
export type Change =
  /** `parts`: what is made by the same statement, the columns and constraints of a table; absent: the object alone. */
  | { readonly type: "create"; readonly object: CatalogObject; readonly parts?: readonly CatalogObject[] }
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

/**
 * The catalog after a change, as a value. What hangs on a dropped object (a table's columns, the index behind a
 * constraint) goes with it. A rename reaches into texts that only an engine can rewrite, and leaves all as it is.
 */
export function afterChange(catalog: Catalog, change: Change): Catalog {
  if (change.type === "rename") return catalog;
  const gone = change.type === "drop" ? change.object : change.type === "alter" ? change.before : null;
  const come = change.type === "create" ? change.object : change.type === "alter" ? change.after : null;
  const stays = (object: CatalogObject): boolean => {
    const key = refKey(object);
    if (key === (come === null ? null : refKey(come)) || key === (gone === null ? null : refKey(gone))) return false;
    if (change.type !== "drop" || object.schema !== change.object.schema) return true;
    const { kind, name, table } = change.object;
    if (kind === "table" || kind === "view") return object.table !== name;
    return !(kind === "constraint" && object.kind === "index" && object.table === table && object.constraint === name);
  };
  const objects = [...catalog.objects.filter(stays), ...(come === null ? [] : [come])];
  const keys = new Set(objects.map(refKey));
  const whole = objects.map((object) =>
    object.dependsOn.every((key) => keys.has(key))
      ? object
      : { ...object, dependsOn: object.dependsOn.filter((key) => keys.has(key)) },
  );
  return catalogOf(catalog.engine, whole, catalog.unmodelled);
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
