import type { Dependency } from "../../model/dependency.ts";
import { membersOf, minus, setOf, union, within, without } from "./attribute-set.ts";
import { closures, namedDependency, schemeOf } from "./scheme.ts";
import type { SetDependency } from "./scheme.ts";

/** A minimal cover with what was left out on the way, for those who want to follow. */
export interface Cover {
  /** One attribute on each right side. */
  readonly dependencies: readonly SetDependency[];
  /** Left sides that were longer than needed: before and after. */
  readonly shortened: readonly { readonly before: SetDependency; readonly after: SetDependency }[];
  /** Dependencies that the others imply. */
  readonly implied: readonly SetDependency[];
}

/**
 * A minimal cover: one attribute on each right side, no attribute on a left side and no dependency that the
 * others imply (Maier 1980). Deterministic: attributes and dependencies are tried in the order given.
 */
export function coverOf(dependencies: readonly SetDependency[]): Cover {
  const single = dependencies.flatMap(({ from, to }) =>
    membersOf(minus(to, from)).map((member): SetDependency => ({ from, to: setOf(from.length * 32, [member]) })),
  );
  const closure = closures(single);
  const shortened: { before: SetDependency; after: SetDependency }[] = [];
  const reduced = single.map((before): SetDependency => {
    let left = before.from;
    for (const member of membersOf(before.from)) {
      const less = without(left, member);
      if (within(before.to, closure(less))) left = less;
    }
    if (left === before.from) return before;
    const after = { from: left, to: before.to };
    shortened.push({ before, after });
    return after;
  });
  const once = unique(reduced);
  const closureLess = closures(once);
  const left_out = new Uint8Array(once.length);
  for (const [at, { from, to }] of once.entries()) {
    left_out[at] = 1;
    if (!within(to, closureLess(from, left_out))) left_out[at] = 0;
  }
  return {
    dependencies: once.filter((_, at) => left_out[at] === 0),
    shortened,
    implied: once.filter((_, at) => left_out[at] === 1),
  };
}

const keyOf = ({ from, to }: SetDependency): string => `${from.join()}>${to.join()}`;

/** Each dependency once, at its first place. */
export function unique(dependencies: readonly SetDependency[]): SetDependency[] {
  const kept = new Map<string, SetDependency>();
  for (const dependency of dependencies) {
    const key = keyOf(dependency);
    if (!kept.has(key)) kept.set(key, dependency);
  }
  return [...kept.values()];
}

/** Dependencies with one left side joined into one, as sets. */
export function groupedSets(dependencies: readonly SetDependency[]): readonly SetDependency[] {
  const groups = new Map<string, SetDependency>();
  for (const { from, to } of dependencies) {
    const key = from.join();
    groups.set(key, { from, to: union(groups.get(key)?.to ?? to, to) });
  }
  return [...groups.values()];
}

/** A minimal cover (see {@link coverOf}) of dependencies between names. */
export function minimalCover(dependencies: readonly Dependency[]): readonly Dependency[] {
  const scheme = schemeOf([], dependencies);
  return coverOf(scheme.dependencies).dependencies.map((dependency) => namedDependency(scheme, dependency));
}

/** Dependencies with one left side joined into one. */
export function grouped(dependencies: readonly Dependency[]): readonly Dependency[] {
  const scheme = schemeOf([], dependencies);
  return groupedSets(scheme.dependencies).map((dependency) => namedDependency(scheme, dependency));
}
