import type { Scale } from "./scale.ts";
import { parseTypeName } from "../type-name.ts";

/** Decimal places to which all exact numbers are brought; those with more are no usual figures and are refused. */
const PLACES = 40;
const ONE = 10n ** BigInt(PLACES);

const INTEGERS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  smallint: [-(2n ** 15n), 2n ** 15n - 1n],
  integer: [-(2n ** 31n), 2n ** 31n - 1n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
  oid: [0n, 2n ** 32n - 1n],
};

/** Exact numbers: integers and `numeric`, as multiples of 10^-40. */
export const EXACT: Scale = {
  key: (text) => {
    if (/^(?:NaN|-?Infinity)$/.test(text)) return null;
    const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
    const places = found?.[3] ?? "";
    if (found === null || places.length > PLACES) throw new Error("this is no exact number");
    const magnitude = BigInt(`${found[2]}${places.padEnd(PLACES, "0")}`);
    return found[1] === "-" ? -magnitude : magnitude;
  },
  text: (key, like) => {
    const places = placesOf(like);
    const digits = String(key < 0n ? -key : key).padStart(PLACES + 1, "0");
    const whole = digits.slice(0, -PLACES);
    const fraction = digits.slice(-PLACES).slice(0, places);
    return `${key < 0n ? "-" : ""}${whole}${places === 0 ? "" : `.${fraction}`}`;
  },
  step: (text) => 10n ** BigInt(PLACES - placesOf(text)),
  range: (type) => {
    const { name, modifiers } = parseTypeName(type);
    const integer = INTEGERS[name];
    if (integer !== undefined) return [integer[0] * ONE, integer[1] * ONE];
    const [precision, scale = "0"] = modifiers;
    // Without a stated precision: 131,072 digits (manual, table 8.2); no value gets near.
    if (precision === undefined) return [-(10n ** 200n) * ONE, 10n ** 200n * ONE];
    const most = 10n ** BigInt(PLACES + Number(precision) - Number(scale)) - 10n ** BigInt(PLACES - Number(scale));
    return [-most, most];
  },
  // Small numbers move too: 1 becomes another number of one or two digits.
  shift: (random) => BigInt(3 + random.below(9)) * ONE,
  keepsZero: true,
};

const placesOf = (text: string): number => text.length - 1 - (text.includes(".") ? text.indexOf(".") : text.length - 1);

const view = new DataView(new ArrayBuffer(8));

/** Floating point numbers as the whole numbers that order alike: their bits, those of negatives turned round. */
function floating(bits: 32 | 64): Scale {
  const write = (value: number): bigint => {
    if (bits === 64) view.setFloat64(0, value);
    else view.setFloat32(0, value);
    const raw = bits === 64 ? view.getBigInt64(0) : BigInt(view.getInt32(0));
    return raw < 0n ? -(raw + 2n ** BigInt(bits - 1)) : raw;
  };
  const read = (key: bigint): number => {
    const raw = key < 0n ? -key - 2n ** BigInt(bits - 1) : key;
    if (bits === 64) view.setBigInt64(0, raw);
    else view.setInt32(0, Number(raw));
    return bits === 64 ? view.getFloat64(0) : view.getFloat32(0);
  };
  const largest = write(bits === 64 ? Number.MAX_VALUE : 3.4028234663852886e38);
  return {
    key: (text) => {
      if (/^(?:NaN|-?Infinity)$/.test(text)) return null;
      const value = Number(text);
      if (text.trim() === "" || Number.isNaN(value)) throw new Error("this is no number");
      return write(value);
    },
    text: (key) => {
      const value = read(key);
      // Nine digits tell any real from its neighbours (IEEE 754, table of 5.12.2).
      return bits === 64 ? String(value) : String(Number(value.toPrecision(9)));
    },
    step: () => 1n,
    range: () => [-largest, largest],
    // The bits of a number go with its logarithm, `unit` for a power of two: a share of that is one of the number.
    move: (key, warp) => {
      const unit = bits === 64 ? 2 ** 52 : 2 ** 23;
      const magnitude = key < 0n ? -key : key;
      const moved = magnitude + BigInt(Math.round(warp.shareAt(Number(magnitude) / unit) * unit));
      return key < 0n ? -moved : moved;
    },
    keepsZero: true,
  };
}

/** `real`. */
export const REAL: Scale = floating(32);
/** `double precision`. */
export const DOUBLE: Scale = floating(64);
