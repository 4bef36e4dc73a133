import type { ColumnType } from "../rows/column-type.ts";

/** A value between two others of its type, at a share (0 to 1) of the way. In the server's text form. */
export type Between = (low: string, high: string, share: number) => string;

const SHARE_STEPS = 1_000_000_000;
const DAY_US = 86_400_000_000n;

const part = (low: bigint, high: bigint, share: number): bigint =>
  low + ((high - low) * BigInt(Math.round(share * SHARE_STEPS)) + BigInt(SHARE_STEPS / 2)) / BigInt(SHARE_STEPS);

/**
 * A type's values as whole numbers in the same order; null for a text that is none (`infinity`, `NaN`). A number that is
 * exact without being a bigint may be given as such, which is several times faster.
 */
export interface WholeScale {
  of(text: string): bigint | null;
  text(whole: bigint | number): string;
}

const INTEGERS: WholeScale = {
  of: (text) => (/^-?\d+$/.test(text) ? BigInt(text) : null),
  text: (whole) => `${whole}`,
};

function decimals(scale: number): WholeScale {
  return {
    of: (text) => {
      const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
      if (match === null) return null;
      const whole = BigInt(`${match[2]}${(match[3] ?? "").slice(0, scale).padEnd(scale, "0")}`);
      return match[1] === "-" ? -whole : whole;
    },
    text: (whole) => {
      const digits = `${whole < 0 ? -whole : whole}`.padStart(scale + 1, "0");
      const cut = digits.length - scale;
      return `${whole < 0 ? "-" : ""}${digits.slice(0, cut)}${scale > 0 ? `.${digits.slice(cut)}` : ""}`;
    },
  };
}

