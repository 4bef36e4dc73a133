import type { BriefField, FieldType, Range } from "../model/brief.ts";

/** The physical form of a field's type, before enums and domains are named. */
export interface PhysicalType {
  /** SQL type, or null where a domain or enumerated type of the design stands for it. */
  readonly sql: string | null;
  /** The domain that stands for it. */
  readonly domain: DomainName | null;
  /** Average stored bytes of a value. */
  readonly width_bytes: number;
  /** Conditions on the value; `$` stands for the quoted column. */
  readonly checks: readonly string[];
  /** Why this type, where there was a choice. */
  readonly because: string | null;
}

/** A domain over text that a design may declare. */
export interface DomainShape {
  readonly name: string;
  /** Conditions on VALUE. */
  readonly checks: readonly string[];
  readonly width_bytes: number;
  readonly about: string;
}

/** Field types that become domains. */
export type DomainName = "email" | "slug" | "url" | "phone" | "country" | "currency" | "language" | "timezone";

/** The domains a design may declare. */
export const DOMAINS: Readonly<Record<DomainName, DomainShape>> = {
  email: {
    name: "email_address",
    // The shape only (RFC 5321 limits the whole to 254 characters): whether it exists, only a mail to it tells.
    checks: [
      "char_length(VALUE) <= 254",
      "VALUE ~ '^[^@[:space:]]+@[^@[:space:]]+\\.[^@[:space:]]+$'",
      "VALUE = lower(VALUE)",
    ],
    width_bytes: 25,
    about: "An e-mail address in lower case.",
  },
  slug: {
    name: "slug",
    checks: ["char_length(VALUE) <= 120", "VALUE ~ '^[a-z0-9]+(-[a-z0-9]+)*$'"],
    width_bytes: 19,
    about: "A readable part of a URL: lower-case letters, digits and single hyphens.",
  },
  url: {
    name: "web_address",
    checks: ["char_length(VALUE) <= 2048", "VALUE ~ '^https?://[^[:space:]]+$'"],
    width_bytes: 61,
    about: "An http or https URL.",
  },
  phone: {
    name: "phone_number",
    checks: ["VALUE ~ '^[+][1-9][0-9]{6,14}$'"],
    width_bytes: 14,
    about: "A telephone number in the international form of ITU-T E.164.",
  },
  country: {
    name: "country_code",
    checks: ["VALUE ~ '^[A-Z]{2}$'"],
    width_bytes: 3,
    about: "A country by its two letters (ISO 3166-1).",
  },
  currency: {
    name: "currency_code",
    checks: ["VALUE ~ '^[A-Z]{3}$'"],
    width_bytes: 4,
    about: "A currency by its three letters (ISO 4217).",
  },
  language: {
    name: "language_tag",
    checks: ["VALUE ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'"],
    width_bytes: 4,
    about: "A language tag such as en or pt-BR (BCP 47).",
  },
  timezone: {
    name: "time_zone_name",
    checks: ["VALUE ~ '^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$'"],
    width_bytes: 15,
    about: "A time zone by its IANA name, e.g. Europe/Vienna.",
  },
};

const INTEGERS = [
  { sql: "smallint", max: 32_767n, width_bytes: 2 },
  { sql: "integer", max: 2_147_483_647n, width_bytes: 4 },
  { sql: "bigint", max: 9_223_372_036_854_775_807n, width_bytes: 8 },
] as const;

/** The smallest integer type that holds a stated range; `integer` where none is stated. */
export function integerType(range: Range | null): { readonly sql: string; readonly width_bytes: number } {
  if (range === null || range.min === null || range.max === null) return INTEGERS[1];
  const [low, high] = [wholeNumber(range.min), wholeNumber(range.max)];
  const fits = INTEGERS.find(({ max }) => low >= -max - 1n && high <= max);
  return fits ?? { sql: "numeric", width_bytes: 12 };
}

const wholeNumber = (text: string): bigint => BigInt(/^[+-]?\d+/.exec(text.trim())?.[0] ?? "0");

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Whether the text is a plain decimal number, safe to stand in SQL as it is. */
export function isNumber(text: string): boolean {
  return NUMBER.test(text.trim());
}

/** The condition a range puts on `$`, as a list of none or one. */
export function rangeChecks(range: Range | null): readonly string[] {
  if (range === null) return [];
  const [min, max] = [range.min?.trim() ?? null, range.max?.trim() ?? null];
  if (min !== null && max !== null) return [`$ BETWEEN ${min} AND ${max}`];
  if (min !== null) return [`$ >= ${min}`];
  return max === null ? [] : [`$ <= ${max}`];
}

const plain = (
  sql: string,
  width_bytes: number,
  checks: readonly string[] = [],
  because: string | null = null,
): PhysicalType => ({ sql, domain: null, width_bytes, checks, because });

