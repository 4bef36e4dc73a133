/** Attributes on the left determine those on the right. */
export interface Dependency {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/**
 * All attributes that the given ones determine (Armstrong's axioms; the fixed point of Beeri and Bernstein 1979).
 * The result is in the order of discovery, the given ones first.
 */
export function closure(attributes: Iterable<string>, dependencies: readonly Dependency[]): ReadonlySet<string> {
  const known = new Set(attributes);
  for (let before = -1; before < known.size;) {
    before = known.size;
    for (const { from, to } of dependencies) {
      if (from.every((attribute) => known.has(attribute))) for (const attribute of to) known.add(attribute);
    }
  }
  return known;
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