// Microseconds since 1970; `step` keeps days whole where all values seen are.
function moments(step: number, zone: string): WholeScale {
  return {
    of: (text) => microsecondsOf(text),
    // Years after 286,000 are beyond both.
    text: (whole) => {
      const us = Number(whole);
      const rounded = step <= 1 ? us : Math.floor(us / step) * step;
      const ms = Math.floor(rounded / 1000);
      const iso = new Date(ms).toISOString();
      const fine = step < 1_000_000 ? `${iso.slice(19, 23)}${`${rounded - ms * 1000}`.padStart(3, "0")}` : "";
      return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${fine}${zone}`;
    },
  };
}

function microsecondsOf(text: string): bigint | null {
  const match = /^(\d{4,5}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?)?(?:([+-]\d\d)(?::?(\d\d))?|Z)?$/.exec(
    text,
  );
  if (match === null) return null;
  const zone = match[4] === undefined ? "Z" : `${match[4]}:${match[5] ?? "00"}`;
  const ms = Date.parse(`${match[1]}T${match[2] ?? "00:00:00"}${zone}`);
  return Number.isNaN(ms) ? null : BigInt(ms) * 1000n + BigInt((match[3] ?? "").padEnd(6, "0"));
}

const DATES: WholeScale = {
  of: (text) => {
    const whole = microsecondsOf(text);
    return whole === null ? null : whole / DAY_US;
  },
  text: (whole) => new Date(Number(whole) * 86_400_000).toISOString().slice(0, 10),
};

const TIMES: WholeScale = {
  of: (text) => {
    const match = /^(\d\d):(\d\d):(\d\d)/.exec(text);
    return match === null ? null : BigInt(Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]));
  },
  text: (whole) => new Date((Number(whole) % 86_400) * 1000).toISOString().slice(11, 19),
};

const UUIDS: WholeScale = {
  of: (text) => (/^[\da-f-]{36}$/i.test(text) ? BigInt(`0x${text.replaceAll("-", "")}`) : null),
  text: (whole) => {
    const hex = BigInt(whole).toString(16).padStart(32, "0");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  },
};

/**
 * How values of a type are counted; null for types whose values lie on no line. `seen` are values of the column:
 * what they share (whole days, decimals) is kept.
 */
export function wholeScale(type: ColumnType, seen: readonly string[]): WholeScale | null {
  switch (type.kind) {
    case "integer":
      return INTEGERS;
    case "decimal":
    case "float":
      return decimals(decimalsOf(type, seen));
    case "date":
      return DATES;
    case "instant": {
      const zone = /with time zone|timestamptz/i.test(type.sql) ? "+00" : "";
      const days = seen.every((text) => /^\d+-\d\d-\d\d( 00:00:00)?([+-]00)?$/.test(text));
      const seconds = seen.every((text) => !text.includes("."));
      return moments(days ? Number(DAY_US) : seconds ? 1_000_000 : 1, zone);
    }
    case "time":
      return TIMES;
    case "uuid":
      return UUIDS;
    default:
      return null;
  }
}

function decimalsOf(type: ColumnType, seen: readonly string[]): number {
  const most = seen.reduce((all, text) => Math.max(all, /\.(\d+)$/.exec(text)?.[1]?.length ?? 0), 0);
  return Math.min(type.scale ?? 18, Math.max(most, type.kind === "float" && most > 0 ? 6 : 0));
}

/**
 * The way between values of a type, fine enough to tell `wanted` values apart between two neighbours. Where there is
 * none (boolean, json, bytes), one of the two is given.
 */
export function betweenOf(type: ColumnType, seen: readonly string[], wanted: number): Between {
  const prepare =
    type.kind === "text"
      ? textsBetween(wanted, type.length ?? Number.MAX_SAFE_INTEGER)
      : wholesBetween(wholeScale(type, seen));
  // The same few stretches are asked for again and again.
  const stretches = new Map<string, { readonly high: string; readonly at: (share: number) => string }>();
  return (low, high, share) => {
    let stretch = stretches.get(low);
    if (stretch === undefined || stretch.high !== high)
      stretches.set(low, (stretch = { high, at: prepare(low, high) }));
    return stretch.at(share);
  };
}

/** Prepares the values between two others. */
type Stretching = (low: string, high: string) => (share: number) => string;

/** Texts of a stretch of fewer values are made once: days take longest. */
const REMEMBERED = 1_000;

function wholesBetween(scale: WholeScale | null): Stretching {
  return (low, high) => {
    const [from, to] = [scale?.of(low) ?? null, scale?.of(high) ?? null];
    if (scale === null || from === null || to === null) return (share) => (share < 0.5 ? low : high);
    const [first, width] = [Number(from), Number(to - from)];
    if (Number.isSafeInteger(first) && Number.isSafeInteger(Number(to)) && Number.isSafeInteger(width)) {
      const texts: string[] = [];
      return (share) => {
        const step = Math.floor(width * share + 0.5);
        return width < REMEMBERED ? (texts[step] ??= scale.text(first + step)) : scale.text(first + step);
      };
    }
    return (share) => scale.text(part(from, to, share));
  };
}

/** More texts than are wanted lie between two others by so much, so that few are drawn twice. */
const ROOM_FACTOR = 4;
/** So many characters a text may be longer than its neighbours. */
const GROWTH_MAX = 6;
/** Beyond it steps are no longer told apart by a number of double precision. */
const STEPS_MAX = 2 ** 50;

const CLASSES = ["0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"];

// A text between two others keeps the lower one's form: a digit stays a digit, a letter a letter, and what is neither
// (the @ of an address) stays as it is. As many places change as it takes to tell `wanted` texts apart. Numbers at the
// same place of otherwise equal texts ("Place 0107") are counted.
function textsBetween(wanted: number, longest: number): Stretching {
  const steps = Math.min(STEPS_MAX, Math.max(2, wanted) * ROOM_FACTOR);
  return (low, high) => {
    const between = countedBetween(low, high) ?? shapedBetween(low, high, { steps, longest });
    return (share) => (share <= 0 ? low : share >= 1 ? high : between(share));
  };
}

function shapedBetween(
  low: string,
  high: string,
  { steps, longest }: { readonly steps: number; readonly longest: number },
): (share: number) => string {
  let same = 0;
  while (same < low.length && low.charAt(same) === high.charAt(same)) same++;
  let text = low;
  const places: { readonly at: number; readonly letters: string }[] = [];
  let [from, to, room] = [0, 0, 1];
  for (
    let at = same;
    to - from < steps && room < STEPS_MAX / 100 && at < Math.min(longest, low.length + GROWTH_MAX);
    at++
  ) {
    // A text with too few places to change grows by digits.
    if (at >= text.length) text += "0";
    const letters = CLASSES.find((one) => one.includes(text.charAt(at)));
    if (letters === undefined) continue;
    const place = letters.indexOf(high.charAt(at));
    const beyond = high.charAt(at) > (letters.at(-1) ?? "") ? letters.length - 1 : 0;
    places.push({ at, letters });
    from = from * letters.length + letters.indexOf(text.charAt(at));
    to = to * letters.length + (place < 0 ? beyond : place);
    room *= letters.length;
  }
  const width = (to > from ? to : room - 1) - from;
  const turned = places.toReversed();
  return (share) => {
    let value = Math.floor(from + width * share);
    let end = text.length;
    let made = "";
    for (const { at, letters } of turned) {
      made = `${letters.charAt(value % letters.length)}${text.slice(at + 1, end)}${made}`;
      end = at;
      value = Math.floor(value / letters.length);
    }
    return `${text.slice(0, end)}${made}`;
  };
}

function countedBetween(low: string, high: string): ((share: number) => string) | null {
  const [a, b] = [/^(.*?)(\d+)(\D*)$/s.exec(low), /^(.*?)(\d+)(\D*)$/s.exec(high)];
  if (a === null || b === null || a[1] !== b[1] || a[2]?.length !== b[2]?.length) return null;
  const [start, digits = "", rest] = [a[1] ?? "", a[2], a[3] ?? ""];
  const [from, to] = [BigInt(digits), BigInt(b[2] ?? 0)];
  const [first, width] = [Number(from), Number(to - from)];
  const isSafe = Number.isSafeInteger(Number(to)) && Number.isSafeInteger(width);
  return (share) => {
    const whole = isSafe ? first + Math.floor(width * share + 0.5) : part(from, to, share);
    return `${start}${`${whole}`.padStart(digits.length, "0")}${rest}`;
  };
}
