import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Catalog, CatalogObject } from "../../model/catalog.ts";
import type { ColumnDistribution, PlannerStatistics } from "../../model/planner-statistics.ts";
import { readFlatArray, writeArray } from "../../sql/array-literal.ts";
import { maskStatistics, textsToOrder } from "./mask.ts";

const CATALOG: Catalog = {
  engine: { name: "postgres", version: "18.4" },
  objects: [
    {
      kind: "enum",
      schema: "public",
      table: null,
      name: "mood",
      signature: "",
      comment: null,
      dependsOn: [],
      values: ["sad", "glad"],
    } satisfies CatalogObject,
    {
      kind: "domain",
      schema: "public",
      table: null,
      name: "Label",
      signature: "",
      comment: null,
      dependsOn: [],
      type: "text",
      collation: null,
      default: null,
      notNull: false,
      checks: [],
    } satisfies CatalogObject,
  ],
  unmodelled: [],
};

const NOW = "2026-11-20T12:00:00.000Z";

function columnOf(
  type: string,
  values: readonly string[],
  parts: Partial<ColumnDistribution> = {},
): ColumnDistribution {
  return {
    schema: "public",
    relation: "t",
    column: "c",
    type,
    inherited: false,
    nullShare: 0,
    width_bytes: 8,
    distinct: -1,
    common: { values, shares: values.map(() => 1 / (values.length + 1)) },
    histogram: null,
    correlation: null,
    elements: null,
    elementCounts: null,
    rangeBounds: null,
    rangeLengths: null,
    rangeEmptyShare: null,
    ...parts,
  };
}

function statisticsOf(
  columns: readonly ColumnDistribution[],
  parts: Partial<PlannerStatistics> = {},
): PlannerStatistics {
  return {
    readAt: NOW,
    versionNumber: 180_004,
    masked: false,
    settings: {},
    relations: [],
    columns,
    extended: [],
    unseen: [],
    ...parts,
  };
}

const masked = (columns: readonly ColumnDistribution[], key = "key"): readonly ColumnDistribution[] =>
  maskStatistics(CATALOG, statisticsOf(columns), { key }).columns;

const valuesIn = (column: ColumnDistribution | undefined): readonly string[] => column?.common?.values ?? [];

const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const lengthOf = (text: string): number => [...text].length;
const plain = fc.string({ unit: "grapheme-ascii", maxLength: 40 });
const anyText = fc.oneof(
  plain,
  fc.string({ unit: "binary", maxLength: 20 }).filter((text) => !text.includes("\0")),
);
const texts = fc.uniqueArray(anyText, { minLength: 1, maxLength: 60 });

describe("texts", () => {
  test("keep order, length, equality and shares, and none of three characters survives", () => {
    fc.assert(
      fc.property(texts, texts, fc.string(), (first, second, key) => {
        const columns = [columnOf("text", first), columnOf("character varying(40)", second, { column: "d" })];
        const got = masked(columns, key);
        expect(got.map((column) => column.common?.shares)).toEqual(columns.map((column) => column.common?.shares));
        const pairs = got.flatMap((column, at) =>
          valuesIn(column).map((to, each) => [valuesIn(columns[at])[each] ?? "", to] as const),
        );
        const originals = new Set([...first, ...second]);
        const ordered = [...new Map(pairs)].toSorted(([a], [b]) => byCodePoint(a, b));
        // Equality: one stand-in each, whichever column it comes from.
        expect(new Map(pairs).size).toBe(new Set(pairs.map(String)).size);
        for (const [at, [from, to]] of ordered.entries()) {
          if (at > 0) expect(byCodePoint(ordered[at - 1]?.[1] ?? "", to)).toBeLessThan(0);
          if (lengthOf(from) > 3) expect(lengthOf(to)).toBe(lengthOf(from));
          expect(lengthOf(to)).toBeGreaterThanOrEqual(lengthOf(from));
          if (lengthOf(to) > 2) expect(originals.has(to)).toBe(false);
        }
      }),
    );
  });

  test("length is kept for short ones too, as far as there is room", () => {
    const codes = ["A", "F", "N", "O", "P", "R", "AT", "DE", "FR", "", "CHF", "EUR"];
    const got = valuesIn(masked([columnOf("text", codes)])[0]);
    expect(got.map(lengthOf)).toEqual(codes.map(lengthOf));
    // Every country code there could be, and more characters than letters: longer, in order.
    const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
    const pairs = letters.flatMap((a) => letters.map((b) => a + b));
    const crowd = valuesIn(masked([columnOf("text", [...letters, ...pairs])])[0]);
    expect(new Set(crowd).size).toBe(702);
    const many = Array.from({ length: 300 }, (_, at) => String.fromCodePoint(0x4e00 + at));
    const longer = valuesIn(masked([columnOf("text", many)])[0]);
    expect(longer).toEqual(longer.toSorted());
  });

  test("the same key gives the same, another key another", () => {
    const column = [columnOf("text", ["alpha", "beta", "gamma"])];
    expect(masked(column, "a")).toEqual(masked(column, "a"));
    expect(masked(column, "a")).not.toEqual(masked(column, "b"));
  });

  test("padding of char(n) counts for length alone", () => {
    const [fixed, free] = masked([columnOf("character(5)", ["ab   ", "abc  "]), columnOf("text", ["ab", "abc"])]);
    expect(valuesIn(fixed).map((text) => text.trimEnd())).toEqual(valuesIn(free));
    expect(valuesIn(fixed).map(lengthOf)).toEqual([5, 5]);
  });

  test("a server's own order is followed, and histograms ascend whatever is known", () => {
    const column = columnOf("text", ["Zoë"], { histogram: ["anna", "Bert", "čeněk", "Dora"] });
    const statistics = statisticsOf([column]);
    expect(textsToOrder(CATALOG, statistics)).toEqual(new Map([["", expect.arrayContaining(["Zoë", "Dora"])]]));
    const order = ["anna", "Bert", "čeněk", "Dora", "Zoë"];
    const got = maskStatistics(CATALOG, statistics, { key: "k", orders: new Map([["", order]]) }).columns[0];
    const all = [...(got?.histogram ?? []), ...valuesIn(got)];
    expect(all).toEqual(all.toSorted());
    expect(got?.histogram?.map(lengthOf)).toEqual([4, 4, 5, 4]);
    const blind = maskStatistics(CATALOG, statistics, { key: "k" }).columns[0]?.histogram ?? [];
    expect(blind).toEqual(blind.toSorted());
  });
});