// Words are about half of what they may be, and few exceed a hundred characters; one byte of length.
const textWidth_bytes = (length: number | null, typical: number): number =>
  1 + (length === null ? typical : Math.min(typical, Math.ceil(length / 2)));

const lengthCheck = (length: number | null): readonly string[] =>
  length === null ? [] : [`char_length($) <= ${length}`];

const TEXT_BECAUSE =
  "text with a CHECK on its length: the same storage as varchar, and the limit changes without touching the column's type";

type Mapped = Pick<BriefField, "type" | "length" | "range" | "precision" | "values">;

const numeric = (field: Mapped, precision: number, scale: number): string =>
  `numeric(${field.precision?.precision ?? precision},${field.precision?.scale ?? scale})`;

function percentType(field: Mapped): PhysicalType {
  const max = Number(field.range?.max ?? "100");
  return plain(
    numeric(field, max <= 1 ? 5 : 5, max <= 1 ? 4 : 2),
    6,
    rangeChecks(field.range ?? { min: "0", max: "100" }),
    "an exact decimal: percentages are added and compared",
  );
}

const TYPES: Readonly<
  Record<Exclude<FieldType, "enum" | "list" | "point" | DomainName>, (field: Mapped) => PhysicalType>
> = {
  text: (field) => plain("text", textWidth_bytes(field.length, 40), lengthCheck(field.length), TEXT_BECAUSE),
  markdown: (field) => plain("text", textWidth_bytes(field.length, 600), lengthCheck(field.length)),
  code: (field) =>
    plain(
      "text",
      textWidth_bytes(field.length, 9),
      [`char_length($) BETWEEN 1 AND ${field.length ?? 32}`],
      TEXT_BECAUSE,
    ),
  token: (field) => plain("text", 33, [`char_length($) BETWEEN 1 AND ${field.length ?? 255}`]),
  hash: (field) =>
    plain(
      "text",
      98,
      [`char_length($) BETWEEN 1 AND ${field.length ?? 255}`],
      "the hash with its salt and cost in one text",
    ),
  integer: (field) => {
    const { sql, width_bytes } = integerType(field.range);
    const because = field.range === null ? null : `${sql} is the smallest integer that holds the stated range`;
    return plain(sql, width_bytes, rangeChecks(field.range), because);
  },
  bigint: (field) => plain("bigint", 8, rangeChecks(field.range)),
  decimal: (field) =>
    plain(
      field.precision === null ? "numeric" : numeric(field, 18, 4),
      9,
      rangeChecks(field.range),
      "exact: a binary float would round",
    ),
  money: (field) =>
    plain(
      numeric(field, 19, 4),
      8,
      rangeChecks(field.range),
      "exact decimals with four places, enough for every currency and for unit prices; a float rounds cents away, the type money depends on the session's locale",
    ),
  percent: percentType,
  float: (field) => plain("double precision", 8, rangeChecks(field.range)),
  boolean: () => plain("boolean", 1),
  date: () => plain("date", 4),
  time: () => plain("time without time zone", 8),
  instant: () =>
    plain(
      "timestamp with time zone",
      8,
      [],
      "an instant is the same for readers in every zone; without zone it would not be",
    ),
  duration: () => plain("interval", 16),
  uuid: () => plain("uuid", 16),
  json: () => plain("jsonb", 200, [], "binary JSON: checked once when written, and indexable"),
  bytes: (field) => plain("bytea", 64, field.length === null ? [] : [`octet_length($) <= ${field.length}`]),
  ip: () => plain("inet", 7),
};

/** Types whose values people read as text, so that they can be searched. */
export const TEXTUAL: ReadonlySet<FieldType> = new Set<FieldType>([
  "text",
  "code",
  "slug",
  "email",
  "url",
  "phone",
  "markdown",
  "token",
]);

/** The physical form of a field that is no enumeration, list or point. */
export function physicalType(field: Mapped): PhysicalType {
  if (field.type in DOMAINS) {
    const domain = field.type as DomainName;
    return {
      sql: null,
      domain,
      width_bytes: DOMAINS[domain].width_bytes,
      checks: lengthCheck(field.length),
      because: null,
    };
  }
  return TYPES[field.type as keyof typeof TYPES](field);
}

/**
 * Types whose `=` and `<` are leakproof (`pg_proc.proleakproof`, the same in PostgreSQL 15 to 18). Under
 * row security only such conditions can be index conditions (PostgreSQL manual, "Rules and Privileges");
 * those on enumerated types, numeric, jsonb and arrays are filters.
 */
export function isLeakproof(type: string): boolean {
  return /^(?:uuid|text|smallint|integer|bigint|date|boolean|bytea|inet|interval|double precision|time(?:stamp)? with(?:out)? time zone)$/.test(
    type,
  );
}
