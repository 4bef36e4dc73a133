import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maskStatistics, textsToOrder } from "./mask.ts";
import { byCodePoint, CATALOG, columnOf, lengthOf, masked, statisticsOf, valuesIn } from "./mask.test-data.ts";

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
