import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A stream of random numbers that is the same for the same seed and label. */
export interface Random {
  /** 0 (included) to 1 (excluded). */
  float(): number;
  /** A whole number from 0 to `below` − 1. */
  int(below: number): number;
  chance(probability: number): boolean;
  /** One of the items; throws when there is none. */
  pick<T>(items: readonly T[]): T;
  /** `digits` hexadecimal digits. */
  hex(digits: number): string;
}

// FNV-1a: spreads labels over 32 bits, so that each table draws from a stream of its own.
function hash(text: string): number {
  let value = 0x81_1c_9d_c5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01_00_01_93);
  }
  return value >>> 0;
}

/** The stream of `seed` and `label` (xoroshiro128+ of pure-rand). */
export function randomOf(seed: number, label: string): Random {
  const generator = xoroshiro128plus((hash(label) ^ Math.trunc(seed)) | 0);
  const float = (): number => uniformFloat64(generator);
  const int = (below: number): number => Math.floor(float() * below);
  return {
    float,
    int,
    chance: (probability) => float() < probability,
    pick: <T>(items: readonly T[]): T => {
      if (items.length === 0) throw new Error("nothing to pick from");
      return items[int(items.length)] as T;
    },
    hex: (digits) => {
      let text = "";
      while (text.length < digits) text += int(0x1_00_00_00).toString(16).padStart(6, "0");
      return text.slice(0, digits);
    },
  };
}

/**
 * Draws from 0 … count − 1 so that the first 1 % are drawn with probability `share`: the power law
 * `count × u^k` with `k = ln 0.01 / ln share`, for which P(index < 0.01 × count) = share. 0.01 is even.
 */
export function skewedIndex(random: Random, count: number, share: number): number {
  const bounded = Math.min(0.95, Math.max(0.01, share));
  const power = Math.log(0.01) / Math.log(bounded);
  return Math.min(count - 1, Math.floor(count * random.float() ** power));
}
