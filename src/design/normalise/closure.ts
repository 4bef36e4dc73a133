import type { Dependency } from "../../model/dependency.ts";
import { closures, namesOf, schemeOf } from "./scheme.ts";

export type { Dependency } from "../../model/dependency.ts";

/**
 * All attributes that the given ones determine (Armstrong's axioms 1974; in linear time, Beeri and Bernstein 1979).
 * The given ones come first.
 */
export function closure(attributes: Iterable<string>, dependencies: readonly Dependency[]): ReadonlySet<string> {
  const scheme = schemeOf([...attributes], dependencies);
  return new Set(namesOf(scheme, closures(scheme.dependencies)(scheme.attributes)));
}

/** Whether the dependencies imply another one. */
export function implies(dependencies: readonly Dependency[], wanted: Dependency): boolean {
  const known = closure(wanted.from, dependencies);
  return wanted.to.every((attribute) => known.has(attribute));
}

/** Whether each of two sets of dependencies implies the other. */
export function equivalent(a: readonly Dependency[], b: readonly Dependency[]): boolean {
  return a.every((one) => implies(b, one)) && b.every((one) => implies(a, one));
}
