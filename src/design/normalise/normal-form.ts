import { closure } from "./closure.ts";
import type { Dependency } from "./closure.ts";
import { minimalCover } from "./cover.ts";
import { candidateKeys, isSuperkey } from "./keys.ts";

/** The normal forms that functional dependencies can tell apart. Every relation with single values is in the first. */
export type NormalForm = "1NF" | "2NF" | "3NF" | "BCNF";

/** A dependency that keeps a relation from a normal form. */
export interface Violation {
  readonly form: Exclude<NormalForm, "1NF">;
  readonly dependency: Dependency;
}

/** The highest normal form of a relation under the dependencies, and what keeps it from the next (Codd 1971, 1974). */
export function normalFormOf(
  attributes: readonly string[],
  dependencies: readonly Dependency[],
): {
  readonly form: NormalForm;
  readonly keys: readonly (readonly string[])[];
  readonly violations: readonly Violation[];
} {
  const keys = candidateKeys(attributes, dependencies);
  const prime = new Set(keys.flat());
  const cover = minimalCover(dependencies);
  const violations: Violation[] = [];
  for (const dependency of cover) {
    if (isSuperkey(dependency.from, attributes, dependencies)) continue;
    const [right] = dependency.to;
    if (right !== undefined && prime.has(right)) violations.push({ form: "BCNF", dependency });
    else violations.push({ form: isPartial(dependency.from, keys) ? "2NF" : "3NF", dependency });
  }
  // A part of a key may determine a non-prime attribute through others: the cover need not show it.
  for (const key of keys) {
    for (const left of key) {
      const part = key.filter((attribute) => attribute !== left);
      const reached = [...closure(part, dependencies)].filter(
        (attribute) => attributes.includes(attribute) && !part.includes(attribute) && !prime.has(attribute),
      );
      const known = violations.some((violation) => violation.form === "2NF");
      if (reached.length > 0 && !known) violations.push({ form: "2NF", dependency: { from: part, to: reached } });
    }
  }
  const has = (form: Violation["form"]): boolean => violations.some((violation) => violation.form === form);
  return { form: has("2NF") ? "1NF" : has("3NF") ? "2NF" : has("BCNF") ? "3NF" : "BCNF", keys, violations };
}

// A proper part of a candidate key.
function isPartial(from: readonly string[], keys: readonly (readonly string[])[]): boolean {
  return keys.some((key) => from.length < key.length && from.every((attribute) => key.includes(attribute)));
}
