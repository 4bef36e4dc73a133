import type { ColumnType } from "../rows/column-type.ts";

/** Constants of statements, as text: what conditions turn on. */
export type Constants = readonly string[];

/** Values of a type that statements may ask for by their constants: the constants themselves, and what lies next to them. */
export interface Near {
  readonly exact: readonly string[];
  readonly beside: readonly string[];
}

/** Longer texts and arrays are not made for a constant that may be meant as a length. */
const LENGTH_MAX = 300;
const ELEMENTS_MAX = 30;
/** Values made of several constants together. */
const COMBINED_MAX = 60;

/** What lies at and next to constants, on both sides. */
export function near(type: ColumnType, constants: Constants): Near {
  const each = constants.map((one) => nearOne(type, one));
  const combined =
    type.kind === "json"
      ? documents(constants)
      : type.kind === "array"
        ? arrays(type.element, constants)
        : type.kind === "range"
          ? ranges(type.element, constants)
          : { exact: borders(type, constants), beside: [] };
  return {
    exact: [...each.flatMap(({ exact }) => exact), ...combined.exact.slice(0, COMBINED_MAX)],
    beside: [...each.flatMap(({ beside }) => beside), ...combined.beside.slice(0, COMBINED_MAX)],
  };
}

const NONE: Near = { exact: [], beside: [] };

function nearOne(type: ColumnType, constant: string): Near {
  switch (type.kind) {
    case "text":
      return texts(constant);
    case "enum":
      return { exact: type.values.filter((label) => label === constant), beside: [] };
    case "date":
      return days(constant, true);
    case "instant":
      return days(constant, false, /with time zone|timestamptz/.test(type.sql));
    case "integer":
    case "decimal":
    case "float":
      return numbers(type, constant);
    case "array":
    case "range":
    case "json":
    case "other":
      return NONE;
    case "boolean":
      return /^(?:t|f|true|false)$/.test(constant) ? { exact: [constant], beside: [] } : NONE;
    default:
      // The server says whether it is one: what it refuses is no row.
      return { exact: /\d/.test(constant) ? [constant] : [], beside: [] };
  }
}

function numbers(type: ColumnType, constant: string): Near {
  if (!/^-?\d{1,18}(?:\.\d{1,6})?$/.test(constant)) return NONE;
  if (/^-?\d{16,}$/.test(constant)) {
    const whole = BigInt(constant);
    return { exact: [constant], beside: [whole - 1n, whole + 1n].map(String) };
  }
  const number = Number(constant);
  const [fraction = ""] = /(?<=\.)\d+$/.exec(constant) ?? [];
  const step = type.kind === "integer" || fraction === "" ? 1 : 10 ** -fraction.length;
  const shown = (value: number): string => (fraction === "" ? String(value) : value.toFixed(fraction.length));
  const beside = [shown(number - step), shown(number + step)];
  if (type.kind === "integer") {
    // `a * 2 > 5` turns on 2 and 3, `a + 3 > 5` on 2; small numbers are usual anyway.
    const around = [Math.floor(number / 2), number * 2, -number].map(String);
    return fraction === ""
      ? { exact: [constant], beside: [...beside, ...around] }
      : { exact: [], beside: [Math.floor(number), Math.ceil(number)].map(String) };
  }
  // Of equal numbers with other digits, and just beyond.
  return { exact: [constant], beside: [...beside, fraction === "" ? `${constant}.50` : `${constant}4`] };
}

/** Constants of one comparison beyond which what one of them makes of the other is not looked for. */
const TOGETHER_MAX = 3;

// `x * 1.19 > 100` turns on 84.03 and 84.04, `x + 3 > 10` on 7.
function borders({ kind, scale }: ColumnType, constants: Constants): readonly string[] {
  const values = constants.filter((one) => /^-?\d{1,12}(?:\.\d{1,6})?$/.test(one) && Number(one) !== 0).map(Number);
  // Where texts are put together nothing is computed.
  if (
    constants.includes("") ||
    !/^(?:integer|decimal|float)$/.test(kind) ||
    values.length < 2 ||
    values.length > TOGETHER_MAX
  )
    return [];
  const digits = kind === "integer" ? 0 : Math.min(6, scale ?? 2);
  const unit = 10 ** digits;
  return values.flatMap((one) =>
    values.flatMap((other) => {
      if (one === other) return [];
      const quotient = (one / other) * unit;
      return [Math.floor(quotient) / unit, Math.ceil(quotient) / unit, one - other].map((value) =>
        value.toFixed(digits),
      );
    }),
  );
}

