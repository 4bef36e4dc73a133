import { afterAll, beforeAll, expect, test } from "vitest";
import type { Statistics } from "../../model/statistics.ts";
import { openServer } from "../../twin/server/open.ts";
import { playground, requestFor } from "../../twin/server/testing.test-data.ts";
import type { TwinDatabase, TwinServer } from "../../twin/server.ts";
import type { Session } from "./driver.ts";
import { introspect } from "./introspect.ts";
import { readStatistics } from "./statistics.ts";
import type { StatisticsOptions } from "./statistics.ts";

const place = playground();
let server: TwinServer;
let database: TwinDatabase;
let owner: Session;

// Published test numbers of the card schemes.
const CARDS = ["4111111111111111", "5555555555554444", "378282246310005", "6011111111111117", "3530111333300000"];

beforeAll(async () => {
  server = await openServer(requestFor(place.cacheDir));
  database = await server.createDatabase();
  owner = await database.connect("owner");
  await owner.execute(`
    CREATE TABLE "Odd ""T"", x" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "a ""col""" text, tags text, n serial);
    INSERT INTO "Odd ""T"", x" ("a ""col""", tags)
      SELECT CASE WHEN i % 4 > 0 THEN 'v' || i % 5 END, CASE WHEN i % 2 = 0 THEN 'red,green' ELSE 'a,b,c' END
      FROM generate_series(1, 2000) i;
    CREATE TABLE reading (at date NOT NULL, v integer) PARTITION BY RANGE (at);
    CREATE TABLE reading_a PARTITION OF reading FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');
    CREATE TABLE reading_b PARTITION OF reading FOR VALUES FROM ('2031-01-01') TO ('2032-01-01');
    INSERT INTO reading SELECT '2030-06-01'::date + 365 * (i % 2), i FROM generate_series(1, 300) i;
    CREATE SEQUENCE shared_counter;
    CREATE TABLE one (id bigint DEFAULT nextval('shared_counter'));
    CREATE TABLE two (id bigint DEFAULT nextval('shared_counter'));
    CREATE DOMAIN pan AS text;
    CREATE TABLE payment (number text, spaced pan, account numeric(16), id bigint, remark text, price numeric(6,2));
    INSERT INTO payment SELECT c, regexp_replace(c, '(....)', '\\1 ', 'g'), c::numeric, c::bigint, 'paid with ' || c || '.', 1
      FROM unnest('{${CARDS.join(",")}}'::text[]) c;
    INSERT INTO payment VALUES ('4111111111111112', '1234567890123452', 42, 42, 'a 4111111111111111222 b', 2);
    CREATE TABLE hidden (number text) ;
    INSERT INTO hidden SELECT '4111111111111111';
    ALTER TABLE hidden ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    ANALYZE "Odd ""T"", x", reading, payment, hidden;
    CREATE TABLE never_analysed (v integer); INSERT INTO never_analysed VALUES (1);`);
});

afterAll(async () => {
  await owner.close();
  await server.close();
  place.remove();
});

async function read(session: Session, options: StatisticsOptions = {}): Promise<Statistics> {
  return readStatistics(session, await introspect(session), options);
}

test("sizes, and rows of partitioned tables", async () => {
  const { tables, replica, hasReplicas, readAt } = await read(owner);
  const rows = (table: string): number | null | undefined => tables.find((each) => each.table === table)?.rows;
  expect([rows('Odd "T", x'), rows("reading"), rows("reading_a"), rows("never_analysed")]).toEqual([
    2000,
    300,
    150,
    null,
  ]);
  expect(tables.find((each) => each.table === "reading")?.bytes).toBeGreaterThan(8192);
  expect([replica, hasReplicas]).toEqual([false, false]);
  expect(Math.abs(Date.parse(readAt) - Date.now())).toBeLessThan(3_600_000);
});

test("what the planner knows of columns, without values", async () => {
  const statistics = await read(owner);
  const column = (name: string): unknown =>
    statistics.columns.find((each) => each.table === 'Odd "T", x' && each.column === name);
  expect(column('a "col"')).toMatchObject({ nullShare: 0.25, distinct: 5, listShare: 0 });
  expect(column("tags")).toMatchObject({ nullShare: 0, distinct: 2, listShare: 1 });
  expect(column("id")).toMatchObject({ distinct: 2000, listShare: null });
  expect(JSON.stringify(statistics)).not.toMatch(/red,green|4111|5555/);
});

