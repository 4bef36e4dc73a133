import type { Dependency } from "../../model/dependency.ts";
import { common, has, maximal, membersOf, minus, union, within, without } from "./attribute-set.ts";
import type { AttributeSet } from "./attribute-set.ts";
import { projection } from "./projection.ts";
import { closures, schemeOf } from "./scheme.ts";
import type { ClosureOf, Scheme } from "./scheme.ts";
import { relationOf, synthesis } from "./synthesis.ts";
import type { Relation } from "./synthesis.ts";

/**
 * A decomposition into Boyce–Codd normal form (analysis, Codd 1974): lossless, but a dependency may be lost. It starts
 * from the synthesis, which keeps all dependencies and mostly is in this form already, so that little is lost. `projectedMax` bounds what is
 * listed of one relation's dependencies; beyond it a coarser test takes over.
 */
export function analysis(scheme: Scheme, projectedMax?: number): readonly AttributeSet[] {
  const closure = closures(scheme.dependencies);
  if (splitOf(scheme, scheme.attributes, closure, projectedMax) === null) return [scheme.attributes];
  const done: AttributeSet[] = [];
  const open = synthesis(scheme).toReversed();
  for (let set = open.pop(); set !== undefined; set = open.pop()) {
    const parts = splitOf(scheme, set, closure, projectedMax);
    if (parts === null) done.push(set);
    else open.push(parts[1], parts[0]);
  }
  return maximal(done);
}

// A relation in two parts that meet in a left side which is no key of it; null when there is none.
function splitOf(
  { dependencies }: Scheme,
  relation: AttributeSet,
  closure: ClosureOf,
  projectedMax: number | undefined,
): readonly [AttributeSet, AttributeSet] | null {
  const own = projection(dependencies, relation, projectedMax);
  const bad = own.dependencies.find(({ from }) => !within(relation, closure(from)));
  if (bad === undefined) return own.complete ? null : splitByPairs(relation, closure);
  const reached = common(closure(bad.from), relation);
  return [reached, union(bad.from, minus(relation, reached))];
}

// Where a projection is too large to list: a relation without two attributes of which one is determined by what
// remains without both is in the form for certain (Tsou and Fischer 1982). It takes polynomial time, and may split
// more than it must.
function splitByPairs(relation: AttributeSet, closure: ClosureOf): readonly [AttributeSet, AttributeSet] | null {
  let [rest, right] = [relation, -1];
  for (let spare = sparePair(rest, closure); spare !== null; spare = sparePair(rest, closure)) {
    rest = without(rest, spare.needless);
    right = spare.right;
  }
  return right === -1 ? null : [rest, without(relation, right)];
}

function sparePair(
  rest: AttributeSet,
  closure: ClosureOf,
): { readonly right: number; readonly needless: number } | null {
  const members = membersOf(rest);
  for (const needless of members) {
    for (const right of members) {
      if (needless !== right && has(closure(without(without(rest, needless), right)), right))
        return { right, needless };
    }
  }
  return null;
}

/** A decomposition into Boyce–Codd normal form by names (see {@link analysis}). */
export function decomposeBcnf(attributes: readonly string[], dependencies: readonly Dependency[]): readonly Relation[] {
  const scheme = schemeOf(attributes, dependencies);
  return analysis(scheme).map((set) => relationOf(scheme, set));
}