function texts(constant: string): Near {
  const length = /^\d{1,3}$/.test(constant) ? Number(constant) : 0;
  const long =
    length > 1 && length <= LENGTH_MAX ? [length - 1, length, length + 1].map((count) => "k".repeat(count)) : [];
  if (constant.length > 200) return NONE;
  const plain = constant.replaceAll(/^\^|\$$|\\(.)/g, "$1");
  const bare = plain.replaceAll(/[%_]/g, "");
  const matching = plain.replaceAll("%", "x").replaceAll("_", "y");
  const isPattern = matching !== constant;
  return {
    exact: isPattern ? [bare, matching] : [constant],
    beside: [
      constant,
      plain,
      bare,
      matching,
      `${bare}z`,
      `z${bare}`,
      `${bare} `,
      bare.toUpperCase(),
      bare.toLowerCase(),
      ...long,
    ],
  };
}

function days(constant: string, dateOnly: boolean, zoned = false): Near {
  const at = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)([+-]\d\d(?::?\d\d)?|Z)?)?/.exec(constant);
  if (at === null) {
    const year = /^\d{4}$/.test(constant) ? constant : null;
    const month = /^\d{4}-\d\d$/.test(constant) ? constant : null;
    const first = year === null ? (month === null ? null : `${month}-01`) : `${year}-01-01`;
    return first === null ? NONE : { exact: [], beside: daysAround(first, dateOnly, zoned) };
  }
  if (Number.isNaN(Date.parse(`${at[1]}T00:00:00Z`))) return NONE;
  const exact = dateOnly ? (at[1] ?? "") : `${at[1]} ${at[2] ?? "00:00:00"}${zoned ? (at[3] ?? "") : ""}`;
  return { exact: [exact], beside: daysAround(at[1] ?? "", dateOnly, zoned) };
}

const DAY_MS = 86_400_000;

function daysAround(day: string, dateOnly: boolean, zoned: boolean): readonly string[] {
  const shifted = (by: number): string =>
    new Date(Date.parse(`${day}T00:00:00Z`) + by * DAY_MS).toISOString().slice(0, 10);
  const [before, after] = [shifted(-1), shifted(1)];
  if (dateOnly) return [before, after, shifted(7), shifted(-7), shifted(31)];
  const local = [
    `${before} 23:59:59.999999`,
    `${after} 00:00:00`,
    `${day} 23:59:59.5`,
    `${day} 12:00:00`,
    `${shifted(6)} 12:00:00`,
  ];
  // Moments that are of another day where the clock is another.
  const zones = [
    `${day} 00:30:00+00`,
    `${day} 23:30:00+00`,
    `${before} 22:30:00+00`,
    `${after} 02:30:00+00`,
    `${day} 22:30:00+00`,
  ];
  return zoned ? [...local, ...zones] : local;
}

/** An item of an array or a range in text. */
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

function arrays(element: ColumnType | null, constants: Constants): Near {
  if (element === null) return NONE;
  const items = [...new Set(constants.flatMap((one) => nearOne(element, one).exact))].slice(0, 6);
  const literal = constants.filter((one) => /^\{.*\}$/s.test(one));
  const list = (...values: readonly string[]): string => `{${values.map(quoted).join(",")}}`;
  const lengths = constants.filter((one) => /^\d{1,2}$/.test(one) && Number(one) <= ELEMENTS_MAX).map(Number);
  const filler = items[0] ?? (element.kind === "text" ? "a" : "1");
  return {
    exact: [
      ...literal,
      ...items.map((item) => list(item)),
      ...items.slice(1).map((item, place) => list(items[place] ?? "", item)),
    ],
    beside: [
      ...(items.length > 2 ? [list(...items)] : []),
      ...items.map((item) => list(item, item)),
      ...items.slice(1).map((item, place) => list(item, items[place] ?? "")),
      ...items.map((item) => `{${quoted(item)},NULL}`),
      ...items.slice(0, 2).map((item) => `[0:0]={${quoted(item)}}`),
      ...lengths.flatMap((count) => [
        list(...Array.from({ length: count }, () => filler)),
        list(...Array.from({ length: count + 1 }, () => filler)),
      ]),
    ],
  };
}

