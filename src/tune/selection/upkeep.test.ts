import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPlace } from "../../engines/postgres/testing.test-data.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import type { IndexKey, IndexObject } from "../../model/catalog.ts";
import type { TriedIndex } from "../what-if.ts";
import type { Upkeep } from "./selection.ts";
import { entryCost, upkeepOf } from "./upkeep.ts";
import type { Write } from "./upkeep.ts";

const ROWS = 1_000_000;
const EACH = entryCost(ROWS);

interface Wanted {
  readonly id: string;
  readonly table?: string;
  readonly columns?: readonly string[];
  readonly include?: readonly string[];
  readonly expression?: string;
  readonly predicate?: string;
  readonly method?: string;
}

function tried({ id, table = "t", columns = [], expression, ...rest }: Wanted, existing = false): TriedIndex {
  const keys = [
    ...columns.map((column) => ({ column, expression: null })),
    ...(expression === undefined ? [] : [{ column: null, expression }]),
  ] as unknown as readonly IndexKey[];
  const index = { schema: "public", table, method: "btree", include: [], predicate: null, ...rest, keys };
  return { id, bytes: 1, existing, index: index as unknown as IndexObject };
}

const write = (verb: Write["verb"], rows: number, columns: readonly string[] = [], table = "t"): Write => ({
  schema: "public",
  table,
  verb,
  rows,
  columns: new Set(columns),
});

interface Case {
  readonly what: string;
  readonly writes: readonly Write[];
  readonly candidates: readonly Wanted[];
  readonly existing?: readonly Wanted[];
  readonly versionNumber?: number;
  readonly writeWeight?: number;
  /** Entries that are written, by candidate. */
  readonly entries: Readonly<Record<string, number>>;
  /** Ids that end heap-only updates, with the entries that other indexes are then written. */
  readonly charges?: readonly (readonly [ids: readonly string[], entries: number])[];
}

const CASES: readonly Case[] = [
  {
    what: "an insert writes every index of its table, and none of another",
    writes: [write("insert", 100)],
    candidates: [
      { id: "a", columns: ["x"] },
      { id: "b", columns: ["y", "z"] },
      { id: "c", table: "u" },
    ],
    entries: { a: 100, b: 100 },
  },
  {
    what: "writes add up, and a deleted entry costs half",
    writes: [write("insert", 100), write("insert", 10), write("delete", 50)],
    candidates: [{ id: "a", columns: ["x"] }],
    entries: { a: 135 },
  },
  {
    what: "an update of columns that no index holds is heap-only",
    writes: [write("update", 100, ["y"])],
    candidates: [{ id: "a", columns: ["x"] }],
    existing: [{ id: "e", columns: ["z"] }],
    entries: {},
  },
  {
    what: "a candidate on a column that is set pays, and ends heap-only updates for those that are there, once",
    writes: [write("update", 100, ["x"])],
    candidates: [
      { id: "a", columns: ["x"] },
      { id: "b", columns: ["q"], include: ["x"] },
      { id: "c", columns: ["q"] },
    ],
    existing: [
      { id: "e", columns: ["z"] },
      { id: "f", columns: ["w"] },
      { id: "g", table: "u", columns: ["x"] },
    ],
    entries: { a: 100, b: 100 },
    charges: [[["a", "b"], 200]],
  },
  {
    what: "where an update was not heap-only before, every candidate pays and nothing ends",
    writes: [write("update", 100, ["z"])],
    candidates: [
      { id: "a", columns: ["x"] },
      { id: "b", columns: ["z"] },
    ],
    existing: [{ id: "e", columns: ["z"] }],
    entries: { a: 100, b: 100 },
  },
  {
    what: "columns in expressions and predicates count as held",
    writes: [write("update", 10, ["state"])],
    candidates: [
      { id: "a", expression: "lower(state)" },
      { id: "b", columns: ["x"], predicate: "state = 'open'" },
      { id: "c", columns: ["x"], predicate: "kind = 1" },
    ],
    entries: { a: 10, b: 10 },
  },
  {
    what: "BRIN leaves updates heap-only since PostgreSQL 16",
    writes: [write("update", 10, ["x"])],
    candidates: [{ id: "a", columns: ["x"], method: "brin" }],
    entries: {},
  },
  {
    what: "… and not before",
    writes: [write("update", 10, ["x"])],
    candidates: [{ id: "a", columns: ["x"], method: "brin" }],
    versionNumber: 150_010,
    entries: { a: 10 },
  },
  {
    what: "writers can be spared more",
    writes: [write("insert", 10)],
    candidates: [{ id: "a", columns: ["x"] }],
    writeWeight: 4,
    entries: { a: 40 },
  },
  { what: "no write, no cost", writes: [], candidates: [{ id: "a", columns: ["x"] }], entries: {} },
];

