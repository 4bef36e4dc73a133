import type { Dependency } from "../../model/dependency.ts";
import { membersOf, minus, common, setOf, sizeOf, union, within, without } from "./attribute-set.ts";
import type { AttributeSet } from "./attribute-set.ts";
import { coverOf } from "./cover.ts";
import { COMPARISONS_MAX, KEYS_MAX, keysOf } from "./keys.ts";
import type { Keys } from "./keys.ts";
import { closures, namedDependency, namesOf, schemeOf } from "./scheme.ts";
import type { ClosureOf, Scheme, SetDependency } from "./scheme.ts";

/** The normal forms that functional dependencies can tell apart. Every relation with single values is in the first. */
export type NormalForm = "1NF" | "2NF" | "3NF" | "BCNF";

/** A dependency that keeps a relation from a normal form. */
export interface Violation {
  readonly form: Exclude<NormalForm, "1NF">;
  readonly dependency: Dependency;
}

/** The highest normal form of a scheme, with what keeps it from the next, by sets. */
export interface SetNormalForm {
  readonly form: NormalForm;
  readonly keys: Keys;
  /** The attributes of the keys that were found. */
  readonly prime: AttributeSet;
  /** Those of the lowest form first. */
  readonly violations: readonly { readonly form: Violation["form"]; readonly dependency: SetDependency }[];
  /** False when keys that were not looked for could make it another one. */
  readonly certain: boolean;
}

/**
 * The highest normal form of a relation and what keeps it from the next (Codd 1971; BCNF: Codd 1974). As with keys,
 * the dependencies are to be over the relation's own attributes.
 */
export function judge(scheme: Scheme, comparisonsMax: number = COMPARISONS_MAX): SetNormalForm {
  const { attributes, dependencies } = scheme;
  const keys = keysOf(scheme, KEYS_MAX, comparisonsMax);
  const closure = closures(dependencies);
  const prime = keys.keys.reduce(union, setOf(attributes.length * 32));
  const violations: { form: Violation["form"]; dependency: SetDependency }[] = [];
  for (const dependency of coverOf(dependencies).dependencies) {
    if (within(attributes, closure(dependency.from))) continue;
    if (within(dependency.to, prime)) violations.push({ form: "BCNF", dependency });
    else violations.push({ form: isPartial(dependency.from, keys) ? "2NF" : "3NF", dependency });
  }
  if (!violations.some(({ form }) => form === "2NF")) {
    const hidden = hiddenPartial(attributes, prime, keys, closure);
    if (hidden !== null) violations.push({ form: "2NF", dependency: hidden });
  }
  const has = (form: Violation["form"]): boolean => violations.some((violation) => violation.form === form);
  return {
    form: has("2NF") ? "1NF" : has("3NF") ? "2NF" : has("BCNF") ? "3NF" : "BCNF",
    keys,
    prime,
    violations: violations.toSorted((a, b) => ORDER.indexOf(a.form) - ORDER.indexOf(b.form)),
    certain: keys.complete || violations.length === 0,
  };
}

const ORDER: readonly Violation["form"][] = ["2NF", "3NF", "BCNF"];

// A proper part of a candidate key.
function isPartial(from: AttributeSet, { keys }: Keys): boolean {
  return keys.some((key) => within(from, key) && !within(key, from));
}

// A part of a key may determine a non-prime attribute through others: the cover need not show it.
function hiddenPartial(
  attributes: AttributeSet,
  prime: AttributeSet,
  { keys }: Keys,
  closure: ClosureOf,
): SetDependency | null {
  const others = minus(attributes, prime);
  if (sizeOf(others) === 0) return null;
  for (const key of keys) {
    for (const member of membersOf(key)) {
      let from = without(key, member);
      const reached = common(closure(from), others);
      const [right] = membersOf(reached);
      if (right === undefined) continue;
      const to = setOf(attributes.length * 32, [right]);
      // The least part that does it says most.
      for (const spare of membersOf(from)) {
        const less = without(from, spare);
        if (within(to, closure(less))) from = less;
      }
      return { from, to: common(closure(from), others) };
    }
  }
  return null;
}

/** The highest normal form of a relation by names, and what keeps it from the next (see {@link judge}). */
export function normalFormOf(
  attributes: readonly string[],
  dependencies: readonly Dependency[],
): {
  readonly form: NormalForm;
  readonly keys: readonly (readonly string[])[];
  readonly violations: readonly Violation[];
} {
  const scheme = schemeOf(attributes, dependencies);
  const { form, keys, violations } = judge(scheme);
  return {
    form,
    keys: keys.keys.map((key) => namesOf(scheme, key)),
    violations: violations.map((one) => ({ form: one.form, dependency: namedDependency(scheme, one.dependency) })),
  };
}
