import type { ColumnDistribution } from "../../model/planner-statistics.ts";
import type { Random } from "../rows/random.ts";
import type { StoredTable } from "../rows/store.ts";

/** How the rows of a child spread over its parents. */
export interface FanOut {
  /** The parent's row at a share (0 to 1) of the children, parents in the order of their key. */
  parentAt(share: number): number;
}

/** Share of different keys from which on each names one parent. */
const ONE_TO_ONE_MIN = 0.9;

/**
 * Reads from a referencing column's statistics how many children parents have: each common value is a parent with that
 * share of the children (the parent with that very key where there is one, else any); the others with children, as
 * many of all parents as the column has values for, share the rest evenly; the remaining have none. `key` is the
 * column's counterpart in the parent's store, `childRows` and `parentRows` are the source's numbers of rows. `shares`:
 * where a column numbers each parent's children, the share of rows with each number, which tells how many have how
 * many; empty: all others have as many. Null for a parent without rows.
 */
export function fanOutOf(
  distribution: ColumnDistribution,
  parent: StoredTable,
  key: number,
  {
    childRows,
    parentRows,
    random,
    shares,
  }: {
    readonly childRows: number;
    readonly parentRows: number;
    readonly random: Random;
    readonly shares: readonly number[];
  },
): FanOut | null {
  const count = parent.rows.length;
  if (count === 0) return null;
  const keys = parent.rows.map((row) => row[key] ?? "");
  const weights = commonWeights(distribution, keys, random);
  const listed = weights.reduce((sum, weight) => sum + weight, 0);
  const values = distribution.distinct < 0 ? -distribution.distinct * childRows : distribution.distinct;
  // Of a key of several columns one alone names many parents: then its values count, not the parents.
  const names = new Set(keys).size;
  const all = names < ONE_TO_ONE_MIN * count ? names : parentRows;
  const taking = all <= 0 ? 1 : Math.min(1, values / all);
  const free = [...weights.keys()].filter((at) => weights[at] === 0);
  const wanted = Math.round(taking * count) - (count - free.length);
  const some = Math.max(0, Math.min(free.length, wanted));
  for (let at = 0; at < some; at++) {
    const other = at + random.int(free.length - at);
    [free[at], free[other]] = [free[other] as number, free[at] as number];
  }
  const others = free.slice(0, some);
  const rest = Math.max(0, 1 - listed);
  const sizes = others.map(() => familySize(shares, random));
  const whole = sizes.reduce((sum, size) => sum + size, 0);
  for (const [place, at] of others.entries()) weights[at] = (rest * (sizes[place] ?? 1)) / whole;
  // Nobody is left to take the rest: those that are named share it.
  return along(weights, ascending(keys));
}

// How many children one parent has: as many rows have the number n as parents have n children or more.
function familySize(shares: readonly number[], random: Random): number {
  const at = random.float() * (shares[0] ?? 0);
  let size = 1;
  while (size < shares.length && (shares[size] as number) > at) size++;
  return size;
}

function commonWeights(distribution: ColumnDistribution, keys: readonly string[], random: Random): Float64Array {
  const weights = new Float64Array(keys.length);
  const { values = [], shares = [] } = distribution.common ?? {};
  const present = Math.max(1e-9, 1 - distribution.nullShare);
  const places = new Map<string, number[]>();
  if (values.length > 0)
    for (const [at, key] of keys.entries()) {
      const found = places.get(key);
      if (found === undefined) places.set(key, [at]);
      else found.push(at);
    }
  const strays: number[] = [];
  for (const [at, value] of values.entries()) {
    const share = (shares[at] ?? 0) / present;
    const found = places.get(value);
    if (found === undefined) strays.push(share);
    else for (const place of found) weights[place] = share / found.length;
  }
  for (const share of strays) {
    for (let tries = 0; tries < 20; tries++) {
      const place = random.int(keys.length);
      if (weights[place] !== 0) continue;
      weights[place] = share;
      break;
    }
  }
  return weights;
}

function ascending(keys: readonly string[]): Uint32Array {
  const order = Uint32Array.from(keys.keys());
  const numbers = keys.map(Number);
  const numeric = !numbers.some(Number.isNaN);
  return order.toSorted((a, b) => {
    if (numeric) return (numbers[a] as number) - (numbers[b] as number);
    return (keys[a] as string) < (keys[b] as string) ? -1 : 1;
  });
}

function along(weights: Float64Array, order: Uint32Array): FanOut {
  const ends = new Float64Array(order.length);
  let end = 0;
  order.forEach((at, place) => {
    end += weights[at] as number;
    ends[place] = end;
  });
  return {
    parentAt: (share) => {
      if (end <= 0) return order[Math.min(order.length - 1, Math.floor(share * order.length))] as number;
      let [low, high] = [0, ends.length - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((ends[middle] as number) > share * end) high = middle;
        else low = middle + 1;
      }
      return order[low] as number;
    },
  };
}
