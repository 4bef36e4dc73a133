import fc from "fast-check";
import { expect, test } from "vitest";
import { openMemory } from "./driver.ts";
import type { Value } from "./driver.ts";
import { readEncodedRows } from "./encoded-rows.ts";
import { introspect } from "./introspect.ts";

const { signal } = new AbortController();

/** The codes of a column of one table. */
async function codes(type: string, values: readonly Value[]): Promise<readonly number[]> {
  const session = await openMemory();
  try {
    session.execute(`CREATE TABLE t (v ${type})`);
    for (const value of values) session.query("INSERT INTO t VALUES (?)", [value]);
    const { rows } = await readEncodedRows(session, introspect(session), "t", { rowsMax: 1000, signal });
    const [column] = rows.columns;
    expect(column?.distinct).toBe(new Set(column?.codes).size);
    return [...(column?.codes ?? [])];
  } finally {
    await session.close();
  }
}

/** What SQLite itself says: for each row the first row whose value IS the same. */
async function firstEqual(type: string, values: readonly Value[]): Promise<readonly number[]> {
  const session = await openMemory();
  try {
    session.execute(`CREATE TABLE t (v ${type})`);
    for (const value of values) session.query("INSERT INTO t VALUES (?)", [value]);
    const rows = session.query<{ first: number }>(
      "SELECT (SELECT min(o.rowid) FROM t o WHERE o.v IS t.v) AS first FROM t ORDER BY rowid",
    );
    return rows.map(({ first }) => first);
  } finally {
    await session.close();
  }
}

// Few of each sort, so that equals meet; the same word as number, text and bytes.
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom<Value>(null, 0, -0, 1, 1.5, -1, "1", "1.0", "a", "A", "a ", "", "ä", "Ä", 1e300, 9007199254740993n),
  fc.constantFrom<Value>(9223372036854775807n, 9.3e18, 0.1 + 0.2, 0.3, "x".repeat(60), "x".repeat(61)),
  fc.constantFrom<Value>(new Uint8Array([49]), new Uint8Array([]), new Uint8Array([0, 1])),
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true }),
);

const TYPES = ["", "integer", "real", "numeric", "text", "text COLLATE NOCASE", "text COLLATE RTRIM", "blob"] as const;

test("numbers are equal where SQLite takes the values for equal", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...TYPES), fc.array(value, { maxLength: 30 }), async (type, values) => {
      const seen = await codes(type, values);
      const own = await firstEqual(type, values);
      const first = (list: readonly number[]): number[] => list.map((one) => list.indexOf(one));
      expect(first(seen)).toEqual(first(own));
    }),
    { numRuns: 150 },
  );
});

test("a table whose columns take all names of the rowid, and one of all rowids there can be", async () => {
  const session = await openMemory();
  session.execute(`CREATE TABLE taken (rowid, oid, _rowid_);
    CREATE TABLE far (id integer PRIMARY KEY, v);
    WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 300)
    INSERT INTO taken SELECT n, n, n FROM n;
    INSERT INTO far SELECT rowid, 1 FROM taken;
    INSERT INTO far VALUES (-9223372036854775808, 2), (9223372036854775807, 3)`);
  const catalog = introspect(session);
  const taken = await readEncodedRows(session, catalog, "taken", { rowsMax: 100, signal });
  expect(taken).toMatchObject({ sampled: true, rows: { rows: 100 }, notes: [expect.stringContaining("first")] });
  const far = await readEncodedRows(session, catalog, "far", { rowsMax: 200, signal });
  expect(far).toMatchObject({ sampled: true, declaredKeys: [["id"]] });
  // A row is read once, however close the places are.
  expect(far.rows.columns[0]?.distinct).toBe(far.rows.rows);
  const all = await readEncodedRows(session, catalog, "far", { rowsMax: 302, signal });
  expect(all).toMatchObject({ sampled: false, rows: { rows: 302 } });
  await session.close();
});

test("a reading that is given up ends", async () => {
  const session = await openMemory();
  session.execute(`CREATE TABLE t (v);
    WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 5000) INSERT INTO t SELECT n FROM n`);
  const catalog = introspect(session);
  const given = AbortSignal.abort(new Error("enough"));
  await expect(readEncodedRows(session, catalog, "t", { rowsMax: 9000, signal: given })).rejects.toThrow("enough");
  await expect(readEncodedRows(session, catalog, "t", { rowsMax: 9000, signal, timeMax_ms: -1 })).rejects.toMatchObject(
    { exitCode: 3, message: expect.stringContaining("in time") },
  );
  const after = await readEncodedRows(session, catalog, "t", { rowsMax: 9000, signal });
  expect(after.rows.rows).toBe(5000);
  await session.close();
});
