import { closure, implies } from "./closure.ts";
import type { Dependency } from "./closure.ts";

/**
 * A minimal cover: one attribute on each right side, no attribute on a left side and no dependency that the
 * others imply (Maier 1980). Deterministic: attributes and dependencies are tried in the order given.
 */
export function minimalCover(dependencies: readonly Dependency[]): readonly Dependency[] {
  const single = dependencies.flatMap(({ from, to }) =>
    [...new Set(to)]
      .filter((attribute) => !from.includes(attribute))
      .map((attribute): Dependency => ({ from: [...new Set(from)], to: [attribute] })),
  );
  const reduced = single.map(({ from, to }): Dependency => {
    let left = [...from];
    for (const attribute of from) {
      const without = left.filter((other) => other !== attribute);
      if (implies(single, { from: without, to })) left = without;
    }
    return { from: left, to };
  });
  let kept = unique(reduced);
  for (const candidate of kept) {
    const others = kept.filter((other) => other !== candidate);
    if (implies(others, candidate)) kept = others;
  }
  return kept;
}

const keyOf = ({ from, to }: Dependency): string => JSON.stringify([from.toSorted(), to.toSorted()]);

function unique(dependencies: readonly Dependency[]): Dependency[] {
  return [...new Map(dependencies.map((dependency) => [keyOf(dependency), dependency])).values()];
}

/** Dependencies with one left side joined into one. */
export function grouped(dependencies: readonly Dependency[]): readonly Dependency[] {
  const groups = new Map<string, { from: readonly string[]; to: string[] }>();
  for (const { from, to } of dependencies) {
    const key = JSON.stringify(from.toSorted());
    const group = groups.get(key) ?? { from, to: [] };
    group.to.push(...to.filter((attribute) => !group.to.includes(attribute)));
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The dependencies that hold among some attributes only: their projection, as a minimal cover. */
export function projection(
  attributes: readonly string[],
  dependencies: readonly Dependency[],
  subsets: Iterable<readonly string[]>,
): readonly Dependency[] {
  const found: Dependency[] = [];
  for (const from of subsets) {
    const to = [...closure(from, dependencies)].filter(
      (attribute) => attributes.includes(attribute) && !from.includes(attribute),
    );
    if (to.length > 0) found.push({ from, to });
  }
  return minimalCover(found);
}
