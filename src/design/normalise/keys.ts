import type { Dependency } from "../../model/dependency.ts";
import { membersOf, minus, setOf, sizeOf, union, common, within, without } from "./attribute-set.ts";
import type { AttributeSet } from "./attribute-set.ts";
import { coverOf, groupedSets } from "./cover.ts";
import { closures, namesOf, schemeOf } from "./scheme.ts";
import type { ClosureOf, Scheme } from "./scheme.ts";

/** The candidate keys of a relation. */
export interface Keys {
  /** By size, then by the order of the attributes. */
  readonly keys: readonly AttributeSet[];
  /** False when there are more than were looked for. */
  readonly complete: boolean;
}

/** Most keys looked for: n attributes can have C(n, n/2), and nobody reads thousands. */
export const KEYS_MAX = 2000;
/** Comparisons of one candidate with one key; some nanoseconds each, so that the search ends within a second. */
export const COMPARISONS_MAX = 60_000_000;

/**
 * Every candidate key of a relation: the minimal sets of attributes that determine all (Lucchesi and Osborn 1978,
 * polynomial in the number of keys). The dependencies must be over the relation's own attributes, or the relation's
 * attributes all there are; else project them first.
 */
export function keysOf(
  { attributes, dependencies }: Scheme,
  atMost: number = KEYS_MAX,
  comparisonsMax: number = COMPARISONS_MAX,
): Keys {
  const closure = closures(dependencies);
  const steps = groupedSets(coverOf(dependencies).dependencies);
  const keys: AttributeSet[] = [shrunk(attributes, attributes, closure)];
  let comparisons = 0;
  let complete = true;
  for (let at = 0; at < keys.length && complete; at++) {
    const key = keys[at] ?? attributes;
    for (const { from, to } of steps) {
      const wider = common(union(from, minus(key, to)), attributes);
      comparisons += keys.length;
      if (keys.some((known) => within(known, wider))) continue;
      if (!within(attributes, closure(wider))) continue;
      if (keys.length >= atMost || comparisons > comparisonsMax) {
        complete = false;
        break;
      }
      keys.push(shrunk(wider, attributes, closure));
    }
  }
  return { keys: inOrder(keys), complete };
}

function inOrder(keys: readonly AttributeSet[]): readonly AttributeSet[] {
  const places = new Map(
    keys.map((key) => [
      key,
      membersOf(key)
        .map((member) => String(member).padStart(4, "0"))
        .join(),
    ]),
  );
  return keys.toSorted((a, b) => sizeOf(a) - sizeOf(b) || ((places.get(a) ?? "") < (places.get(b) ?? "") ? -1 : 1));
}

// Leaves out what the rest determines, last attributes first, so that the first ones stay in the key.
function shrunk(of: AttributeSet, all: AttributeSet, closure: ClosureOf): AttributeSet {
  let key = of;
  for (const member of membersOf(of).toReversed()) {
    const less = without(key, member);
    if (within(all, closure(less))) key = less;
  }
  return key;
}

/** Every candidate key by its names (see {@link keysOf}); `atMost` ends the search. */
export function candidateKeys(
  attributes: readonly string[],
  dependencies: readonly Dependency[],
  atMost: number = KEYS_MAX,
): readonly (readonly string[])[] {
  const scheme = schemeOf(attributes, dependencies);
  return keysOf(scheme, atMost).keys.map((key) => namesOf(scheme, key));
}

/** Whether the attributes determine all others. */
export function isSuperkey(
  of: readonly string[],
  attributes: readonly string[],
  dependencies: readonly Dependency[],
): boolean {
  const scheme = schemeOf(attributes, dependencies);
  const places = new Map(scheme.names.map((name, place) => [name, place]));
  const start = setOf(
    scheme.names.length,
    of.flatMap((name) => places.get(name) ?? []),
  );
  return within(scheme.attributes, closures(scheme.dependencies)(start));
}
