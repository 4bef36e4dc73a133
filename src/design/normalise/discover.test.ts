import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EncodedRows } from "../../model/dependency.ts";
import { discover, holding } from "./discover.ts";
import { hypothesis } from "./hypothesis.ts";

/** Rows given as values, column by column. */
function encoded(
  columns: Readonly<Record<string, readonly unknown[]>>,
  types: Readonly<Record<string, string>> = {},
): EncodedRows {
  const list = Object.entries(columns).map(([name, values]) => {
    const known = new Map<unknown, number>();
    const codes = Int32Array.from(values, (value) => {
      const number = known.get(value) ?? known.size;
      known.set(value, number);
      return number;
    });
    return { name, type: types[name] ?? "text", codes, distinct: known.size };
  });
  return { columns: list, rows: list[0]?.codes.length ?? 0 };
}

const NAMES = ["a", "b", "c", "d", "e"];

// By the definition: each left side, each pair of rows.
function byDefinition({ columns, rows }: EncodedRows, leftMax: number): { held: string[]; keys: string[] } {
  const varied = columns.filter(({ distinct }) => distinct > 1);
  const agree = (a: number, b: number, set: number): boolean =>
    varied.every(({ codes }, at) => ((set >> at) & 1) === 0 || codes[a] === codes[b]);
  const determines = (left: number, right: number): boolean => {
    for (let a = 0; a < rows; a++)
      for (let b = a + 1; b < rows; b++) if (agree(a, b, left) && !agree(a, b, right)) return false;
    return true;
  };
  const isKey = (left: number): boolean => {
    for (let a = 0; a < rows; a++) for (let b = a + 1; b < rows; b++) if (agree(a, b, left)) return false;
    return true;
  };
  const size = (set: number): number => [...set.toString(2)].filter((bit) => bit === "1").length;
  const lefts = Array.from({ length: 2 ** varied.length - 1 }, (_, at) => at + 1).filter((set) => size(set) <= leftMax);
  const less = (set: number): number[] => varied.flatMap((_, at) => ((set >> at) & 1 ? [set & ~(1 << at)] : []));
  const text = (set: number): string =>
    varied
      .flatMap(({ name }, at) => ((set >> at) & 1 ? [name] : []))
      .toSorted()
      .join("");
  const held = lefts.flatMap((left) =>
    isKey(left)
      ? []
      : varied.flatMap(({ name }, at) => {
          const right = 1 << at;
          const minimal =
            (left & right) === 0 && determines(left, right) && !less(left).some((set) => determines(set, right));
          return minimal ? [`${text(left)}>${name}`] : [];
        }),
  );
  const keys = lefts.filter((left) => isKey(left) && !less(left).some((set) => isKey(set))).map(text);
  return { held: held.toSorted(), keys: keys.toSorted() };
}

describe("what holds in rows", () => {
  test("is what the definition says, for any rows", () => {
    const rows = fc.array(fc.tuple(...NAMES.map(() => fc.nat(3))), { minLength: 0, maxLength: 14 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 4 }), (values, leftMax) => {
        const table = encoded(Object.fromEntries(NAMES.map((name, at) => [name, values.map((row) => row[at])])));
        const { held, keys, leftSearched } = holding(table, leftMax);
        const expected = byDefinition(table, leftMax);
        const text = held.map(
          ({ left, right }) =>
            `${left
              .map(({ name }) => name)
              .toSorted()
              .join("")}>${right.name}`,
        );
        expect(text.toSorted()).toEqual(expected.held);
        expect(keys.map((key) => key.toSorted().join("")).toSorted()).toEqual(expected.keys);
        expect(leftSearched).toBe(leftMax);
      }),
      { numRuns: 300 },
    );
  });

  test("columns with one value are set apart", () => {
    expect(holding(encoded({ a: [1, 2, 3], b: [7, 7, 7] }), 2)).toMatchObject({ constants: ["b"], held: [] });
  });
});

// Pseudo-random, the same each time (Lehmer 1951, with the constants of Park and Miller 1988).
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

const ROWS = 2000;
const random = numbers(20_260_101);
const zip = Array.from({ length: ROWS }, () => random(120));
const product = Array.from({ length: ROWS }, () => random(60));
const region = Array.from({ length: ROWS }, () => random(6));
const ORDERS = {
  id: Array.from({ length: ROWS }, (_, row) => row),
  zip,
  city: zip.map((code) => code % 50),
  product,
  product_name: product.map((number) => `p${number}`),
  region,
  // Needs both: neither the product nor the region alone tells.
  price: product.map((number, row) => number * 7 + (region[row] ?? 0) * ((number % 5) + 1)),
  colour: Array.from({ length: ROWS }, () => random(8)),
  quantity: Array.from({ length: ROWS }, () => random(20)),
  placed_at: Array.from({ length: ROWS }, () => random(1500)),
  currency: Array.from({ length: ROWS }, () => "one"),
};

describe("plausibility", () => {
  const found = discover(encoded(ORDERS, { placed_at: "timestamp with time zone" }), 3);
  const strong = found.dependencies.filter(({ plausibility }) => plausibility === "strong");
  const text = strong.map(({ from, to }) => `${from.toSorted().join()}>${to.join()}`).toSorted();

  test("what was planted is found, and little else", () => {
    expect(text).toContain("zip>city");
    expect(text).toContain("product>product_name");
    expect(text).toContain("product_name>product");
    expect(text).toContain("product,region>price");
    // The only others are those that the names of products repeat.
    expect(text.filter((one) => !/product|zip>city/.test(one))).toEqual([]);
  });

  test("keys, constants and what nearly is a key are set apart", () => {
    expect(found.keys).toContainEqual(["id"]);
    expect(found.constants).toEqual(["currency"]);
    expect(found.noise).toBeGreaterThan(0);
    expect(found.dependencies.filter(({ from }) => from.includes("id"))).toEqual([]);
  });

  test("independent columns give nothing", () => {
    const draw = numbers(7);
    const columns = Object.fromEntries(
      NAMES.map((name, at) => [name, Array.from({ length: 500 }, () => draw(3 + at * 20))]),
    );
    expect(discover(encoded(columns), 3).dependencies).toEqual([]);
  });

  test("what follows if they are laws rests on declared keys, else on keys of the rows", () => {
    const { columns } = encoded(ORDERS);
    const declared = hypothesis(columns, [["id"]], found, null);
    expect(declared.keysFrom).toBe("constraints");
    const assumed = declared.assumed.map(({ from, to }) => `${from.join()}>${to.join()}`);
    expect(assumed).toContain("zip>city");
    // One of product and product_name stands for both.
    expect(assumed.filter((one) => one.endsWith(">price"))).toHaveLength(1);
    expect(hypothesis(columns, [], found, null)).toMatchObject({ keysFrom: "rows", keys: [["id"]] });
  });
});
