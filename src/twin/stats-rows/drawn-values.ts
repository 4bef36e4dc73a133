import type { ColumnDistribution } from "../../model/planner-statistics.ts";
import type { ColumnType } from "../rows/column-type.ts";
import type { Random } from "../rows/random.ts";
import { elementsDrawing, rangesDrawing } from "./composite.ts";
import { JITTER_ROWS, correlated, ranks } from "./copula.ts";
import { boundsOf, quantilesOf } from "./quantiles.ts";

/** A column's values as they would be met in that many rows, in the order of rows; null for NULL. */
export type DrawnValues = readonly (string | null)[];

/** The values that statistics name, each once for as many rows as it stands for. */
const NAMED_ROWS_MAX = 2_000;

/**
 * Draws `count` values of a column whose table has `tableRows` rows, with its distinct values, nulls, and (where all of it is a
 * histogram) its order on disk. Values between two bounds are invented. Null where the statistics hold none.
 */
export function drawnValues(
  distribution: ColumnDistribution,
  type: ColumnType,
  { count, tableRows, random }: { readonly count: number; readonly tableRows: number; readonly random: Random },
): DrawnValues | null {
  const { nullShare, common, correlation, distinct } = distribution;
  const isNull = (): boolean => nullShare > 0 && random.chance(nullShare);
  const drawing = elementsDrawing(distribution, type) ?? rangesDrawing(distribution, type);
  if (drawing !== null) return Array.from({ length: count }, () => (isNull() ? null : drawing(random)));
  // As fine as the table's values, so that few are met twice by chance.
  const present = tableRows * (1 - nullShare);
  const all = Math.max(1, Math.min(present, distinct < 0 ? -distinct * tableRows : distinct || present));
  const quantiles = quantilesOf(distribution, type, null, { distinct: all, drawn: present });
  if (quantiles === null) return null;
  const order = common === null ? correlation : null;
  return Array.from({ length: count }, (_, at) =>
    isNull() ? null : quantiles.valueAt(correlated(random, at + 1, count, order, JITTER_ROWS)),
  );
}

/**
 * The values that a column's statistics name, none invented: each bound once, common values as often as they come
 * beside them. Null where the statistics hold none.
 */
export function namedValues(distribution: ColumnDistribution, random: Random): DrawnValues | null {
  const { nullShare, common, correlation } = distribution;
  const bounds = boundsOf(distribution);
  const shares = common?.shares ?? [];
  const rest = Math.max(0, 1 - nullShare - shares.reduce((sum, share) => sum + share, 0));
  if (bounds.length === 0 && shares.length === 0) return null;
  const wanted = bounds.length > 0 && rest > 0 ? bounds.length / rest : 1 / Math.max(1e-3, Math.min(...shares));
  const rows = Math.min(NAMED_ROWS_MAX, Math.max(bounds.length, Math.round(wanted)));
  const values: (string | null)[] = [
    ...(rest > 0 ? bounds : []),
    ...(common?.values ?? []).flatMap((value, at) =>
      Array.from({ length: Math.max(1, Math.round((shares[at] ?? 0) * rows)) }, () => value),
    ),
    ...Array.from({ length: Math.round(nullShare * rows) }, () => null),
  ];
  const order = ranks(random, values.length, common === null ? correlation : null);
  return Array.from(order, (rank) => values[rank] ?? null);
}
