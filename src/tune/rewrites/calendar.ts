/*
 * Days and times without a time zone, as milliseconds of the proleptic Gregorian calendar, which is PostgreSQL's.
 * Years of four digits only: what lies before and after them is compared with them, and never made.
 */

const DAY_MS = 86_400_000;

/** The spans that date_trunc cuts to and whose bounds are known beforehand. */
export type CalendarUnit = "second" | "minute" | "hour" | "day" | "week" | "month" | "quarter" | "year";

const LENGTH_MS: Readonly<Partial<Record<CalendarUnit, number>>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: DAY_MS,
};

const MONTHS: Readonly<Partial<Record<CalendarUnit, number>>> = { month: 1, quarter: 3, year: 12 };

/** Whether a name is one of the spans. */
export const isCalendarUnit = (name: string): name is CalendarUnit =>
  name in LENGTH_MS || name in MONTHS || name === "week";

/** A moment written year first, which every DateStyle reads alike; null for any other text and for days that are none. */
export function momentOf(text: string): number | null {
  const found = /^([1-8]\d{3})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text);
  if (found === null) return null;
  const [, year, month, day, hour = "00", minute = "00", second = "00"] = found;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const moment = Date.parse(iso);
  // A day beyond its month's end is moved on by some readers and refused by others.
  return Number.isNaN(moment) || new Date(moment).toISOString() !== iso ? null : moment;
}

/** A moment as text, without its time at midnight. */
export function momentText(moment: number): string {
  const [day = "", time = ""] = new Date(moment).toISOString().split("T");
  return moment % DAY_MS === 0 ? day : `${day} ${time.slice(0, 8)}`;
}

/** The beginning of the span that a moment lies in, as date_trunc gives it: weeks begin on Monday. */
export function startOf(unit: CalendarUnit, moment: number): number {
  const length = LENGTH_MS[unit];
  if (length !== undefined) return moment - (((moment % length) + length) % length);
  const at = new Date(moment);
  const months = MONTHS[unit];
  if (months !== undefined) return Date.UTC(at.getUTCFullYear(), Math.floor(at.getUTCMonth() / months) * months, 1);
  const day = startOf("day", moment);
  return day - ((new Date(day).getUTCDay() + 6) % 7) * DAY_MS;
}

/** The beginning of the span after the one that a moment lies in. */
export function nextOf(unit: CalendarUnit, moment: number): number {
  const start = startOf(unit, moment);
  const length = LENGTH_MS[unit];
  if (length !== undefined) return start + length;
  const months = MONTHS[unit];
  if (months === undefined) return start + 7 * DAY_MS;
  const at = new Date(start);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + months, 1);
}
