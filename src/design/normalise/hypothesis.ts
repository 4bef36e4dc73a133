import type { Dependency, StatedDependencies, TargetForm } from "../../model/dependency.ts";
import { minimalCover } from "./cover.ts";
import type { Discovery, FoundDependency } from "./discover.ts";

/** What follows if the strong dependencies of rows are laws. */
export interface Hypothesis {
  readonly stated: StatedDependencies;
  /** The keys it rests on, and whether the schema declares them or the rows only happen to show them. */
  readonly keys: readonly (readonly string[])[];
  readonly keysFrom: "constraints" | "rows" | "nothing";
  /** Strong dependencies that no other ones imply: what a person should look at. */
  readonly assumed: readonly FoundDependency[];
}

/**
 * A relation under its declared keys (where there are none, the smallest sets of columns unique in the rows) and the
 * strong dependencies found in rows.
 */
export function hypothesis(
  attributes: readonly string[],
  declaredKeys: readonly (readonly string[])[],
  discovery: Discovery,
  target: TargetForm | null,
): Hypothesis {
  const least = Math.min(...discovery.keys.map((key) => key.length));
  const unique = discovery.keys.filter((key) => key.length === least);
  const keys = declaredKeys.length > 0 ? declaredKeys : unique;
  const strong = discovery.dependencies.filter(({ plausibility }) => plausibility === "strong");
  const cover = new Set(minimalCover(strong).map(keyOf));
  return {
    stated: {
      attributes,
      dependencies: [...keys.map((from): Dependency => ({ from, to: attributes })), ...strong],
      target,
    },
    keys,
    keysFrom: declaredKeys.length > 0 ? "constraints" : unique.length > 0 ? "rows" : "nothing",
    assumed: strong.filter((one) => cover.has(keyOf(one))),
  };
}

const keyOf = ({ from, to }: Dependency): string => JSON.stringify([from.toSorted(), to]);
