import type { ColumnPlan } from "./plan.ts";
import { quoted } from "./plan.ts";
import type { ColumnType } from "./column-type.ts";
import type { Limits } from "./limits.ts";
import { asRegExp, sampler } from "./pattern.ts";
import { skewedIndex } from "./random.ts";
import type { Random } from "./random.ts";
import type { Value } from "./store.ts";

/** What a value is drawn for. */
export interface DrawContext {
  readonly random: Random;
  /** Number of the row in its table, from 1. */
  readonly number: number;
  /** When the row came to be; milliseconds since 1970. */
  readonly born_ms: number;
  /** The first and the last moment of the history; milliseconds since 1970. */
  readonly start_ms: number;
  readonly now_ms: number;
  /** The table's name, for texts. */
  readonly table: string;
  /** Draw evenly over all that is allowed, to find a combination that passes. */
  readonly wild: boolean;
}

const DAY_MS = 86_400_000;
const WORDS =
  "report draft review plan outline figure sample note item list order batch route chart table sheet letter parcel signal window".split(
    " ",
  );
const SYLLABLES =
  "ba be bo da de du fa fi ga go ha ka ki ko la le lo ma mi mo na ne no pa pe ra ri ro sa se so ta te to va vi".split(
    " ",
  );
/** Share of the most frequent hundredth of made-up words in a text: language is skewed. */
const WORD_SKEW = 0.08;

// A word of a text: now and then an everyday one, mostly one of 46,656 made-up ones, some much more often than others.
function word(random: Random): string {
  if (random.chance(0.08)) return random.pick(WORDS);
  let rank = skewedIndex(random, SYLLABLES.length ** 3, WORD_SKEW);
  let text = "";
  for (let place = 0; place < 3; place++) {
    text += SYLLABLES[rank % SYLLABLES.length] ?? "";
    rank = Math.floor(rank / SYLLABLES.length);
  }
  return text;
}

const COUNTRIES = ["DE", "FR", "NL", "GB", "US", "SE", "ES", "IT", "PL", "JP"];
const CURRENCIES = ["EUR", "USD", "GBP", "SEK", "PLN", "JPY"];
const LANGUAGES = ["en", "de", "fr", "nl", "es"];
const TIMEZONES = ["UTC", "Europe/Berlin", "Europe/Paris", "America/New_York", "Asia/Tokyo"];

/** A value for the column: of its type, within its limits as far as they are understood. Null where it cannot draw one. */
export function drawValue(column: ColumnPlan, meaning: string | null, unique: boolean, context: DrawContext): Value {
  if (column.constant !== null) return column.constant;
  if (column.limits.allowed !== null) return drawListed(column.limits.allowed, column, context);
  const { type } = column;
  if (type.kind === "enum") return drawListed(type.values, column, context);
  if (type.kind === "boolean") return drawListed(booleans(column), column, context);
  if (type.kind === "text") return drawText(column, meaning, unique, context);
  if (type.kind === "date" || type.kind === "instant") return drawMoment(column, context);
  if (type.kind === "array") return drawArray(type, meaning, context);
  return drawScalar(type, column.limits, meaning, column.default, context);
}

function booleans(column: ColumnPlan): readonly string[] {
  return column.default === "true" ? ["true", "false"] : ["false", "true"];
}

// The first value is the most frequent; those that a partial index singles out share 15 %.
function drawListed(values: readonly string[], column: ColumnPlan, context: DrawContext): Value {
  const { random } = context;
  if (values.length === 0) return null;
  if (context.wild) return random.pick(values);
  const rare = values.filter((value) => column.rare.includes(value));
  const usual = values.filter((value) => !column.rare.includes(value));
  if (rare.length > 0 && usual.length > 0) return random.chance(0.15) ? random.pick(rare) : weighted(random, usual);
  return weighted(random, values);
}

function weighted(random: Random, values: readonly string[]): string {
  const total = values.reduce((sum, _, rank) => sum + 1 / (rank + 1), 0);
  let left = random.float() * total;
  for (const [rank, value] of values.entries()) {
    left -= 1 / (rank + 1);
    if (left < 0) return value;
  }
  return values[0] as string;
}

function numericLimits(limits: Limits, step: number): { low: number | null; high: number | null } {
  const low = limits.min === null ? null : Number(limits.min.value) + (limits.min.inclusive ? 0 : step);
  const high = limits.max === null ? null : Number(limits.max.value) - (limits.max.inclusive ? 0 : step);
  return { low: Number.isNaN(low ?? 0) ? null : low, high: Number.isNaN(high ?? 0) ? null : high };
}