const digits = (min: bigint, max: bigint): fc.Arbitrary<string> => fc.bigInt({ min, max }).map(String);
const moments = fc
  .date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("2500-12-31T00:00:00Z"), noInvalidDate: true })
  .map((date) =>
    date
      .toISOString()
      .replace("T", " ")
      .replace(/\.?0*Z$/, ""),
  );

type Compare = (a: string, b: string) => number;
const numeric: Compare = (a, b) => Number(a) - Number(b);

const SCALES: readonly (readonly [string, fc.Arbitrary<string>, Compare])[] = [
  ["smallint", digits(-30_000n, 30_000n), numeric],
  ["integer", fc.oneof(digits(-(2n ** 30n), 2n ** 30n), digits(-20n, 300n)), numeric],
  ["bigint", digits(-(2n ** 62n), 2n ** 62n), (a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)],
  ["numeric(12,2)", digits(-99_999_999n, 99_999_999n).map((text) => (Number(text) / 100).toFixed(2)), numeric],
  [
    "real",
    fc
      .float({ noNaN: true, noDefaultInfinity: true })
      .filter((value) => value === 0 || Math.abs(value) > 1e-30)
      .map((value) => String(Number(value.toPrecision(9)))),
    numeric,
  ],
  [
    "double precision",
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((value) => value === 0 || Math.abs(value) > 1e-290)
      .map((value) => String(value === 0 ? 0 : value)),
    numeric,
  ],
  ["date", moments.map((text) => text.slice(0, 10)), (a, b) => byCodePoint(a, b)],
  ["timestamp without time zone", moments, (a, b) => byCodePoint(a, b)],
  [
    "timestamp with time zone",
    moments.map((text) => `${text}+00`),
    (a, b) => byCodePoint(a.slice(0, -3), b.slice(0, -3)),
  ],
  ["time without time zone", moments.map((text) => text.slice(11)), (a, b) => byCodePoint(a, b)],
  ["uuid", fc.uuid(), (a, b) => byCodePoint(a, b)],
  [
    "macaddr",
    fc.uuid().map((text) =>
      text
        .replaceAll("-", "")
        .slice(0, 12)
        .replace(/(..)(?!$)/g, "$1:"),
    ),
    (a, b) => byCodePoint(a, b),
  ],
  ["inet", fc.ipV4(), (a, b) => (orderOf4(a) < orderOf4(b) ? -1 : 1)],
];

const orderOf4 = (text: string): number => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

