import { cyclesOf } from "../model/order.ts";
import type { OrderNode } from "../model/order.ts";
import { refKey } from "../model/ref.ts";
import type { CatalogObject } from "../model/catalog.ts";
import { create, drop } from "./piece.ts";
import type { Way } from "./ways.ts";

/*
 * What is dropped only to be built again should be away for one moment: its drop, all that is changed meanwhile and its
 * creation follow one another. Which changes lie between follows from what needs what; where one of them cannot be part
 * of a transaction (rows are moved, an index is built concurrently), the two are left apart.
 */

/** Ways that follow one another, with what they need besides. */
export interface Cluster {
  readonly id: string;
  readonly rank: number;
  readonly needs: ReadonlySet<string>;
  readonly wishes: ReadonlySet<string>;
  /** Of the wishes those that are given up last. */
  readonly firm: ReadonlySet<string>;
  readonly ways: readonly Way[];
}

class Groups {
  readonly #parents = new Map<string, string>();

  of(id: string): string {
    let root = id;
    for (let next = this.#parents.get(root); next !== undefined; next = this.#parents.get(root)) root = next;
    // Paths are kept short: a schema of a thousand views must not take a million steps.
    for (let at = id; at !== root;) {
      const next = this.#parents.get(at) ?? root;
      this.#parents.set(at, root);
      at = next;
    }
    return root;
  }

  join(a: string, b: string): void {
    const [one, other] = [this.of(a), this.of(b)];
    if (one !== other) this.#parents.set(other, one);
  }
}

// Whether the way can be a part of another's transaction.
function isAbsorbable({ change, strategy }: Way): boolean {
  if (change === null) return true;
  // A value that is added to an enum cannot be used before its transaction ends.
  if (strategy === null) return change.type !== "alter" || change.before.kind !== "enum";
  const label = strategy.steps[0]?.together;
  return strategy.steps.every(
    (step) =>
      step.transactional !== false &&
      (step.batch ?? null) === null &&
      (strategy.steps.length === 1 || (label !== undefined && step.together === label)),
  );
}

/** The drop and the creation of one object, by id. */
interface Pair {
  readonly drop: string;
  readonly create: string;
  readonly kind: CatalogObject["kind"];
}

// Code does not name them: they are the first to be left apart.
const UNNAMED: ReadonlySet<CatalogObject["kind"]> = new Set(["constraint", "index", "trigger", "policy", "statistics"]);

function pairsOf(ways: ReadonlyMap<string, Way>): readonly Pair[] {
  const pairs: Pair[] = [];
  for (const way of ways.values()) {
    const { change } = way;
    if (!way.rebuild || change?.type !== "drop" || !isAbsorbable(way)) continue;
    for (const object of [change.object, ...way.along]) {
      const id = create(refKey(object));
      const back = ways.get(id);
      if (back?.rebuild === true && way.id === drop(refKey(change.object)) && isAbsorbable(back))
        pairs.push({ drop: way.id, create: id, kind: object.kind });
    }
  }
  return pairs;
}

function contracted(ways: ReadonlyMap<string, Way>, groups: Groups): readonly OrderNode[] {
  const needs = new Map<string, Set<string>>();
  for (const way of ways.values()) {
    const id = groups.of(way.id);
    let own = needs.get(id);
    if (own === undefined) {
      own = new Set();
      needs.set(id, own);
    }
    // What hangs on an exchanged column is made after the exchange, or the key that is exchanged with it is lost.
    for (const need of [...way.needs, ...(way.firm ?? [])]) {
      const other = groups.of(need);
      if (other !== id && ways.has(need)) own.add(other);
    }
  }
  return [...needs].map(([id, own]) => ({ id, needs: [...own] }));
}

// Takes into each group what lies between its members; the pairs that nothing can hold together are returned.
function closed(ways: ReadonlyMap<string, Way>, pairs: readonly Pair[], groups: Groups): ReadonlySet<Pair> {
  for (const pair of pairs) groups.join(pair.drop, pair.create);
  const cycles = cyclesOf(contracted(ways, groups));
  const members = new Map<number, Way[]>();
  for (const way of ways.values()) {
    const number = cycles.get(groups.of(way.id)) ?? -1;
    const known = members.get(number);
    if (known === undefined) members.set(number, [way]);
    else known.push(way);
  }
  const apart = new Set<number>();
  for (const [number, list] of members) {
    const [first] = list;
    if (first === undefined || list.every(({ id }) => groups.of(id) === groups.of(first.id))) continue;
    if (list.every(isAbsorbable)) for (const { id } of list) groups.join(first.id, id);
    else apart.add(number);
  }
  const lost = pairs.filter((pair) => apart.has(cycles.get(groups.of(pair.drop)) ?? -1));
  const unnamed = lost.filter(({ kind }) => UNNAMED.has(kind));
  return new Set(unnamed.length > 0 ? unnamed : lost);
}

/** Which ways run at once, by id: those with the same value. Linear where nothing is built again. */
export function atOnce(given: Iterable<Way>): (id: string) => string {
  const ways = new Map([...given].map((way) => [way.id, way]));
  let pairs = pairsOf(ways);
  for (;;) {
    const groups = new Groups();
    const lost = pairs.length === 0 ? null : closed(ways, pairs, groups);
    if (lost === null || lost.size === 0) return (id) => groups.of(id);
    pairs = pairs.filter((pair) => !lost.has(pair));
  }
}

const swaps = ({ strategy }: Way): boolean => strategy?.steps.some((step) => step.swap === true) === true;

// A reader locks a view before the tables below it: who locks them the other way round would wait for each other. And
// what writes a table anew comes before the locks of the exchanges.
function rankWithin(way: Way): number {
  if (way.rebuild && way.change?.type === "drop") return way.change.object.kind === "view" ? -2 : -1;
  return swaps(way) ? way.rank + 0.05 : way.rank;
}

/** Ways as they run at once; those of a cluster that exchanges something share the transaction of the exchange. */
export function clustersOf(ways: readonly Way[]): readonly Cluster[] {
  // Without a strategy all is one transaction anyway.
  const groupOf = ways.some(({ strategy }) => strategy !== null) ? atOnce(ways) : (id: string): string => id;
  const ids = new Set(ways.map(({ id }) => id));
  const members = new Map<string, Way[]>();
  for (const way of ways) {
    const id = groupOf(way.id);
    const known = members.get(id);
    if (known === undefined) members.set(id, [way]);
    else known.push(way);
  }
  return [...members].map(([id, list]): Cluster => {
    const swap = list.find(swaps);
    const outside = (name: "needs" | "wishes" | "firm"): ReadonlySet<string> =>
      new Set(
        list
          .flatMap((way) => [...(way[name] ?? [])].filter((need) => ids.has(need)).map(groupOf))
          .filter((need) => need !== id),
      );
    const label = swap === undefined ? null : `swap ${swap.id}`;
    return {
      id,
      rank: Math.min(...list.map(({ rank }) => rank)),
      needs: outside("needs"),
      wishes: outside("wishes"),
      firm: outside("firm"),
      ways: list.length === 1 ? list : list.map((way) => ({ ...way, label, rank: rankWithin(way) })),
    };
  });
}
