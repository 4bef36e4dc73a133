import type { ColumnDistribution } from "../../model/planner-statistics.ts";
import type { ColumnType } from "../rows/column-type.ts";
import type { Random } from "../rows/random.ts";
import { wholeScale } from "./between.ts";

/** Draws one value; null where it cannot. */
export type Drawing = (random: Random) => string | null;

/**
 * Arrays and search documents of elements that come as often as stated, each by itself; common whole values keep
 * their share. Null where nothing is known of elements.
 */
export function elementsDrawing(distribution: ColumnDistribution, type: ColumnType): Drawing | null {
  const { elements, elementCounts, common } = distribution;
  if (elements === null || (type.kind !== "array" && type.kind !== "words")) return null;
  const present = Math.max(1e-9, 1 - distribution.nullShare);
  const counts = (elementCounts ?? []).slice(0, -1);
  const listed = elements.shares.reduce((sum, share) => sum + share, 0);
  // The last of the counts is their average (array_typanalyze.c): what the list does not come to is rare elements.
  const rare = 1 - Math.min(1, listed / Math.max(1e-9, elementCounts?.at(-1) ?? listed));
  const pairs = elements.values.map((value, index) => ({ value, share: elements.shares[index] ?? 0 }));
  const frequent = pairs.filter(({ share }) => share >= FREQUENT_MIN);
  const others = pairs.filter(({ share }) => share < FREQUENT_MIN);
  const mayInvent = (type.kind === "words" || type.element?.kind === "text") && rare >= RARE_MIN;
  return (random) => {
    let at = random.float() * present;
    for (const [index, value] of (common?.values ?? []).entries()) {
      at -= common?.shares[index] ?? 0;
      if (at < 0) return value;
    }
    const held = new Set(frequent.flatMap(({ value, share }) => (random.chance(share) ? [value] : [])));
    const wanted = counts.length === 0 ? Math.round(listed) : (counts[random.int(counts.length)] as number);
    const triesMax = mayInvent || others.length > 0 ? 4 * wanted + 8 : 0;
    for (let tries = 0; held.size < wanted && tries < triesMax; tries++)
      held.add(mayInvent && random.chance(rare) ? `w${random.hex(5)}` : weighted(random, others));
    const items = [...held].toSorted();
    return type.kind === "words"
      ? items.map((word, place) => `'${word.replaceAll("\\", "\\\\").replaceAll("'", "''")}':${place + 1}`).join(" ")
      : `{${items.map((item) => `"${item.replaceAll(/["\\]/g, "\\$&")}"`).join(",")}}`;
  };
}

interface Weighted {
  readonly value: string;
  readonly share: number;
}

function weighted(random: Random, elements: readonly Weighted[]): string {
  let left = random.float() * elements.reduce((sum, { share }) => sum + share, 0);
  for (const { value, share } of elements) {
    left -= share;
    if (left < 0) return value;
  }
  return elements.at(-1)?.value ?? `w${random.hex(5)}`;
}

/** Elements of so many rows are drawn each by itself; the others fill what is left of a row's number of elements. */
const FREQUENT_MIN = 0.5;
/** Below this share the list of elements is taken to hold all there are. */
const RARE_MIN = 0.05;
const DAY_S = 86_400;

/** Ranges whose lower bounds and lengths are spread as stated. Null where nothing is known of them. */
export function rangesDrawing(distribution: ColumnDistribution, type: ColumnType): Drawing | null {
  const { rangeBounds, rangeLengths } = distribution;
  if (type.kind !== "range" || type.element === null || rangeBounds === null) return null;
  const lows = rangeBounds.map((text) => /^[[(]"?([^",]*)"?,/.exec(text)?.[1] ?? "");
  const scale = wholeScale(type.element, lows);
  // Lengths come in the subtype's own difference: seconds of moments, days of dates, else the number itself.
  const unit = type.element.kind === "instant" ? 1_000_000 : 1;
  const step = type.element.kind === "decimal" ? 10 ** (scale?.text(0n).split(".")[1]?.length ?? 0) : unit;
  return (random) => {
    if (random.chance(distribution.rangeEmptyShare ?? 0)) return "empty";
    const bucket = random.int(Math.max(1, lows.length - 1));
    const whole = rangeBounds[random.int(rangeBounds.length)] ?? null;
    const [low, high] = [
      scale?.of(lows[bucket] ?? "") ?? null,
      scale?.of(lows[bucket + 1] ?? lows[bucket] ?? "") ?? null,
    ];
    if (scale === null || low === null || high === null || rangeLengths === null || rangeLengths.length === 0)
      return whole;
    const from = low + BigInt(Math.floor(random.float() * Number(high - low)));
    const place = random.float() * (rangeLengths.length - 1);
    const [short, long] = [rangeLengths[Math.floor(place)] ?? 0, rangeLengths[Math.ceil(place)] ?? 0];
    const length = short + (long - short) * (place % 1);
    if (!Number.isFinite(length) || length > 1e6 * DAY_S) return whole;
    const to = from + BigInt(Math.max(1, Math.round(length * step)));
    return `["${scale.text(from)}","${scale.text(to)}")`;
  };
}
