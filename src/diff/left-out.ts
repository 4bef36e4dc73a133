import type { Catalog, CatalogObject, Unmodelled } from "../model/catalog.ts";
import type { RefKey } from "../model/ref.ts";
import { pathOf } from "./rename-requests.ts";

/*
 * What only a superuser makes, a file's scratch database does not hold: the file's catalog names it as not modelled.
 * That it is missing there does not mean that nobody wants it.
 */

const WORDS: Readonly<Partial<Record<CatalogObject["kind"], string>>> = {
  "event-trigger": "event trigger",
  "operator-class": "operator class",
  "operator-family": "operator family",
};

function isNamed(object: CatalogObject, { kind, name }: Unmodelled): boolean {
  if (WORDS[object.kind] !== kind) return false;
  const path = pathOf(name);
  // A name that cannot be read may be any.
  if (path === null) return true;
  return path.at(-1) === object.name && (path.length < 2 || path.at(-2) === object.schema);
}

/**
 * Keys of objects of FROM that stay though TO does not hold them: what TO names as left out, what that needs, and what
 * needs it.
 */
export function leftOutKeys(
  from: {
    readonly objects: ReadonlyMap<RefKey, CatalogObject>;
    dependents(key: RefKey): readonly RefKey[];
  },
  to: Catalog,
): ReadonlySet<RefKey> {
  const named = to.unmodelled.filter(({ kind }) => Object.values(WORDS).includes(kind));
  const kept = new Set<RefKey>();
  if (named.length === 0) return kept;
  const roots = [...from.objects].filter(([, object]) => named.some((one) => isNamed(object, one))).map(([key]) => key);
  const reach = (next: (key: RefKey) => readonly RefKey[]): void => {
    const seen = new Set<RefKey>();
    const queue = [...roots];
    for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
      if (seen.has(key)) continue;
      seen.add(key);
      kept.add(key);
      queue.push(...next(key));
    }
  };
  reach((key) => from.objects.get(key)?.dependsOn ?? []);
  reach((key) => from.dependents(key));
  return kept;
}
