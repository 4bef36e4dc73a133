import { assignInOrder } from "./assign.ts";
import type { Placed } from "./assign.ts";
import type { KeyedRandom } from "./random.ts";
import { Warp } from "./warp.ts";

/** How values of a type lie on a line of whole numbers, in the order of the type. */
export interface Scale {
  /** Null for what stays as it is (NaN, infinity). Throws for text that it does not know. */
  key(text: string): bigint | null;
  /** The text of a key; `like` is the value for which it stands, whose precision and form it takes. */
  text(key: bigint, like: string): string;
  /** The precision of a value: its key and its stand-in's are multiples of it. */
  step(text: string): bigint;
  /** The lowest and highest key of a type, with its modifiers. */
  range(type: string): readonly [bigint, bigint];
  /** From where magnitude counts; 0 where absent. */
  readonly origin?: bigint;
  /** How far small values move besides; nothing where absent. */
  shift?(random: KeyedRandom): bigint;
  /** Where a value goes, in place of a share of its distance from the origin. */
  move?(key: bigint, warp: Warp): bigint;
  /** Values go anywhere within the range: their magnitude means nothing. */
  readonly spread?: { readonly bits: number; readonly place: (random: bigint, key: bigint) => bigint };
  /** Whether zero stays zero, and sign is kept. */
  readonly keepsZero?: true;
}

/** A value of a column, with the column's type. */
export interface Typed {
  readonly text: string;
  readonly type: string;
}

interface Item {
  readonly key: bigint;
  step: bigint;
  min: bigint;
  max: bigint;
}

/** The stand-ins of values by their text: other values in the same order, of about the same magnitude. */
export function maskOnScale(values: readonly Typed[], scale: Scale, random: KeyedRandom): Map<string, string> {
  const items = new Map<bigint, Item>();
  const keys = new Map<string, bigint>();
  const ranges = new Map<string, readonly [bigint, bigint]>();
  for (const { text, type } of values) {
    const key = scale.key(text);
    if (key === null) continue;
    keys.set(text, key);
    const range = ranges.get(type) ?? scale.range(type);
    ranges.set(type, range);
    const step = scale.step(text);
    const known = items.get(key);
    if (known === undefined) {
      // A value outside its own type's range cannot be; one written without a modifier may.
      items.set(key, { key, step, min: range[0] < key ? range[0] : key, max: range[1] > key ? range[1] : key });
      continue;
    }
    if (step > known.step) known.step = step;
    if (range[0] > known.min) known.min = range[0] < key ? range[0] : key;
    if (range[1] < known.max) known.max = range[1] > key ? range[1] : key;
  }
  const ordered = [...items.values()].toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const masked = assignInOrder(placesOf(ordered, scale, random));
  const byKey = new Map(ordered.map(({ key }, at) => [key, masked[at] ?? key]));
  return new Map([...keys].map(([text, key]) => [text, scale.text(byKey.get(key) ?? key, text)]));
}

function placesOf(ordered: readonly Item[], scale: Scale, random: KeyedRandom): Placed[] {
  const { origin = 0n, spread } = scale;
  if (spread !== undefined) {
    const drawn = ordered
      .map(({ key }) => spread.place(random.bits(spread.bits), key))
      .toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    return ordered.map((item, at) => ({ ...item, target: drawn[at] ?? item.key }));
  }
  const shift = scale.shift?.(random) ?? 0n;
  const warp = new Warp(random);
  const move = (key: bigint): bigint => {
    if (scale.move !== undefined) return scale.move(key, warp);
    const distance = key - origin;
    return origin + warp.at(distance) + (distance < 0n ? -shift : shift);
  };
  return ordered.map((item) => {
    if (scale.keepsZero === undefined) return { ...item, target: move(item.key) };
    if (item.key === 0n) return { ...item, target: 0n, min: 0n, max: 0n };
    const target = move(item.key);
    return item.key > 0n
      ? { ...item, target, min: item.min > item.step ? item.min : item.step }
      : { ...item, target, max: item.max < -item.step ? item.max : -item.step };
  });
}
