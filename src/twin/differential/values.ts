import type { CatalogView } from "../../model/catalog-view.ts";
import { columnType } from "../rows/column-type.ts";
import type { ColumnType } from "../rows/column-type.ts";
import type { Random } from "../rows/random.ts";
import { near } from "./near.ts";
import type { Constants } from "./near.ts";

/** Values of one column or parameter, as the server reads them, by how often they are wanted. */
export interface Pool {
  /** The constants that it is compared with. */
  readonly exact: readonly string[];
  /** What lies next to those. */
  readonly beside: readonly string[];
  /** What trips queries up, among which few draws find equal ones, and what lies at the other constants. */
  readonly usual: readonly string[];
  /** The ends of the type, and letters, zones and scales that behave otherwise than most. */
  readonly rare: readonly string[];
}

/** The values of a type: `own` are the constants that stand with this very column, `all` those of the statements. */
export function poolOf(view: CatalogView, type: ColumnType, own: Constants, all: Constants): Pool {
  const kept = (values: readonly string[]): readonly string[] =>
    [...new Set(values)].filter((value) => fits(type, value));
  const mine = near(type, own);
  const others = near(
    type,
    all.filter((constant) => !own.includes(constant)),
  );
  const exact = kept(mine.exact);
  const other = type.kind === "other" ? unusual(view, type.sql, [...own, ...all]) : basics(type);
  const usual = kept([...other, ...others.exact, ...others.beside.slice(0, 20)]);
  return { exact, beside: kept(mine.beside), usual, rare: kept(rare(type)) };
}

/** All values of a pool. */
export const valuesOf = ({ exact, beside, usual, rare: ends }: Pool): readonly string[] => [
  ...new Set([...exact, ...beside, ...usual, ...ends]),
];

function fits({ kind, length, max, scale, precision }: ColumnType, value: string): boolean {
  if (kind === "text") return length === null || value.trimEnd().length <= length;
  if (kind === "decimal") {
    if (/inf/i.test(value) && precision !== null) return false;
    return scale !== 0 || !value.includes(".");
  }
  return (
    kind !== "integer" ||
    (/^-?\d+$/.test(value) &&
      (max === null || max >= 2 ** 53 - 1 || Number(value) >= -max - 1) &&
      Number(value) <= (max !== null && max < 2 ** 53 - 1 ? max : 2 ** 63))
  );
}

const DAYS = ["2024-02-29", "2024-03-01", "2023-12-31", "2024-01-01"];