describe("values on a scale", () => {
  test.each(SCALES)("%s: order and equality are kept, and values change", (type, value, compare) => {
    fc.assert(
      fc.property(
        fc.uniqueArray(value, { minLength: 1, maxLength: 50, comparator: (a, b) => a === b || compare(a, b) === 0 }),
        (given) => {
          const values = given.toSorted(compare);
          const [first, second] = masked([columnOf(type, values), columnOf(type, values.slice(0, 3))]);
          const got = valuesIn(first);
          expect(valuesIn(second)).toEqual(got.slice(0, 3));
          for (const [at, text] of got.entries()) {
            // Zero says nothing, and a full range has no room to move in.
            if (values[at] !== "0" && values[at] !== "0.00" && values.length < 40) expect(text).not.toBe(values[at]);
            if (at > 0)
              expect([got[at - 1], text, compare(got[at - 1] ?? "", text) < 0]).toEqual([got[at - 1], text, true]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("numbers keep sign, zero, decimals and rough magnitude", () => {
    const values = ["-1500.25", "-0.50", "0.00", "0.01", "19.99", "120000.00"];
    const got = valuesIn(masked([columnOf("numeric(12,2)", values)])[0]);
    expect(got.every((text) => /^-?\d+\.\d\d$/.test(text))).toBe(true);
    expect(got.map((text) => Math.sign(Number(text)))).toEqual([-1, -1, 0, 1, 1, 1]);
    expect(Math.abs(Number(got[5]) / 120_000 - 1)).toBeLessThan(0.06);
    expect(Math.abs(Number(got[0]) / -1500.25 - 1)).toBeLessThan(0.06);
  });

  test("types that are joined share their stand-ins; none leaves its range", () => {
    const [small, wide] = masked([columnOf("smallint", ["32767", "12"]), columnOf("bigint", ["12", "32767", "40000"])]);
    expect(valuesIn(small).toReversed()).toEqual(valuesIn(wide).slice(0, 2));
    expect(Number(valuesIn(small)[0])).toBeLessThanOrEqual(32_767);
  });

  test("recent moments stay recent, and midnights midnights", () => {
    const values = ["1970-03-12 00:00:00+00", "2026-11-13 12:00:00+00", "2026-11-20 11:01:30+00", "infinity"];
    const got = valuesIn(masked([columnOf("timestamp with time zone", values)])[0]);
    expect(got[0]).toMatch(/^19[67]\d-\d\d-\d\d 00:00:00\+00$/);
    expect(got[1]).toMatch(/^2026-11-1[234] \d\d:00:00\+00$/);
    expect(got[2]).toMatch(/^2026-11-20 1[01]:[05]\d:\d\d\+00$/);
    expect(got[3]).toBe("infinity");
  });

  test("intervals, years before Christ, addresses of both versions", () => {
    const spans = valuesIn(
      masked([columnOf("interval", ["-1 mons +2 days", "00:00:00", "1 day 02:03:04.5", "1 year"])])[0],
    );
    expect(spans[1]).toBe("00:00:00");
    expect(spans[0]).toMatch(/^-\d+ days -\d\d:00:00$/);
    const dates = valuesIn(masked([columnOf("date", ["0544-03-15 BC", "0001-01-01", "2026-11-20"])])[0]);
    expect(dates[0]).toMatch(/ BC$/);
    const addresses = ["10.0.0.0/8", "10.0.0.0/16", "10.1.2.3", "192.168.0.1", "::1", "2001:db8::/32"];
    const got = valuesIn(masked([columnOf("inet", addresses)])[0]);
    expect(got.slice(0, 4).every((text) => /^10\.\d+\.\d+\.\d+$/.test(text))).toBe(true);
    expect(got.slice(0, 4).map(orderOf4)).toEqual(
      got
        .slice(0, 4)
        .map(orderOf4)
        .toSorted((a, b) => a - b),
    );
    expect(got.slice(4).every((text) => text.startsWith("fd00::"))).toBe(true);
  });
});

describe("values made of others", () => {
  test("arrays and ranges go through their elements", () => {
    const scalars = ["1000", "2000", "3000"];
    const [plainOnes, arrays, ranges] = masked([
      columnOf("integer", scalars),
      columnOf("integer[]", ["{1000,NULL,3000}", "{{1000},{2000}}"], {
        elements: { values: scalars, shares: [0.5, 0.4, 0.3], lowest: 0.3, highest: 0.5, nulls: 0.1 },
      }),
      columnOf("int4range", [], {
        common: null,
        rangeBounds: ["[1000,2000)", "[2000,)", "empty"],
        rangeLengths: [10, 20],
      }),
    ]);
    const [a, b, c] = valuesIn(plainOnes);
    expect(valuesIn(arrays)).toEqual([`{${a},NULL,${c}}`, `{{${a}},{${b}}}`]);
    expect(arrays?.elements).toMatchObject({ values: [a, b, c], shares: [0.5, 0.4, 0.3], nulls: 0.1 });
    expect(ranges?.rangeBounds).toEqual([`[${a},${b})`, `[${b},)`, "empty"]);
    expect(ranges?.rangeLengths).not.toEqual([10, 20]);
  });

  test("lexemes stand by length first, each with its share", () => {
    const elements = {
      values: ["as", "zü", "cat", "dog"],
      shares: [0.1, 0.2, 0.3, 0.4],
      lowest: 0.1,
      highest: 0.4,
      nulls: null,
    };
    const got = masked([columnOf("tsvector", [], { common: null, elements })])[0]?.elements;
    expect(got?.shares).toEqual([0.1, 0.2, 0.3, 0.4]);
    expect(got?.values.map(lengthOf)).toEqual([2, 2, 3, 3]);
  });

  test("booleans and enumerations stay, domains are what they are made of", () => {
    const [bool, mood, label, text] = masked([
      columnOf("boolean", ["t", "f"]),
      columnOf("public.mood", ["glad"]),
      columnOf('public."Label"', ["secret name"]),
      columnOf("text", ["secret name"]),
    ]);
    expect([valuesIn(bool), valuesIn(mood)]).toEqual([["t", "f"], ["glad"]]);
    expect(valuesIn(label)).toEqual(valuesIn(text));
    expect(valuesIn(label)[0]).not.toBe("secret name");
  });

  test("what is not understood is left out and named", () => {
    const columns = [
      columnOf("jsonb", ['{"name": "Anna"}'], { histogram: ['"a"', '"b"'] }),
      columnOf("public.pair", ["(1,Anna)"]),
      columnOf("date", ["20.11.2026"]),
      columnOf("bytea", ["\\xcafe00"]),
    ];
    const got = maskStatistics(CATALOG, statisticsOf(columns), { key: "k" });
    expect(got.columns.map((column) => [column.common, column.histogram])).toEqual([
      [null, null],
      [null, null],
      [null, null],
      [expect.anything(), null],
    ]);
    expect(got.unseen.map(({ what }) => what)).toEqual([
      "common values and histograms of 1 column of type jsonb",
      "common values and histograms of 1 column of type public.pair",
      "common values and histograms of 1 column of type date",
    ]);
    expect(valuesIn(got.columns[3])[0]).toMatch(/^\\x[0-9a-f]{6}$/);
  });

  test("combinations of columns are masked as the columns are", () => {
    const one = {
      schema: "public",
      name: "st",
      table: "t",
      inherited: false,
      columns: ["c", "d"],
      distinct: null,
      dependencies: null,
      common: {
        values: [
          ["Vienna", "1010"],
          ["Berlin", null],
        ],
        shares: [0.5, 0.1],
        baseShares: [0.2, 0.1],
      },
    };
    const columns = [columnOf("text", ["Vienna", "Berlin"]), columnOf("integer", ["1010"], { column: "d" })];
    const statistics = statisticsOf(columns, {
      extended: [
        { ...one, types: ["text", "integer"] },
        { ...one, types: ["text", null] },
      ],
    });
    const got = maskStatistics(CATALOG, statistics, { key: "k" });
    const [city, code] = got.columns.map(valuesIn);
    expect(got.extended[0]?.common?.values).toEqual([
      [city?.[0], code?.[0]],
      [city?.[1], null],
    ]);
    expect(got.extended[1]?.common).toBeNull();
    expect(got.unseen).toEqual([expect.objectContaining({ what: "common combinations of 1 statistics objects" })]);
  });
});

test("nothing that tells of a row is left in any column", () => {
  const kinds = SCALES.filter(
    ([type]) => !["smallint", "time without time zone", "real", "double precision"].includes(type),
  );
  const drawn = fc.tuple(...kinds.map(([, value]) => fc.uniqueArray(value, { minLength: 1, maxLength: 30 })), texts);
  fc.assert(
    fc.property(drawn, (lists) => {
      const types = [...kinds.map(([type]) => type), "text"];
      const columns = lists.flatMap((values, at) => {
        const type = types[at] ?? "text";
        return [columnOf(type, values), columnOf(`${type}[]`, [writeArray(values)])];
      });
      const telling = new Set(lists.flat().filter((text) => lengthOf(text) > 5));
      const left = masked(columns).flatMap((column) =>
        valuesIn(column).flatMap((text) => (column.type.endsWith("[]") ? readFlatArray(text) : [text])),
      );
      expect(left.filter((text) => text !== null && telling.has(text))).toEqual([]);
    }),
    { numRuns: 30 },
  );
});