describe("upkeep", () => {
  it.each(CASES)(
    "$what",
    ({ writes, candidates, existing = [], versionNumber = 180_000, writeWeight = 1, entries, charges = [] }) => {
      const upkeep: Upkeep = upkeepOf(
        writes,
        candidates.map((one) => tried(one)),
        existing.map((one) => tried(one, true)),
        { tableRows: () => ROWS, versionNumber, writeWeight },
      );
      expect([...upkeep.perIndex.keys()].toSorted()).toEqual(Object.keys(entries).toSorted());
      for (const [id, count] of Object.entries(entries)) expect(upkeep.perIndex.get(id)).toBeCloseTo(count * EACH, 6);
      expect(upkeep.charges.map(({ ids }) => [...ids])).toEqual(charges.map(([ids]) => [...ids]));
      for (const [at, [, count]] of charges.entries()) expect(upkeep.charges[at]?.cost).toBeCloseTo(count * EACH, 6);
    },
  );

  it("an entry costs more in a larger table, and little more", () => {
    const costs = [10, 1_000, 100_000, 1e7, 1e9].map(entryCost);
    expect(costs).toEqual(costs.toSorted((a, b) => a - b));
    expect((costs.at(-1) ?? 0) / (costs[0] ?? 1)).toBeLessThan(3);
  });
});

describe("upkeep on a server", () => {
  let place: Place;
  beforeAll(async () => {
    place = await openPlace();
  });
  afterAll(async () => {
    await place.close();
  });

  const ADDED = 10_000;
  const BASE = 100_000;
  // Pages that a statement touches, and what it logs.
  async function insert(indexes: number): Promise<{ readonly pages: number; readonly wal_bytes: number }> {
    const columns = ["a", "b", "c"];
    await place.first.execute(`
      DROP TABLE IF EXISTS t;
      CREATE TABLE t (a double precision, b double precision, c double precision);
      SELECT setseed(0.5);
      INSERT INTO t SELECT random(), random(), random() FROM generate_series(1, ${BASE});
      ${columns
        .slice(0, indexes)
        .map((column) => `CREATE INDEX ON t (${column});`)
        .join("\n")}`);
    await place.admin.first.execute("CHECKPOINT");
    const { rows } = await place.first.query<{
      readonly "QUERY PLAN": readonly { readonly Plan: Readonly<Record<string, number>> }[];
    }>(
      `EXPLAIN (ANALYZE, BUFFERS, WAL, TIMING OFF, FORMAT JSON)
       INSERT INTO t SELECT random(), random(), random() FROM generate_series(1, ${ADDED})`,
    );
    const plan = rows[0]?.["QUERY PLAN"][0]?.Plan ?? {};
    return {
      pages: (plan["Shared Hit Blocks"] ?? 0) + (plan["Shared Read Blocks"] ?? 0),
      wal_bytes: plan["WAL Bytes"] ?? 0,
    };
  }

  it("pages touched and bytes logged rise with the number of indexes as the estimate does, and are of its order", async () => {
    const [none, one, three] = [await insert(0), await insert(1), await insert(3)];
    const estimate = (count: number): number => {
      const candidates = ["a", "b", "c"].slice(0, count).map((column) => tried({ id: column, columns: [column] }));
      const context = { tableRows: () => BASE, versionNumber: 180_000, writeWeight: 1 };
      const { perIndex } = upkeepOf([write("insert", ADDED)], candidates, [], context);
      return [...perIndex.values()].reduce((sum, cost) => sum + cost, 0);
    };
    for (const what of ["pages", "wal_bytes"] as const) {
      expect(none[what]).toBeGreaterThan(0);
      const real = (three[what] - none[what]) / (one[what] - none[what]);
      expect(real / (estimate(3) / estimate(1))).toBeGreaterThan(0.7);
      expect(real / (estimate(3) / estimate(1))).toBeLessThan(1.4);
    }
    // A page from disk costs one; most of these are found in memory, and count an eighth (DEFAULT_PAGE_CPU_MULTIPLIER).
    const pages = (one.pages - none.pages) / ADDED;
    const cost = estimate(1) / ADDED;
    expect(pages / cost).toBeGreaterThan(1);
    expect(pages / cost).toBeLessThan(8);
  });
});
