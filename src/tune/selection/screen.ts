import type { CostBook } from "./cost-book.ts";
import type { WeighedQuery } from "./selection.ts";

/** Layers of plans with all candidates shown that are looked at. */
const LAYERS = 3;
/** A gain below this share of a query's cost is none. */
const GAIN_SHARE_MIN = 0.005;
/** Costs this close are the same. */
const SAME_SHARE = 0.02;

/**
 * The candidates that are worth a search, where there are very many. Kept is what plans read when all that can matter
 * to a query are shown, and what they read once those are taken away, a few layers deep: so are found indexes that help
 * only together. Of the others each is tried alone, and kept where no smaller one of its table does as much for every
 * query. What helps only together with one that is not the planner's first choices can be missed.
 */
export async function screen(
  book: CostBook,
  candidates: readonly string[],
  sameTable: (one: string, other: string) => boolean,
  over: () => boolean,
): Promise<ReadonlySet<string>> {
  const kept = new Set<string>();
  const left = new Map(book.queries.map((query) => [query, book.relevant(query, candidates)]));
  for (let layer = 0; layer < LAYERS; layer++) {
    for (const [query, shown] of left) {
      if (over()) return kept;
      const { uses } = await book.cost(query, shown);
      for (const id of uses) {
        kept.add(id);
        shown.delete(id);
      }
    }
  }
  const gains = await gainsAlone(book, candidates, over);
  const bySize = [...gains.keys()].toSorted((a, b) => (book.bytes.get(a) ?? 0) - (book.bytes.get(b) ?? 0));
  const smaller: string[] = [];
  for (const id of bySize) {
    const own = gains.get(id) ?? new Map<WeighedQuery, number>();
    if (own.size === 0) continue;
    const beaten = smaller.some((other) => sameTable(id, other) && doesAsMuch(gains.get(other), own));
    if (!beaten) smaller.push(id);
  }
  return new Set([...kept, ...smaller]);
}

// What each query gains by one candidate alone.
async function gainsAlone(
  book: CostBook,
  candidates: readonly string[],
  over: () => boolean,
): Promise<ReadonlyMap<string, ReadonlyMap<WeighedQuery, number>>> {
  const gains = new Map<string, Map<WeighedQuery, number>>();
  // Candidate by candidate: what is shown changes least.
  for (const id of candidates) {
    if (over()) return gains;
    const own = new Map<WeighedQuery, number>();
    const queries = book.queries.filter((query) => book.relevant(query, [id]).size > 0);
    const costs = await book.costs(queries, [id]);
    for (const [at, query] of queries.entries()) {
      const gain = book.before(query) - (costs[at]?.cost ?? Infinity);
      if (gain > book.before(query) * GAIN_SHARE_MIN) own.set(query, gain);
    }
    gains.set(id, own);
  }
  return gains;
}

function doesAsMuch(
  one: ReadonlyMap<WeighedQuery, number> | undefined,
  other: ReadonlyMap<WeighedQuery, number>,
): boolean {
  return [...other].every(([query, gain]) => (one?.get(query) ?? 0) >= gain * (1 - SAME_SHARE));
}