function drawNumber(type: ColumnType, limits: Limits, meaning: string | null, context: DrawContext): string {
  const { random } = context;
  const scale = type.kind === "integer" ? 0 : (type.scale ?? 2);
  const step = 10 ** -scale;
  const bounds = numericLimits(limits, step);
  const digits = type.precision === null ? 12 : type.precision - scale;
  const most = Math.min(type.max ?? Infinity, 10 ** digits - step);
  const low = bounds.low ?? Math.min(1, bounds.high ?? 1, most);
  const usual = meaning === "percent" ? 100 : type.kind === "integer" ? 1000 : 500;
  const high = Math.min(bounds.high ?? Math.max(low + usual, low), most);
  // Amounts crowd at the small end, as amounts do.
  const part = context.wild || high - low < 25 ? random.float() : random.float() ** 2;
  const value = low + Math.floor((part * (high - low + step)) / step) * step;
  return Math.min(high, value).toFixed(Math.min(scale, 20));
}

function drawScalar(
  type: ColumnType,
  limits: Limits,
  meaning: string | null,
  fallback: string | null,
  context: DrawContext,
): Value {
  const { random } = context;
  switch (type.kind) {
    case "integer":
    case "decimal":
    case "float":
      return drawNumber(type, limits, meaning, context);
    case "time":
      return iso(random.int(86_400) * 1000).slice(11, 19);
    case "duration":
      return `${1 + random.int(480)} minutes`;
    case "uuid":
      return uuidOf(context);
    case "json":
      return (fallback?.startsWith("'[") ?? false) || (context.wild && random.chance(0.3))
        ? `["${random.pick(WORDS)}"]`
        : `{"note": "${random.pick(WORDS)} ${context.number}"}`;
    case "bytes":
      return `\\x${random.hex(2 * Math.max(limits.lengthMin ?? 0, Math.min(32, limits.lengthMax ?? 32)))}`;
    case "ip":
      // The blocks that RFC 5737 keeps for documentation.
      return `${random.pick(["192.0.2", "198.51.100", "203.0.113"])}.${random.int(256)}`;
    case "point":
      return `(${(random.float() * 360 - 180).toFixed(5)},${(random.float() * 180 - 90).toFixed(5)})`;
    case "words":
      return Array.from({ length: 3 + random.int(8) }, (_, at) => `'${word(random)}':${at + 1}`).join(" ");
    case "range":
      return drawRange(type, context);
    default:
      return null;
  }
}

function drawRange(type: ColumnType, context: DrawContext): Value {
  const { element } = type;
  if (element === null) return null;
  if (element.kind === "instant" || element.kind === "date") {
    const from = context.born_ms;
    const to = from + (1 + context.random.int(14)) * DAY_MS;
    return `["${momentText(element.kind, from)}","${momentText(element.kind, to)}")`;
  }
  const low = context.random.int(1000);
  return `[${low},${low + 1 + context.random.int(100)})`;
}

