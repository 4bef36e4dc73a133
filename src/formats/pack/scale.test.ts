import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readFlatArray, writeArray } from "../../sql/array-literal.ts";
import { byCodePoint, columnOf, lengthOf, masked, valuesIn } from "./mask.test-data.ts";

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

test("nothing that tells of a row is left in any column", () => {
  const kinds = SCALES.filter(
    ([type]) => !["smallint", "time without time zone", "real", "double precision"].includes(type),
  );
  const drawn = fc.tuple(
    ...kinds.map(([, value]) => fc.uniqueArray(value, { minLength: 1, maxLength: 30 })),
    fc.uniqueArray(fc.string(), { minLength: 1 }),
  );
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