function ranges(element: ColumnType | null, constants: Constants): Near {
  if (element === null) return NONE;
  const order = (a: string, b: string): number => Number(a) - Number(b) || (a < b ? -1 : 1);
  const exact = [...new Set(constants.flatMap((one) => nearOne(element, one).exact))].toSorted(order).slice(0, 6);
  const all = [
    ...new Set(
      constants.flatMap((one) => [...nearOne(element, one).exact, ...nearOne(element, one).beside.slice(0, 2)]),
    ),
  ].toSorted(order);
  const literal = constants.filter((one) => /^[[(].*[\])]$/s.test(one));
  const q = (value: string): string => (value === "" ? "" : quoted(value));
  const pairs = (bounds: readonly string[]): string[] =>
    bounds
      .slice(1)
      .flatMap((bound, place) => [
        `[${q(bounds[place] ?? "")},${q(bound)})`,
        `[${q(bounds[place] ?? "")},${q(bound)}]`,
      ]);
  return {
    exact: [...literal, ...exact.map((one) => `[${q(one)},${q(one)}]`), ...pairs(exact)],
    beside: [
      ...pairs(all),
      ...exact.flatMap((one) => [`[${q(one)},)`, `(,${q(one)})`, `(,${q(one)}]`, `(${q(one)},)`]),
    ],
  };
}

// Objects whose keys and values are the constants, alone and together.
function documents(constants: Constants): Near {
  const keys = constants.flatMap((one) => keysIn(one)).slice(0, 5);
  const values = constants.filter((one) => one.length <= 60 && !/^[[{]/.test(one)).slice(0, 8);
  const isNumber = (text: string): boolean => /^-?\d{1,15}(?:\.\d+)?$/.test(text);
  const given = constants.flatMap((one) => {
    const parsed = /^[[{"]/.test(one) ? parsedJson(one) : undefined;
    return parsed === undefined ? [] : [parsed];
  });
  const exact: unknown[] = [...given];
  const beside: unknown[] = given.flatMap(variants);
  for (const key of keys) {
    for (const value of values) {
      if (value === key) continue;
      exact.push({ [key]: isNumber(value) ? Number(value) : value });
      const inner: unknown = parsedJson(value);
      if (inner !== undefined && typeof inner !== "object") beside.push({ [key]: inner }, { [key]: [inner] });
      beside.push({ [key]: value }, { [key]: [value] }, { [key]: { [value]: 1 } }, { [key]: value.toUpperCase() });
    }
    beside.push({ [key]: null }, { [key]: 1 }, { [key]: "" }, { [key]: [] }, { [key]: {} });
  }
  const text = (value: unknown): string => JSON.stringify(value);
  return { exact: exact.map(text), beside: beside.map(text) };
}

// `a`, and of a path `{a,b}` or `$.a.b` its steps.
function keysIn(constant: string): readonly string[] {
  if (/^[A-Za-z_][\w-]*$/.test(constant)) return [constant];
  const path =
    /^\{([\w,-]+)\}$/.exec(constant)?.[1]?.split(",") ?? /^\$((?:\.\w+)+)/.exec(constant)?.[1]?.slice(1).split(".");
  return path?.slice(0, 2) ?? [];
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const otherCase = (value: unknown): unknown => (typeof value === "string" ? value.toUpperCase() : value);

// With more, with less, with other values, and in an array.
function variants(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return [[...(value as unknown[]), "more"], value.toReversed(), value.slice(1), value[0]];
  if (typeof value !== "object" || value === null) return [[value], { k: value }];
  const entries = Object.entries(value);
  return [
    { ...value, more: 1 },
    [value],
    ...entries.flatMap(([key, inner]: [string, unknown]) => [
      { ...value, [key]: null },
      { ...value, [key]: [inner] },
      { ...value, [key]: typeof inner === "number" ? inner + 1 : `${String(inner)}z` },
      { ...value, [key]: typeof inner === "number" ? String(inner) : otherCase(inner) },
      Object.fromEntries(entries.filter(([other]) => other !== key)),
    ]),
  ];
}