/** A version 7 identifier (RFC 9562) of the row's birth: time-ordered, as `uuidv7()` gives. */
export function uuidOf(context: DrawContext): string {
  const time = Math.max(0, Math.trunc(context.born_ms)).toString(16).padStart(12, "0");
  const tail = context.random.hex(18);
  const variant = ((Number.parseInt(tail.slice(3, 4), 16) & 3) | 8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${tail.slice(0, 3)}-${variant}${tail.slice(4, 7)}-${tail.slice(6, 18)}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** A moment in the form that the server reads for a date or a timestamp. */
export function momentText(kind: string, ms: number): string {
  return kind === "date" ? iso(ms).slice(0, 10) : iso(ms);
}

function drawMoment(column: ColumnPlan, context: DrawContext): Value {
  const { random } = context;
  const kind = column.type.kind;
  if (column.ranges.length > 0) return momentText(kind, momentInRanges(column.ranges, context));
  let ms = context.born_ms;
  const stamped = /now\(\)|current_timestamp|current_date|transaction_timestamp|statement_timestamp/i;
  if (!stamped.test(column.default ?? "")) {
    ms += random.int((kind === "date" ? 90 : 30) * DAY_MS);
    // Dates may lie ahead (due dates); moments are things that happened.
    if (kind === "instant") ms = Math.min(ms, context.now_ms - random.int(DAY_MS));
  }
  const { min, max } = column.limits;
  if (min !== null) ms = Math.max(ms, Date.parse(min.value) + DAY_MS || ms);
  if (max !== null) ms = Math.min(ms, Date.parse(max.value) - DAY_MS || ms);
  return momentText(kind, ms);
}

// Evenly over the partitions that have begun; a partition without a bound reaches to the history's edge.
function momentInRanges(ranges: ColumnPlan["ranges"], context: DrawContext): number {
  const spans = ranges
    .map(({ from, to }) => ({
      from: from === null ? context.start_ms : Date.parse(zoned(from)),
      to: to === null ? context.now_ms : Date.parse(zoned(to)),
    }))
    .filter((span) => Number.isFinite(span.from) && Number.isFinite(span.to) && span.from < span.to);
  const begun = spans.filter((span) => span.from < context.now_ms);
  const span = context.random.pick(begun.length > 0 ? begun : spans);
  const end = span.from < context.now_ms ? Math.min(span.to, context.now_ms) : span.to;
  return span.from + Math.floor(context.random.float() * (end - span.from));
}

/** `2025-01-01 00:00:00+00` as the server prints it, for JavaScript, which wants minutes in the zone and a T; else UTC. */
export function zoned(text: string): string {
  const full = /\d:\d/.test(text) ? text.replace(" ", "T") : `${text}T00:00:00`;
  return /[+-]\d\d$/.test(full) ? `${full}:00` : /(Z|[+-]\d\d:\d\d)$/.test(full) ? full : `${full}Z`;
}

function drawArray(type: ColumnType, meaning: string | null, context: DrawContext): Value {
  const { element } = type;
  if (element === null) return null;
  const column = {
    name: "element",
    type: element,
    required: true,
    limits: {
      min: null,
      max: null,
      lengthMin: null,
      lengthMax: null,
      allowed: null,
      patterns: [],
      notNull: true,
      isNull: false,
    },
    sent: true,
    constant: null,
    default: null,
    identity: false,
    generated: null,
    rare: [],
    ranges: [],
  } satisfies ColumnPlan;
  const items = Array.from({ length: context.random.int(4) }, () =>
    element.kind === "text"
      ? word(context.random).slice(0, element.length ?? 40)
      : drawValue(column, meaning, false, context),
  );
  return `{${items.map((item) => (item === null ? "NULL" : quoted(item).replaceAll('""', '\\"'))).join(",")}}`;
}

function drawText(column: ColumnPlan, meaning: string | null, unique: boolean, context: DrawContext): Value {
  const most = Math.min(column.type.length ?? 1e6, column.limits.lengthMax ?? 1e6);
  const least = column.limits.lengthMin ?? 0;
  const tests = testsOf(column.limits);
  const fits = (text: string): boolean =>
    text.length <= most && text.length >= least && tests.every((test) => test === null || test.test(text));
  for (const text of candidates(column, meaning, unique, most, context)) {
    const padded = text.padEnd(least, "x");
    if (fits(padded)) return padded;
  }
  for (const { source } of column.limits.patterns) {
    const sample = sampler(source);
    if (sample === null) continue;
    for (let attempt = 0; attempt < 20; attempt++) {
      const text = sample(context.random);
      if (fits(text)) return text;
    }
  }
  return numbered(context.number, most).padEnd(least, "x");
}

const compiled = new WeakMap<Limits, readonly (RegExp | null)[]>();

// Compiled once per column, not per value.
function testsOf(limits: Limits): readonly (RegExp | null)[] {
  let tests = compiled.get(limits);
  if (tests === undefined) {
    tests = limits.patterns.map(({ source, ignoreCase }) => asRegExp(source, ignoreCase));
    compiled.set(limits, tests);
  }
  return tests;
}

// A number in as few letters and digits as there is room for.
function numbered(number: number, room: number): string {
  const decimal = String(number);
  const text = decimal.length <= room ? decimal : number.toString(36);
  return text.slice(-Math.max(1, room));
}

function* candidates(
  column: ColumnPlan,
  meaning: string | null,
  unique: boolean,
  room: number,
  context: DrawContext,
): Generator<string> {
  const { random, number } = context;
  const noun = context.table.replaceAll(/[^A-Za-z0-9]+/g, " ").trim() || "Row";
  const flat = noun.toLowerCase().replaceAll(" ", "-");
  const listed: Readonly<Record<string, readonly string[]>> = {
    country: COUNTRIES,
    currency: CURRENCIES,
    language: LANGUAGES,
    timezone: TIMEZONES,
  };
  const list = meaning === null ? undefined : listed[meaning];
  if (list !== undefined && !unique) yield random.pick(list);
  if (meaning === "email") yield `${flat}${number}@example.test`;
  if (meaning === "url") yield `https://example.test/${flat}/${number}`;
  // Country code 999 is assigned to nobody.
  if (meaning === "phone") yield `+999${String(number).padStart(8, "0")}`;
  if (meaning === "slug") yield `${flat}-${number}`;
  if (meaning === "code") yield `K${(unique ? number : 1 + random.int(50)).toString(36).toUpperCase()}`;
  if (meaning === "hash") yield random.hex(Math.min(64, room));
  if (meaning === "token") yield `tok_${random.hex(Math.max(4, Math.min(24, room - 4)))}`;
  if (meaning === "markdown") yield sentences(random, 2 + random.int(6)).slice(0, room);
  const label = `${noun.slice(0, 1).toUpperCase()}${noun.slice(1)} ${number}`;
  if (room > 80 && meaning !== "code") yield `${label}: ${word(random)} the ${word(random)} ${word(random)}`;
  yield label;
  yield `${flat}-${number}`;
  yield `x${number}`;
  yield `X${number.toString(36).toUpperCase()}`;
  yield `tok_${random.hex(24)}`;
  yield random.hex(64);
  yield `${flat}${number}@example.test`;
  yield `https://example.test/${flat}/${number}`;
  if (column.limits.patterns.length > 0 && list !== undefined) yield random.pick(list);
}

function sentences(random: Random, count: number): string {
  return Array.from({ length: count }, () => {
    const words = Array.from({ length: 5 + random.int(6) }, () => word(random)).join(" ");
    return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;
  }).join(" ");
}
