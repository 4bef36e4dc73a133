import { SpecError } from "./cursor.ts";
import { nearest } from "./nearest.ts";

const AMOUNT = /^(?<sign>[-+]?)(?<whole>\d[\d_]*)(?<part>\.\d+)?(?:\s*(?<unit>\p{L}[\p{L}]*|%))?$/u;

interface Amount {
  readonly value: number;
  readonly unit: string;
}

// Decimal text only: 0x10, 1:30 and 1e6 read differently in YAML 1.1, 1.2 and in people's heads.
function amount(text: string, expected: string): Amount {
  const groups = AMOUNT.exec(text.trim())?.groups;
  if (groups === undefined) throw new SpecError(`"${text}" is no amount`, 0, expected);
  if (groups["sign"] === "-") throw new SpecError(`"${text}" is negative`, 0, expected);
  const digits = (groups["whole"] ?? "").replaceAll("_", "");
  if (/^0\d/.test(digits))
    throw new SpecError(
      `"${text}" begins with a zero, which some read as octal`,
      0,
      expected,
      `write ${Number(digits)}`,
    );
  return { value: Number(digits + (groups["part"] ?? "")), unit: groups["unit"] ?? "" };
}

function scaled(text: string, units: Readonly<Record<string, number>>, expected: string): number {
  const { value, unit } = amount(text, expected);
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (factor !== undefined) return rounded(value * factor);
  if (unit === "") throw new SpecError(`"${text}" has no unit`, 0, expected);
  const guess = SPOKEN[unit.toLowerCase()] ?? nearest(unit, Object.keys(units));
  const known = guess !== null && Object.hasOwn(units, guess);
  throw new SpecError(`unknown unit "${unit}"`, text.indexOf(unit), expected, known ? `did you mean ${guess}?` : null);
}

// 2.4 × 1000 is 2400.0000000000005 in binary; nobody states an amount to twelve digits.
const rounded = (value: number): number => Number(value.toPrecision(12));

/** What people say for a unit of the language. */
const SPOKEN: Readonly<Record<string, string>> = {
  mio: "M",
  mn: "M",
  mm: "M",
  m: "M",
  million: "M",
  millions: "M",
  thousand: "k",
  tsd: "k",
  bn: "B",
  billion: "B",
  mrd: "B",
  g: "B",
  bytes: "B",
  byte: "B",
  kb: "kB",
  sec: "s",
  second: "s",
  minute: "min",
  mins: "min",
  minutes: "min",
  hour: "h",
  hours: "h",
  hr: "h",
  msec: "ms",
  millisecond: "ms",
  milliseconds: "ms",
};

const whole = (value: number, text: string, expected: string): number => {
  if (!Number.isSafeInteger(value)) throw new SpecError(`"${text}" is not a whole number`, 0, expected);
  return value;
};

const ROWS = { "": 1, k: 1e3, K: 1e3, M: 1e6, B: 1e9 };
const BYTES = { B: 1, kB: 1e3, MB: 1e6, KiB: 1024, MiB: 1_048_576 };
const SECONDS = { ms: 0.001, s: 1, min: 60, h: 3600, day: 86_400, days: 86_400, week: 604_800, weeks: 604_800 };
const MONTHS = { month: 1, months: 1, year: 12, years: 12 };
const PER = { s: 1, min: 60, h: 3600, day: 86_400 };

/** Rows: `200`, `40k`, `2.5M`, `1B` (10⁹). */
export function parseRows(text: string): number {
  const expected = "a number of rows such as 200, 40k, 2.5M or 1B";
  return whole(scaled(text, ROWS, expected), text, expected);
}

/** Bytes: `600 B`, `2 kB` (1000), `2 KiB` (1024). At least 1. */
export function parseBytes(text: string): number {
  const expected = "a size such as 600 B, 2 kB or 4 KiB";
  const bytes = whole(scaled(text, BYTES, expected), text, expected);
  if (bytes === 0) throw new SpecError("a row has at least one byte", 0, expected);
  return bytes;
}

/** A span of time in seconds: `20 ms`, `5 min`, `1 h`, `2 days`. */
export function parseSeconds(text: string): number {
  return scaled(text, SECONDS, "a time with its unit such as 20 ms, 5 s, 5 min, 1 h or 2 days");
}

/** Whole months: `18 months`, `7 years`. At least one, at most 1200. */
export function parseMonths(text: string): number {
  const expected = "a period in whole months or years such as 18 months or 7 years";
  const trimmed = text.trim();
  const days = /^(\d+)\s*(days?|weeks?)$/.exec(trimmed);
  if (days !== null) {
    const months = Math.max(1, Math.round((Number(days[1]) * (days[2]?.startsWith("w") === true ? 7 : 1)) / 30.4375));
    throw new SpecError(`"${text}" is not in months`, 0, expected, `write ${months} month${months === 1 ? "" : "s"}`);
  }
  const months = whole(scaled(trimmed, MONTHS, expected), text, expected);
  if (months < 1 || months > 1200) throw new SpecError(`"${text}" is out of bounds`, 0, "1 month to 100 years");
  return months;
}

/** Calls a second: `120/s`, `10/min`, `500/h`, `2000/day`. More than none. */
export function parseRate(text: string): number {
  const expected = "a rate such as 120/s, 10/min, 500/h or 2k/day";
  const slash = text.indexOf("/");
  if (slash < 0) throw new SpecError(`"${text}" has no unit of time`, 0, expected);
  const count = scaled(text.slice(0, slash), ROWS, expected);
  const unit = text.slice(slash + 1).trim();
  const seconds = Object.hasOwn(PER, unit) ? PER[unit as keyof typeof PER] : undefined;
  if (seconds === undefined) {
    const guess = SPOKEN[unit.toLowerCase()] ?? nearest(unit, Object.keys(PER));
    const mend = guess !== null && Object.hasOwn(PER, guess) ? `did you mean /${guess}?` : null;
    throw new SpecError(`unknown unit of time "${unit}"`, slash + 1, expected, mend);
  }
  if (count === 0) throw new SpecError("a rate of nothing", 0, expected, "leave the pattern out");
  return count / seconds;
}

/** A share of the whole, 0 to 1: `20%`. */
export function parseShare(text: string): number {
  const expected = "a share of the whole such as 20%";
  const { value, unit } = amount(text, expected);
  if (unit !== "%") throw new SpecError(`"${text}" has no %`, 0, expected);
  if (value > 100) throw new SpecError(`"${text}" is more than the whole`, 0, expected);
  return value / 100;
}

/**
 * How uneven rows are spread, as the share of rows that the busiest 1 % of parents hold. `even` is 0.01;
 * `20%` is that share itself; `80/20` says that the busiest 20 % hold 80 %, and the Pareto distribution
 * through that point (the busiest p hold p^(ln 0.8 / ln 0.2)) gives the busiest 1 % 0.53.
 */
export function parseSkew(text: string): number {
  const expected = "even, a share such as 20% (of the rows, held by the busiest 1 % of parents), or 80/20";
  const trimmed = text.trim();
  if (trimmed === "even") return 0.01;
  const pareto = /^(\d{1,2}(?:\.\d+)?)\s*\/\s*(\d{1,2}(?:\.\d+)?)$/.exec(trimmed);
  if (pareto === null) return parseShare(trimmed);
  const rows = Number(pareto[1]) / 100;
  const parents = Number(pareto[2]) / 100;
  if (rows <= 0 || parents <= 0 || rows < parents)
    throw new SpecError(`"${text}" gives the busiest parents less than their share`, 0, expected);
  return Math.max(0.01, 0.01 ** (Math.log(rows) / Math.log(parents)));
}
