import type { KeyedRandom } from "./random.ts";

/** Shares are kept in millionths. */
const WHOLE = 1_000_000n;
/** A distance from the origin changes by up to this share. */
const SHARE_MAX = 0.05;

/**
 * A keyed map of whole numbers that ascends strictly, keeps sign and zero, and changes a value by some percent: the
 * share goes from knot to knot, one for each power of two, in straight lines. With shares within ±5 % its derivative
 * is at least 1 - 0.05 - 0.1 / ln 2 > 0.8, so that order is kept.
 */
export class Warp {
  readonly #shares: number[] = [];
  readonly #random: KeyedRandom;

  constructor(random: KeyedRandom) {
    this.#random = random;
  }

  /** Where a value goes. */
  at(value: bigint): bigint {
    const magnitude = value < 0n ? -value : value;
    if (magnitude === 0n) return 0n;
    const share = BigInt(Math.round(this.shareAt(logarithm(magnitude)) * Number(WHOLE)));
    const moved = magnitude + (magnitude * share) / WHOLE;
    return value < 0n ? -moved : moved;
  }

  /** The share by which values of that power of two change: at most 0.05 up or down, and by 0.1 from one to the next. */
  shareAt(power: number): number {
    const knot = Math.floor(power);
    const [below, above] = [this.#share(knot), this.#share(knot + 1)];
    return below + (above - below) * (power - knot);
  }

  // Knots are drawn in their order, whichever is asked for first.
  #share(knot: number): number {
    while (this.#shares.length <= knot) this.#shares.push((this.#random.fraction() * 2 - 1) * SHARE_MAX);
    return this.#shares[knot] ?? 0;
  }
}

// To the base of two, for numbers of any size.
function logarithm(magnitude: bigint): number {
  const digits = magnitude.toString(16);
  const head = Number.parseInt(digits.slice(0, 12), 16);
  return Math.log2(head) + 4 * (digits.length - Math.min(digits.length, 12));
}
