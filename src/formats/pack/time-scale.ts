import type { Scale } from "./scale.ts";

const SECOND = 1_000_000n;
const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;
const DAY = 24n * HOUR;
/** Precisions that people write, in microseconds, coarsest first: a midnight stays a midnight. */
const PRECISIONS: readonly bigint[] = [DAY, HOUR, MINUTE, SECOND, 1000n];

const precisionOf = (microseconds: bigint): bigint => PRECISIONS.find((unit) => microseconds % unit === 0n) ?? 1n;

/** Days of the Gregorian calendar since 1970-01-01, by eras of 400 years with years that begin in March. */
function daysOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

function dateText(days: number): { readonly text: string; readonly era: string } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const part = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * part + 2) / 5) + 1;
  const month = part < 10 ? part + 3 : part - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const digits = (value: number, width: number): string => String(value).padStart(width, "0");
  // There is no year 0: the one before 1 is 1 BC.
  const shown = year > 0 ? year : 1 - year;
  return { text: `${digits(shown, 4)}-${digits(month, 2)}-${digits(day, 2)}`, era: year > 0 ? "" : " BC" };
}

const DATE_PATTERN = /^(\d{4,7})-(\d\d)-(\d\d)( BC)?$/;

function readDate(text: string): number {
  const found = DATE_PATTERN.exec(text);
  if (found === null) throw new Error("this is no date");
  const year = Number(found[1]);
  return daysOf(found[4] === undefined ? year : 1 - year, Number(found[2]), Number(found[3]));
}

const isInfinite = (text: string): boolean => /^-?infinity$/.test(text);

// The server's first and last day (manual, table 8.9).
const FIRST_DAY = BigInt(daysOf(-4712, 1, 1));
const LAST_DAY = BigInt(daysOf(5_874_897, 12, 31));
const LAST_MOMENT_DAY = BigInt(daysOf(294_276, 12, 31));

/** Dates in days; `now` (ISO 8601, UTC) is from where distance counts, so that recent days stay recent. */
export function dateScale(now: string): Scale {
  return {
    key: (text) => (isInfinite(text) ? null : BigInt(readDate(text))),
    text: (key) => {
      const { text, era } = dateText(Number(key));
      return `${text}${era}`;
    },
    step: () => 1n,
    range: () => [FIRST_DAY, LAST_DAY],
    origin: BigInt(readDate(now.slice(0, 10))),
  };
}

function readTime(text: string): bigint {
  const found = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/.exec(text);
  if (found === null) throw new Error("this is no time of day");
  return (
    BigInt(found[1] ?? "") * HOUR +
    BigInt(found[2] ?? "") * MINUTE +
    BigInt(found[3] ?? "") * SECOND +
    BigInt((found[4] ?? "").padEnd(6, "0"))
  );
}

function timeText(microseconds: bigint): string {
  const two = (value: bigint): string => String(value).padStart(2, "0");
  const fraction = String(microseconds % SECOND)
    .padStart(6, "0")
    .replace(/0+$/, "");
  const whole = `${two(microseconds / HOUR)}:${two((microseconds / MINUTE) % 60n)}:${two((microseconds / SECOND) % 60n)}`;
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

const MOMENT_PATTERN = /^(\d{4,7}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,6})?)(\+00)?( BC)?$/;

function readMoment(text: string): bigint {
  const found = MOMENT_PATTERN.exec(text);
  if (found === null) throw new Error("this is no moment in UTC");
  return BigInt(readDate(`${found[1]}${found[4] ?? ""}`)) * DAY + readTime(found[2] ?? "");
}

/** Timestamps with or without time zone, in microseconds; as {@link dateScale}. */
export function momentScale(now: string): Scale {
  return {
    key: (text) => (isInfinite(text) ? null : readMoment(text)),
    text: (key, like) => {
      const inDay = ((key % DAY) + DAY) % DAY;
      const { text, era } = dateText(Number((key - inDay) / DAY));
      return `${text} ${timeText(inDay)}${like.includes("+00") ? "+00" : ""}${era}`;
    },
    step: (text) => (isInfinite(text) ? 1n : precisionOf(readMoment(text))),
    range: () => [FIRST_DAY * DAY, LAST_MOMENT_DAY * DAY],
    origin: BigInt(Date.parse(now)) * 1000n,
  };
}

/** Times of day without time zone, in microseconds. */
export const TIME: Scale = {
  key: readTime,
  text: timeText,
  // Midnight is an hour like others.
  step: (text) => (readTime(text) % HOUR === 0n ? HOUR : precisionOf(readTime(text))),
  range: () => [0n, DAY],
};

const INTERVAL_PATTERN =
  /^(?:([-+]?\d+) years? ?)?(?:([-+]?\d+) mons? ?)?(?:([-+]?\d+) days? ?)?(?:([-+]?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?$/;

// As the server compares them: a month is 30 days, a day 24 hours.
function readInterval(text: string): bigint {
  const found = text === "" ? null : INTERVAL_PATTERN.exec(text);
  if (found === null) throw new Error("this is no interval");
  const whole = (at: number): bigint => BigInt((found[at] ?? "0").replace("+", ""));
  const time =
    BigInt(found[5] ?? "0") * HOUR +
    BigInt(found[6] ?? "0") * MINUTE +
    BigInt(found[7] ?? "0") * SECOND +
    BigInt((found[8] ?? "").padEnd(6, "0"));
  return ((whole(1) * 12n + whole(2)) * 30n + whole(3)) * DAY + (found[4] === "-" ? -time : time);
}

/** Intervals in microseconds; they come back as days and a time. */
export const INTERVAL: Scale = {
  key: (text) => (isInfinite(text) ? null : readInterval(text)),
  text: (key) => {
    const magnitude = key < 0n ? -key : key;
    const sign = key < 0n ? "-" : "";
    const days = magnitude / DAY;
    const time = timeText(magnitude % DAY);
    return days === 0n ? `${sign}${time}` : `${sign}${days} days ${sign}${time}`;
  },
  step: (text) => precisionOf(readInterval(text)),
  // 178,000,000 years (manual, table 8.9).
  range: () => [-(10n ** 10n) * DAY, 10n ** 10n * DAY],
  keepsZero: true,
};