test("sequences with what they feed", async () => {
  const { sequences } = await read(owner);
  expect(sequences).toEqual([
    {
      schema: "public",
      sequence: 'Odd "T", x_id_seq',
      lastValue: "2000",
      feeds: [{ schema: "public", table: 'Odd "T", x', column: "id" }],
    },
    {
      schema: "public",
      sequence: 'Odd "T", x_n_seq',
      lastValue: "2000",
      feeds: [{ schema: "public", table: 'Odd "T", x', column: "n" }],
    },
    {
      schema: "public",
      sequence: "shared_counter",
      lastValue: null,
      feeds: [
        { schema: "public", table: "one", column: "id" },
        { schema: "public", table: "two", column: "id" },
      ],
    },
  ]);
});

test("card numbers are counted, never returned", async () => {
  const { samples, unseen } = await read(owner);
  const counts = samples.filter(({ table }) => table === "payment");
  expect(counts.map(({ column, sampledRows, cardNumbers }) => [column, sampledRows, cardNumbers])).toEqual([
    ["number", 6, 5],
    ["spaced", 6, 5],
    ["account", 6, 5],
    ["id", 6, 5],
    ["remark", 6, 5],
  ]);
  expect(samples.some(({ table }) => table === "hidden")).toBe(false);
  expect(unseen).toContainEqual({ what: "columns of public.hidden", why: "row security applies to this user" });
  expect(unseen).toContainEqual({
    what: "columns of public.never_analysed, public.one, public.two",
    why: "never analysed",
  });
});

test("a large table is sampled from all over, not from its start", async () => {
  await owner.execute(`
    CREATE TABLE large (number text);
    INSERT INTO large SELECT CASE WHEN i > 40000 THEN '4111111111111111' ELSE 'none' END FROM generate_series(1, 80000) i;
    ANALYZE large`);
  try {
    const { samples } = await read(owner, { sampleRows: 5000 });
    const sample = samples.find(({ table }) => table === "large");
    // Some 65 of 350 pages: that none of them is from the second half has odds of one to a thousand million.
    expect(sample?.sampledRows).toBeGreaterThan(1000);
    expect(sample?.sampledRows).toBeLessThan(50_001);
    expect(sample?.cardNumbers).toBeGreaterThan(0);
  } finally {
    await owner.execute("DROP TABLE large");
  }
});

test("a signal that has come ends the reading before it begins", async () => {
  const catalog = await introspect(owner);
  const signal = AbortSignal.abort(new Error("stopped by the user"));
  await expect(readStatistics(owner, catalog, { signal })).rejects.toThrow("stopped by the user");
});

test("no sample where none is wanted", async () => {
  const { samples, unseen } = await read(owner, { sampleRows: 0 });
  expect(samples).toEqual([]);
  expect(unseen).toContainEqual({ what: "samples of rows", why: "not asked for" });
});

test("what a user may not read is said, not taken for clean", async () => {
  const admin = await database.connect("admin");
  try {
    await admin.execute("CREATE ROLE stranger LOGIN; SET ROLE stranger");
    const { columns, samples, sequences, unseen } = await read(admin);
    expect([columns, samples]).toEqual([[], []]);
    expect(sequences.every(({ lastValue }) => lastValue === null)).toBe(true);
    expect(unseen.map(({ why }) => why)).toContain("no privilege to read it");
    expect(unseen.find(({ what }) => what.includes("payment"))?.why).toBe("no privilege to read it");
    expect(unseen.map(({ what }) => what)).toContain("sequence public.shared_counter");
  } finally {
    await admin.execute("RESET ROLE; DROP ROLE stranger");
    await admin.close();
  }
});

test("a table locked by another is passed over and named", async () => {
  const catalog = await introspect(owner);
  const other = await database.connect("owner");
  try {
    await other.execute("BEGIN; LOCK TABLE payment IN ACCESS EXCLUSIVE MODE");
    const { tables, indexes, samples, unseen } = await readStatistics(owner, catalog);
    expect(samples.some(({ table }) => table === "payment")).toBe(false);
    expect(unseen).toContainEqual({ what: "samples of public.payment", why: "it is locked" });
    expect(unseen).toContainEqual({ what: "exact sizes of tables", why: "it is locked" });
    const sizes = tables.filter(({ table }) => ["payment", 'Odd "T", x'].includes(table)).map(({ bytes }) => bytes);
    expect(sizes.every((bytes) => bytes !== null && bytes >= 8192)).toBe(true);
    expect([sizes.length, indexes.length]).toEqual([2, 1]);
  } finally {
    await other.close();
  }
});

test("the session is left outside any transaction, and writes again", async () => {
  await read(owner);
  await owner.execute("CREATE TABLE after_reading (); DROP TABLE after_reading");
});
