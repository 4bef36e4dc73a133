import { coveredFits } from "./shapes.ts";
import type { Shape } from "./shapes.ts";
import type { Figures } from "./figures.ts";

/** A shape on a table with the queries that it was thought of for. */
export interface TableShape {
  readonly schema: string;
  readonly table: string;
  readonly shape: Shape;
  readonly queries: ReadonlySet<string>;
}

/**
 * Shapes that cover several queries at once: B-trees of the same keys and predicate that include other columns for each
 * query are one index with all of those, as far as it stays narrow. Those of most queries go first.
 */
export function mergeIncluded(shapes: readonly TableShape[], figures: Figures): readonly TableShape[] {
  const groups = new Map<string, TableShape[]>();
  for (const one of shapes) {
    const { schema, table, shape } = one;
    if (shape.method !== "btree" || shape.include.length === 0) continue;
    const key = JSON.stringify([schema, table, shape.keys, shape.predicate]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group): readonly TableShape[] => {
    const [first, ...others] = group.toSorted((a, b) => b.queries.size - a.queries.size);
    if (first === undefined) return [];
    let include: readonly string[] = first.shape.include;
    let queries = first.queries;
    for (const { schema, table, shape, queries: more } of others) {
      const wider = [...new Set([...include, ...shape.include])].toSorted();
      if (!coveredFits(schema, table, wider, figures)) continue;
      include = wider;
      queries = new Set([...queries, ...more]);
    }
    if (group.some(({ shape }) => include.every((column) => shape.include.includes(column)))) return [];
    const reason = `${first.shape.reason}; they are those of ${queries.size} queries together`;
    return [{ ...first, shape: { ...first.shape, include, reason }, queries }];
  });
}
