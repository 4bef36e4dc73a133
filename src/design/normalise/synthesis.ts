import type { Dependency } from "../../model/dependency.ts";
import { maximal, union, within } from "./attribute-set.ts";
import type { AttributeSet } from "./attribute-set.ts";
import { coverOf, groupedSets } from "./cover.ts";
import { keysOf } from "./keys.ts";
import { projection } from "./projection.ts";
import { closures, namedDependency, namesOf, schemeOf } from "./scheme.ts";
import type { ClosureOf, Scheme, SetDependency } from "./scheme.ts";

/** A relation of a decomposition. */
export interface Relation {
  readonly attributes: readonly string[];
  readonly keys: readonly (readonly string[])[];
}

/**
 * A decomposition into third normal form that loses nothing and preserves every dependency: one relation for each
 * class of left sides that determine each other (synthesis, Bernstein 1976), and one for a key where none holds one
 * (Biskup, Dayal and Bernstein 1979). Relations inside others are left out.
 */
export function synthesis(scheme: Scheme): readonly AttributeSet[] {
  const { attributes, dependencies } = scheme;
  const cover = coverOf(dependencies).dependencies;
  const closure = closures(dependencies);
  const classes = classesOf(groupedSets(cover), closure);
  const sets = setsOfClasses(classes, cover);
  const holdsKey = sets.some((set) => within(attributes, closure(set)));
  const [key = attributes] = holdsKey ? [] : keysOf(scheme, 1).keys;
  return maximal(holdsKey ? sets : [...sets, key]);
}

// Left sides that determine each other, together.
function classesOf(groups: readonly SetDependency[], closure: ClosureOf): readonly (readonly AttributeSet[])[] {
  const classes = new Map<string, AttributeSet[]>();
  for (const { from } of groups) {
    // Sets determine each other exactly when their closures are equal.
    const key = closure(from).join();
    classes.set(key, [...(classes.get(key) ?? []), from]);
  }
  return [...classes.values()];
}

// What lies within a class is kept by its keys; of the rest, only what these do not imply (Bernstein's step 5:
// without it a merged relation may hold a transitive dependency).
function setsOfClasses(
  classes: readonly (readonly AttributeSet[])[],
  cover: readonly SetDependency[],
): readonly AttributeSet[] {
  const lefts = classes.map((members) => members.reduce(union));
  const around = classes.flatMap((members) =>
    members.map((from, at): SetDependency => ({ from, to: members[(at + 1) % members.length] ?? from })),
  );
  const places = new Map(classes.flatMap((members, place) => members.map((from) => [from.join(), place] as const)));
  const classAt = (from: AttributeSet): number => places.get(from.join()) ?? -1;
  const outward = cover.filter(({ from, to }) => !within(to, lefts[classAt(from)] ?? from));
  const closure = closures([...outward, ...around]);
  const left_out = new Uint8Array(outward.length + around.length);
  for (const [at, { from, to }] of outward.entries()) {
    left_out[at] = 1;
    if (!within(to, closure(from, left_out))) left_out[at] = 0;
  }
  const sets = [...lefts];
  for (const [at, { from, to }] of outward.entries()) {
    const place = classAt(from);
    if (left_out[at] === 0) sets[place] = union(sets[place] ?? from, to);
  }
  return sets;
}

/** A decomposition into third normal form by names (see {@link synthesis}). */
export function synthesise3nf(attributes: readonly string[], dependencies: readonly Dependency[]): readonly Relation[] {
  const scheme = schemeOf(attributes, dependencies);
  return synthesis(scheme).map((set) => relationOf(scheme, set));
}

/** A relation of a decomposition by names, with its keys. */
export function relationOf(scheme: Scheme, set: AttributeSet): Relation {
  const { dependencies } = projection(scheme.dependencies, set);
  const { keys } = keysOf({ ...scheme, attributes: set, dependencies });
  return { attributes: namesOf(scheme, set), keys: keys.map((key) => namesOf(scheme, key)) };
}

/** A minimal cover of the dependencies that hold among some attributes. */
export function projected(set: readonly string[], dependencies: readonly Dependency[]): readonly Dependency[] {
  const scheme = schemeOf(set, dependencies);
  return projection(scheme.dependencies, scheme.attributes).dependencies.map((one) => namedDependency(scheme, one));
}
