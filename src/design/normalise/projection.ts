import { has, membersOf, minus, setOf, union, within, without } from "./attribute-set.ts";
import type { AttributeSet } from "./attribute-set.ts";
import { coverOf } from "./cover.ts";
import type { SetDependency } from "./scheme.ts";

/** The dependencies that hold among some attributes. */
export interface Projection {
  /** A minimal cover of them. */
  readonly dependencies: readonly SetDependency[];
  /** False when there are too many to list: some are then missing. */
  readonly complete: boolean;
}

// A projection can be exponentially larger than what it was made from (Fischer, Jou and Tsou 1983).
const LISTED_MAX = 500;
// Joins tried to remove one attribute; each looks through a part of the list.
const JOINS_MAX = 20_000;

/**
 * The dependencies that hold among some attributes: the others are removed one by one, each dependency that leads
 * to one joined with each that starts from it (reduction by resolution, Gottlob 1987). `atMost` bounds the list.
 */
export function projection(
  dependencies: readonly SetDependency[],
  onto: AttributeSet,
  atMost: number = LISTED_MAX,
): Projection {
  let current = coverOf(dependencies).dependencies;
  const all = current.reduce((set, { from, to }) => union(set, union(from, to)), setOf(onto.length * 32));
  const gone = new Set(membersOf(minus(all, onto)));
  let complete = true;
  while (gone.size > 0) {
    const member = cheapest(gone, current);
    gone.delete(member);
    const joined = resolved(current, member, atMost);
    complete &&= joined.complete;
    current = joined.dependencies;
  }
  return { dependencies: coverOf(current).dependencies, complete };
}

// The attribute whose removal makes fewest dependencies goes first.
function cheapest(candidates: ReadonlySet<number>, dependencies: readonly SetDependency[]): number {
  let [best, least] = [-1, Infinity];
  for (const member of candidates) {
    const leading = dependencies.filter(({ to }) => has(to, member)).length;
    const starting = dependencies.filter(({ from }) => has(from, member)).length;
    if (leading * starting < least) [best, least] = [member, leading * starting];
  }
  return best;
}

function resolved(dependencies: readonly SetDependency[], member: number, atMost: number): Projection {
  const leading = dependencies.filter(({ to }) => has(to, member));
  const starting = dependencies.filter(({ from }) => has(from, member));
  const kept = new LeastLeftSides();
  for (const dependency of dependencies)
    if (!has(dependency.to, member) && !has(dependency.from, member)) kept.add(dependency);
  if (leading.length * starting.length > JOINS_MAX) return { dependencies: kept.list(), complete: false };
  for (const { from: before } of leading) {
    for (const { from, to } of starting) {
      if (kept.size >= atMost) return { dependencies: kept.list(), complete: false };
      const left = union(before, without(from, member));
      if (!within(to, left)) kept.add({ from: left, to });
    }
  }
  return { dependencies: kept.list(), complete: true };
}

// Dependencies with one attribute on the right, of which none has a left side that holds another's.
class LeastLeftSides {
  readonly #byRight = new Map<number, SetDependency[]>();
  size = 0;

  add(dependency: SetDependency): void {
    const [right = -1] = membersOf(dependency.to);
    const known = this.#byRight.get(right) ?? [];
    if (known.some(({ from }) => within(from, dependency.from))) return;
    const less = known.filter(({ from }) => !within(dependency.from, from));
    this.size += less.length + 1 - known.length;
    this.#byRight.set(right, [...less, dependency]);
  }

  list(): readonly SetDependency[] {
    return [...this.#byRight.values()].flat();
  }
}
