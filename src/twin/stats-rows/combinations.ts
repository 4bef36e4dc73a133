import type { ColumnDistribution, ExtendedDistribution } from "../../model/planner-statistics.ts";
import type { Random } from "../rows/random.ts";
import type { Value } from "../rows/store.ts";

/** Columns whose common combinations are drawn together: one for each row, or none where a row has a rarer one. */
export interface Combination {
  /** Names of its columns. */
  readonly columns: readonly string[];
  /** What row `number` has in the column at that place; undefined where its combination is a rarer one. */
  value(number: number, place: number): Value | undefined;
  /** What is left of a column for rows with a rarer combination. */
  rest(distribution: ColumnDistribution): ColumnDistribution;
}

/** Rows with rarer combinations are so few that they need no distribution of their own. */
const REST_LEAST = 0.001;

/**
 * The combinations that extended statistics list of the columns that `may` be drawn with others. Each column is in one of
 * them at most: that of most columns, then that which stands for most rows. Rarer combinations than those listed are
 * drawn as if the columns were independent of each other.
 */
export function combinationsOf(
  extended: readonly ExtendedDistribution[],
  may: (column: string) => boolean,
  random: Random,
): readonly Combination[] {
  const taken = new Set<string>();
  const found: Combination[] = [];
  const listed = extended
    .flatMap(({ columns = [], common }) => {
      const kept = columns.flatMap((column, at) => (may(column) ? [{ column, at }] : []));
      return common === null || kept.length < 2 ? [] : [{ kept, common, whole: sum(common.shares) }];
    })
    .toSorted((a, b) => b.kept.length - a.kept.length || b.whole - a.whole);
  for (const { kept, common } of listed) {
    const free = kept.filter(({ column }) => !taken.has(column));
    if (free.length < 2) continue;
    for (const { column } of free) taken.add(column);
    const items = common.values.map((values, at) => ({
      values: free.map((one) => values[one.at] ?? null),
      share: common.shares[at] ?? 0,
    }));
    found.push(
      combination(
        free.map(({ column }) => column),
        items,
        random,
      ),
    );
  }
  return found;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

interface Item {
  readonly values: readonly Value[];
  readonly share: number;
}

function combination(columns: readonly string[], items: readonly Item[], random: Random): Combination {
  const whole = Math.min(1, sum(items.map(({ share }) => share)));
  let last: { readonly number: number; readonly item: Item | null } | null = null;
  const draw = (): Item | null => {
    let left = random.float();
    for (const item of items) {
      left -= item.share;
      if (left < 0) return item;
    }
    return 1 - whole < REST_LEAST ? (items[0] ?? null) : null;
  };
  return {
    columns,
    value: (number, place) => {
      // All tries for one row are for the same combination.
      if (last?.number !== number) last = { number, item: draw() };
      return last.item === null ? undefined : (last.item.values[place] ?? null);
    },
    rest: (distribution) => {
      const place = columns.indexOf(distribution.column);
      if (place < 0 || 1 - whole < REST_LEAST) return distribution;
      const used = new Map<Value, number>();
      for (const { values, share } of items) {
        const value = values[place] ?? null;
        used.set(value, (used.get(value) ?? 0) + share);
      }
      const left = (value: Value, share: number): number => Math.max(0, share - (used.get(value) ?? 0)) / (1 - whole);
      const { common, nullShare } = distribution;
      // Also what nothing is left of stays in its place: others count on it.
      const shares = common?.values.map((value, at) => left(value, common.shares[at] ?? 0)) ?? [];
      return {
        ...distribution,
        nullShare: Math.min(1, left(null, nullShare)),
        common: common === null ? null : { values: common.values, shares },
      };
    },
  };
}