function basics(type: ColumnType): readonly string[] {
  switch (type.kind) {
    case "text":
      return ["", "a", "A", "b", "ab", "a%", "1", " a"];
    case "integer":
      return ["0", "1", "2", "3", "-1"];
    case "decimal":
      return ["0", "1", "2", "1.5", "-1", "1.00", ...(type.scale === null ? ["0.005"] : [])];
    case "float":
      return ["0", "1", "2", "1.5", "-1", "NaN"];
    case "boolean":
      return ["t", "f"];
    case "date":
      return [...DAYS, "infinity"];
    case "time":
      return ["00:00:00", "23:59:59.999999", "12:00:00"];
    case "instant":
      return [...DAYS.map((day) => `${day} 00:00:00`), "2023-12-31 23:59:59.999999", "2024-01-01 12:00:00", "infinity"];
    case "duration":
      return ["0", "1 day", "24 hours", "1 month", "30 days", "-1 day"];
    case "uuid":
      return ["1", "2", "3", "4", "5", "6"].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`);
    case "json":
      return ["{}", "[]", "null", '{"a": 1}', '{"a": null}', '{"a": "x", "b": [1]}', "1"];
    case "bytes":
      return [String.raw`\x`, String.raw`\x00`, String.raw`\xff`];
    case "ip":
      return ["10.0.0.1", "10.0.0.0/8", "::1"];
    case "words":
      return ["", "a:1", "a:1 b:2"];
    case "point":
      return ["(0,0)", "(1,2)", "(2,1)"];
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

const ENDS: Readonly<Record<string, readonly string[]>> = {
  smallint: ["32767", "-32768"],
  integer: ["2147483647", "-2147483648"],
  bigint: ["9223372036854775807", "-9223372036854775808", "2147483648"],
};

// tidy: long because it is a table by kind
function rare(type: ColumnType): readonly string[] {
  switch (type.kind) {
    case "text":
      return [
        "a ",
        "é",
        "É",
        "e\u0301",
        "ß",
        "ẞ",
        "ss",
        "İ",
        "ı",
        String.raw`a\b`,
        "a_b",
        "axb",
        "a\nb",
        "b a",
        "10",
        "9",
        "01",
        "1.0",
        "x".repeat(40),
      ];
    case "integer":
      return [
        ...(ENDS[/small|int2/.test(type.sql) ? "smallint" : /big|int8/.test(type.sql) ? "bigint" : "integer"] ?? []),
        "10",
        "9",
        "100",
      ];
    case "decimal":
      return ["NaN", "Infinity", "-Infinity", "0.005", "0.1", "1.0", "10", "9", "-0.5", "99999"];
    case "float":
      return ["-0", "Infinity", "-Infinity", "0.1", "0.3", "1e15", "-0.5"];
    case "date":
      return ["-infinity", "0044-03-15 BC", "9999-12-31", "2024-12-30", "2024-03-31"];
    case "instant":
      return [
        "-infinity",
        "0044-03-15 BC",
        "2024-03-31 12:00:00",
        "2024-12-30 00:00:00",
        "2024-03-01 23:59:59.5",
        // What comes twice and what never comes, where clocks are put back and forward.
        ...[
          "2024-03-31 00:30:00",
          "2024-03-31 22:30:00",
          "2024-10-27 00:30:00",
          "2024-10-27 01:30:00",
          "2024-11-03 05:30:00",
          "2024-11-03 06:30:00",
          "2024-03-10 07:30:00",
        ].map((one) => `${one}+00`),
      ];
    case "time":
      return ["24:00:00", "00:00:01"];
    case "json":
      return [
        '{"a": 1.0}',
        '{"a": "1"}',
        '{"a":1}',
        '"a"',
        "[1, 2]",
        "[2, 1]",
        '{"b": [1], "a": "x"}',
        "1.0",
        "true",
        '[{"a": 1}]',
      ];
    case "ip":
      return ["10.0.0.1/24", "10.0.0.0/24", "192.168.0.1"];
    case "array":
      return type.element === null ? [] : rareArrays(type.element);
    case "range":
      return rareRanges(type.element);
    default:
      return [];
  }
}

const item = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

function arrays(element: ColumnType | null): readonly string[] {
  const [first, second] = element === null ? [] : basics(element).filter((value) => value !== "");
  if (first === undefined) return ["{}"];
  return [
    "{}",
    "{NULL}",
    `{${item(first)}}`,
    `{${item(first)},${item(first)}}`,
    `{${item(first)},${item(second ?? first)},NULL}`,
  ];
}

function rareArrays(element: ColumnType): readonly string[] {
  const [first = "0", second = first] = basics(element).filter((value) => value !== "");
  return [
    `{${item(second)},${item(first)}}`,
    `{{${item(first)}},{${item(second)}}}`,
    `[0:1]={${item(first)},${item(second)}}`,
    `{NULL,${item(first)}}`,
  ];
}

const inOrder = (values: readonly string[]): readonly string[] =>
  values.toSorted((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));

function ranges(element: ColumnType | null): readonly string[] {
  const [first, second, third] =
    element === null ? [] : inOrder(basics(element).filter((value) => value !== "infinity"));
  if (first === undefined || second === undefined) return ["empty"];
  return ["empty", "(,)", `["${first}","${second}")`, `["${second}","${third ?? second}"]`];
}

function rareRanges(element: ColumnType | null): readonly string[] {
  const [first, second] = element === null ? [] : inOrder(basics(element).filter((value) => value !== "infinity"));
  if (first === undefined || second === undefined) return [];
  const ends = /date|instant/.test(element?.kind ?? "") ? [`["${first}",infinity)`, `["${first}",infinity]`] : [];
  return [...ends, `["${first}",)`, `(,"${second}")`, `["${first}","${first}"]`, `("${first}","${second}"]`];
}

const FIXED: Readonly<Record<string, readonly string[]>> = {
  macaddr: ["08:00:2b:01:02:03", "08:00:2b:01:02:04", "00:00:00:00:00:00"],
  macaddr8: ["08:00:2b:01:02:03:04:05", "08:00:2b:01:02:03:04:06"],
  oid: ["0", "1", "2", "4294967295"],
  pg_lsn: ["0/0", "0/1", "FF/0"],
  tsquery: ["a", "a & b", "!a"],
  xml: ["<a/>", "<a>1</a>"],
  box: ["(0,0),(1,1)", "(0,0),(2,2)", "(1,1),(2,2)"],
  circle: ["<(0,0),1>", "<(1,1),2>"],
  line: ["{1,-1,0}", "{0,1,2}"],
  lseg: ["[(0,0),(1,1)]", "[(0,0),(2,2)]"],
  path: ["[(0,0),(1,1)]", "((0,0),(1,1),(2,0))"],
  polygon: ["((0,0),(1,1),(2,0))", "((0,0),(2,2),(4,0))"],
  hstore: ["", "a=>1", "a=>NULL", "a=>1,b=>2"],
  ltree: ["a", "a.b", "a.b.c", "b"],
};

// Types that rows of other uses need not hold: of the server, composite ones, multiranges and ranges of the application.
function unusual(view: CatalogView, sql: string, constants: Constants): readonly string[] {
  const plain = sql
    .replace(/^pg_catalog\./, "")
    .replace(/^.*\./, "")
    .replaceAll('"', "");
  const fixed = FIXED[plain];
  if (fixed !== undefined) return [...constants.filter((one) => one.length > 0 && one.length <= 40), ...fixed];
  const bits = /^bit(?: (varying))?(?:\((\d+)\))?$/.exec(plain);
  if (bits !== null) {
    const length = Number(bits[2] ?? 1);
    const made = ["0", "1", "10", "01"].map((unit) => unit.repeat(length).slice(0, length));
    return [
      ...constants.filter((one) => /^[01]+$/.test(one) && (bits[1] !== undefined || one.length === length)),
      ...made,
    ];
  }
  const multi = /^(\w+)multirange$/.exec(plain)?.[1];
  if (multi !== undefined) {
    const inner = columnType(view, `${multi}range`);
    const known = [...near(inner, constants).exact, ...near(inner, constants).beside, ...basics(inner)].filter(
      (one) => one !== "empty",
    );
    return [
      "{}",
      ...known.map((one) => `{${one}}`),
      ...known.slice(1, 4).map((one, place) => `{${known[place] ?? ""},${one}}`),
    ];
  }
  const composite = view.of("composite").find(({ name }) => name === plain);
  if (composite !== undefined) return composites(view, composite.attributes, constants);
  const range = view.of("range").find(({ name }) => name === plain);
  return range === undefined ? [] : ranges(columnType(view, range.subtype));
}

function composites(
  view: CatalogView,
  attributes: readonly { readonly type: string }[],
  constants: Constants,
): readonly string[] {
  const pools = attributes.map(({ type }) => {
    const pool = poolOf(view, columnType(view, type), constants, constants);
    return [...pool.exact, ...pool.usual].slice(0, 6);
  });
  const row = (at: (place: number, values: readonly string[]) => string | undefined): string =>
    `(${pools.map((values, place) => (at(place, values) === undefined ? "" : item(at(place, values) ?? ""))).join(",")})`;
  const made = [
    row(() => undefined),
    ...[0, 1, 2, 3].map((shift) => row((place, values) => values[(place + shift) % Math.max(1, values.length)])),
  ];
  return [
    ...made,
    row((place, values) => values[place]),
    row((_, values) => values[0]),
    row((place, values) => (place === 0 ? undefined : values[0])),
  ];
}

/**
 * The values that a column takes in one database: mostly few, so that equal ones meet. `focused`: those at its own
 * constants, so that rows come through many conditions at once.
 */
export function narrowed(pool: Pool, random: Random, focused: boolean): readonly string[] {
  const all = valuesOf(pool);
  if (all.length === 0) return [];
  const one = (): string => {
    const own = pool.exact.length > 0;
    const chance = random.float();
    const part =
      focused && own
        ? chance < 0.6
          ? pool.exact
          : chance < 0.92
            ? pool.beside
            : pool.usual
        : own && chance < 0.25
          ? pool.exact
          : own && chance < 0.4
            ? pool.beside
            : chance < 0.9
              ? pool.usual
              : pool.rare;
    return random.pick(part.length > 0 ? part : all);
  };
  const size = random.pick(focused ? [1, 1, 2, 2, 3] : [1, 2, 2, 3, 3, 5, all.length]);
  return size >= all.length ? all : Array.from({ length: size }, one);
}

/** One value of those; null where the column may be null and chance says so. */
export function drawValue(pool: readonly string[], nullable: boolean, random: Random): string | null {
  return pool.length === 0 || (nullable && random.chance(0.2)) ? null : random.pick(pool);
}
