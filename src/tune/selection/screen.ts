import type { CostBook } from "./cost-book.ts";

/** Layers looked at for each query: deeper ones are hardly better than nothing. */
const LAYERS_MAX = 24;

/**
 * The candidates that some plan uses. For each query all that can matter to it are shown; those that the plan reads
 * are kept and taken away, and so on until none is read: each layer is what the planner falls back on. One that helps
 * only together with one of a layer above can be missed.
 */
export async function screen(
  book: CostBook,
  candidates: readonly string[],
  over: () => boolean,
): Promise<ReadonlySet<string>> {
  const kept = new Set<string>();
  const fits = new Map(book.queries.map((query) => [query, book.relevant(query, candidates)]));
  // Layer by layer over all queries, so that a short time looks at each query's best.
  for (let layer = 0; layer < LAYERS_MAX && fits.size > 0; layer++) {
    for (const [query, left] of fits) {
      if (over()) return kept;
      const { uses } = await book.cost(query, left);
      for (const id of uses) {
        kept.add(id);
        left.delete(id);
      }
      if (uses.size === 0 || left.size === 0) fits.delete(query);
    }
  }
  return kept;
}
