import { closure } from "./closure.ts";
import type { Dependency } from "./closure.ts";

/**
 * Every candidate key: the minimal sets of attributes that determine all (Lucchesi and Osborn 1978, polynomial in
 * the number of keys). Sorted by size, then by the order of the attributes. There can be exponentially many:
 * `atMost` ends the search.
 */
export function candidateKeys(
  attributes: readonly string[],
  dependencies: readonly Dependency[],
  atMost = 1000,
): readonly (readonly string[])[] {
  const keys: (readonly string[])[] = [shrunk(attributes, attributes, dependencies)];
  for (let at = 0; at < keys.length && keys.length < atMost; at++) {
    const key = keys[at] ?? [];
    for (const { from, to } of dependencies) {
      const wider = [...new Set([...from, ...key.filter((attribute) => !to.includes(attribute))])].filter((attribute) =>
        attributes.includes(attribute),
      );
      if (keys.some((known) => known.every((attribute) => wider.includes(attribute)))) continue;
      if (!isSuperkey(wider, attributes, dependencies)) continue;
      keys.push(shrunk(wider, attributes, dependencies));
      if (keys.length >= atMost) break;
    }
  }
  const place = (key: readonly string[]): string =>
    key.map((attribute) => String(attributes.indexOf(attribute)).padStart(4, "0")).join();
  return keys.toSorted((a, b) => a.length - b.length || (place(a) < place(b) ? -1 : 1));
}

/** Whether the attributes determine all others. */
export function isSuperkey(
  of: readonly string[],
  attributes: readonly string[],
  dependencies: readonly Dependency[],
): boolean {
  const known = closure(of, dependencies);
  return attributes.every((attribute) => known.has(attribute));
}

// Leaves out what the rest determines, last attributes first, so that the first ones stay in the key.
function shrunk(
  of: readonly string[],
  attributes: readonly string[],
  dependencies: readonly Dependency[],
): readonly string[] {
  let key = attributes.filter((attribute) => of.includes(attribute));
  for (const attribute of key.toReversed()) {
    const without = key.filter((other) => other !== attribute);
    if (isSuperkey(without, attributes, dependencies)) key = without;
  }
  return key;
}
