import type { ColumnType } from "../rows/column-type.ts";
import type { Random } from "../rows/random.ts";

/** Constants that two statements hold, as text: what conditions turn on. */
export type Constants = readonly string[];

/**
 * Values of a type, as the server reads them, among which few draws find equal ones, ones on both sides of each
 * constant, and those that trip queries up: empty text, both cases, zero, the bounds of days and months.
 */
export function poolOf(type: ColumnType, constants: Constants): readonly string[] {
  const pool = new Set(constants.flatMap((constant) => around(type, constant)));
  for (const value of basics(type)) pool.add(value);
  return [...pool].filter((value) => fits(type, value));
}

function fits({ kind, length, max }: ColumnType, value: string): boolean {
  if (kind === "text") return length === null || value.length <= length;
  return kind !== "integer" || max === null || Math.abs(Number(value)) <= max;
}

/** Beyond all others, and before the first year: what ranges and parts of dates are tripped up by. */
const FAR = ["infinity", "-infinity", "0044-03-15 BC"];
const DAYS = ["2024-02-29", "2024-03-01", "2023-12-31", "2024-01-01"];

function basics(type: ColumnType): readonly string[] {
  switch (type.kind) {
    case "text":
      return ["", "a", "A", "b", "ab", "a%", "1", " a"];
    case "integer":
      return ["0", "1", "2", "3", "-1"];
    case "decimal":
      return ["0", "1", "2", "1.5", "-1", "NaN"].filter((value) => (type.scale ?? 2) > 0 || !value.includes("."));
    case "float":
      return ["0", "1", "2", "1.5", "-1", "NaN"];
    case "boolean":
      return ["t", "f"];
    case "date":
      return [...DAYS, ...FAR];
    case "time":
      return ["00:00:00", "23:59:59.999999", "12:00:00"];
    case "instant":
      return [...DAYS.map((day) => `${day} 00:00:00`), "2023-12-31 23:59:59.999999", "2024-01-01 12:00:00", ...FAR];
    case "duration":
      return ["0", "1 day", "24 hours", "1 month", "-1 day"];
    case "uuid":
      return ["1", "2", "3"].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`);
    case "json":
      return ["{}", "[]", "null", '{"a": 1}', '{"a": null}', '{"a": "x", "b": [1]}', "1"];
    case "bytes":
      return [String.raw`\x`, String.raw`\x00`, String.raw`\xff`];
    case "ip":
      return ["10.0.0.1", "10.0.0.0/8", "::1"];
    case "words":
      return ["", "a:1", "a:1 b:2"];
    case "enum":
      return type.values;
    case "array":
      return arrays(type.element);
    case "range":
      return ranges(type.element);
    default:
      return [];
  }
}

function arrays(element: ColumnType | null): readonly string[] {
  const [first, second] = element === null ? [] : basics(element).filter((value) => value !== "");
  if (first === undefined) return ["{}"];
  const item = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  return [
    "{}",
    "{NULL}",
    `{${item(first)}}`,
    `{${item(first)},${item(first)}}`,
    `{${item(first)},${item(second ?? first)},NULL}`,
  ];
}

function ranges(element: ColumnType | null): readonly string[] {
  const [first, second, third] =
    element === null ? [] : [...basics(element)].toSorted((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));
  if (first === undefined || second === undefined) return ["empty"];
  return ["empty", "(,)", `["${first}","${second}")`, `["${second}","${third ?? second}"]`];
}

// The constant, and what lies next to it on both sides.
function around(type: ColumnType, constant: string): readonly string[] {
  if (type.kind === "text") return textsAround(constant);
  if (type.kind === "enum") return [];
  if (type.kind === "date" || type.kind === "instant") return instantsAround(constant, type.kind === "date");
  if (type.kind === "json")
    return /^[A-Za-z_]\w*$/.test(constant) ? [`{"${constant}": 1}`, `{"${constant}": null}`] : [];
  if (type.kind === "array" && type.element !== null)
    return around(type.element, constant)
      .slice(0, 1)
      .map((value) => `{"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"}`);
  if (!["integer", "decimal", "float"].includes(type.kind) || !/^-?\d{1,15}(?:\.\d+)?$/.test(constant)) return [];
  const number = Number(constant);
  const step = type.kind === "integer" || Number.isInteger(number) ? 1 : 0.01;
  const near = [number, number - step, number + step];
  return type.kind === "integer"
    ? near.filter(Number.isInteger).map(String)
    : near.map((value) => String(Math.round(value * 100) / 100));
}

function textsAround(constant: string): readonly string[] {
  if (constant.length > 200) return [];
  const bare = constant.replaceAll(/[%_]/g, "");
  const matching = constant.replaceAll("%", "x").replaceAll("_", "y");
  return [constant, bare, matching, `${bare}z`, `z${bare}`, bare.toUpperCase(), bare.toLowerCase()];
}

function instantsAround(constant: string, dateOnly: boolean): readonly string[] {
  const at = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?))?/.exec(constant);
  if (at === null || Number.isNaN(Date.parse(`${at[1]}T00:00:00Z`))) return [];
  const shifted = (days: number): string =>
    new Date(Date.parse(`${at[1]}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
  const days = [shifted(-1), shifted(0), shifted(1)];
  if (dateOnly) return days;
  return [
    `${days[1]} ${at[2] ?? "00:00:00"}`,
    `${days[0]} 23:59:59.999999`,
    `${days[1]} 00:00:00`,
    `${days[2]} 00:00:00`,
  ];
}

/** The values that a column takes in one database: mostly few, so that equal ones meet, and those next to constants oftener. */
export function narrowed(pool: readonly string[], random: Random): readonly string[] {
  const size = random.pick([1, 2, 2, 3, 3, pool.length]);
  if (size >= pool.length) return pool;
  return Array.from({ length: size }, () =>
    random.pick(random.chance(0.5) ? pool.slice(0, Math.ceil(pool.length / 2)) : pool),
  );
}

/** One value of those; null where the column may be null and chance says so. */
export function drawValue(pool: readonly string[], nullable: boolean, random: Random): string | null {
  return pool.length === 0 || (nullable && random.chance(0.2)) ? null : random.pick(pool);
}
