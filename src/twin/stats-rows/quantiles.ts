import type { ColumnDistribution } from "../../model/planner-statistics.ts";
import type { ColumnType } from "../rows/column-type.ts";
import { betweenOf } from "./between.ts";

/** A column's values in ascending order, as far as its statistics tell. */
export interface Quantiles {
  /** The value below which the share `at` (0 to 1) of the values that are not null lies. */
  valueAt(at: number): string;
}

interface Segment {
  /** Where it ends, from 0 to 1. */
  end: number;
  /** A common value, or null: then a stretch of the histogram. */
  readonly common: string | null;
  /** The stretch of the values that are not common, from 0 to 1. */
  readonly from: number;
  readonly to: number;
}

/** Up to so many values for each bound, a histogram is about a list of the values there are. */
const SNAP_FACTOR = 1.3;

/**
 * Reads a distribution as a function. `order` gives the places of histogram bounds and then common values (by their
 * index) in ascending order as the server has them, or null where it does not matter; `distinct` is how many values
 * are to be seen when `drawn` values are taken at random places. Null where the statistics hold no value.
 */
export function quantilesOf(
  distribution: ColumnDistribution,
  type: ColumnType,
  order: readonly number[] | null,
  { distinct, drawn }: { readonly distinct: number; readonly drawn: number },
): Quantiles | null {
  const bounds = boundsOf(distribution);
  const { values = [], shares = [] } = distribution.common ?? {};
  if (bounds.length < 2 && values.length === 0) return null;
  const present = Math.max(1e-9, 1 - distribution.nullShare);
  const weights = shares.map((share) => share / present);
  const listed = weights.reduce((sum, share) => sum + share, 0);
  // Without a histogram the common values are all there are (analyze.c keeps one from two further values on).
  const rest = bounds.length < 2 ? 0 : Math.max(0, 1 - listed);
  const whole = listed + rest;
  const scaled = weights.map((share) => share / whole);
  const segments = segmentsOf(bounds.length, values, scaled, rest / whole, order);
  const others = poolFor(distinct - values.length, (drawn * rest) / whole, bounds.length);
  const between = betweenOf(type, [...bounds, ...values], Math.min(others, drawn) / Math.max(1, bounds.length - 1));
  const listedValues = new Set(values);
  const uncommon = (share: number): string => {
    const part = others === Infinity ? share : Math.min(others - 1, Math.floor(share * others)) / (others - 1);
    const place = part * (bounds.length - 1);
    const bucket = Math.min(bounds.length - 2, Math.floor(place));
    if (others <= SNAP_FACTOR * bounds.length) return bounds[Math.round(place)] as string;
    const value = between(bounds[bucket] as string, bounds[bucket + 1] as string, place - bucket);
    return listedValues.has(value) ? (bounds[bucket] as string) : value;
  };
  return {
    valueAt: (at) => {
      const found = firstEndingAfter(segments, at);
      const segment = segments[found] as Segment;
      if (segment.common !== null) return segment.common;
      const width = segment.to - segment.from;
      const before = segments[found - 1]?.end ?? 0;
      const share = segment.end <= before ? 0 : (at - before) / (segment.end - before);
      return uncommon(segment.from + width * share);
    },
  };
}

// How many values to draw from so that `wanted` of them turn up among `drawn`: n (1 - e^(-d/n)), solved by halving.
function poolFor(wanted: number, drawn: number, bounds: number): number {
  // A small table whose values are all different: the bounds are its values.
  if (wanted >= 0.98 * drawn) return drawn <= SNAP_FACTOR * bounds ? Math.max(2, Math.round(drawn)) : Infinity;
  let [low, high] = [Math.max(2, wanted), Math.max(2, wanted) * 64];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (middle * -Math.expm1(-drawn / middle) < wanted) low = middle;
    else high = middle;
  }
  return Math.max(2, Math.round(high));
}

/** The histogram's bounds; the true extremes stand at its ends where they are known. */
export function boundsOf({ histogram, extremes }: ColumnDistribution): readonly string[] {
  const bounds = histogram ?? [];
  if (extremes === undefined || bounds.length < 2) return bounds;
  return [extremes.lowest, ...bounds.slice(1, -1), extremes.highest];
}

// Common values and stretches of the histogram by turns, in ascending order.
function segmentsOf(
  bounds: number,
  values: readonly string[],
  shares: readonly number[],
  rest: number,
  order: readonly number[] | null,
): readonly Segment[] {
  const buckets = Math.max(1, bounds - 1);
  const segments: Segment[] = [];
  let end = 0;
  let reached = 0;
  const stretch = (to: number): void => {
    if (rest <= 0 || to <= reached) return;
    end += rest * (to - reached);
    segments.push({ end, common: null, from: reached, to });
    reached = to;
  };
  const common = (index: number): void => {
    end += shares[index] ?? 0;
    segments.push({ end, common: values[index] as string, from: 0, to: 0 });
  };
  if (order === null) for (const index of values.keys()) common(index);
  // A common value between two bounds stands in their middle: more is not known.
  else {
    let bound = 0;
    for (const place of order) {
      if (place < bounds) bound = place;
      else {
        stretch(Math.max(reached, Math.min(1, (bound + 0.5) / buckets)));
        common(place - bounds);
      }
    }
  }
  stretch(1);
  const last = segments.at(-1);
  if (last !== undefined) last.end = 1;
  return segments;
}

function firstEndingAfter(segments: readonly Segment[], at: number): number {
  let [low, high] = [0, segments.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle] as Segment).end > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
