import { afterAll, beforeAll, expect, test } from "vitest";
import { openServer } from "../../twin/server/open.ts";
import { playground, requestFor } from "../../twin/server/testing.test-data.ts";
import type { TwinDatabase, TwinServer } from "../../twin/server.ts";
import type { Session } from "./driver.ts";
import { readCountedStatements } from "./workload.ts";

const place = playground();
let server: TwinServer;
let database: TwinDatabase;
let owner: Session;
let admin: Session;

beforeAll(async () => {
  server = await openServer(requestFor(place.cacheDir, { preload: ["pg_stat_statements"] }));
  database = await server.createDatabase();
  owner = await database.connect("owner");
  admin = await database.connect("admin");
  await owner.execute("CREATE TABLE task (id int PRIMARY KEY, title text); CREATE TABLE person (id int)");
});

afterAll(async () => {
  await owner.close();
  await admin.close();
  await server.close();
  place.remove();
});

test("without the extension it says what to do", async () => {
  await expect(readCountedStatements(owner)).rejects.toThrow(/is not in this database[^]*CREATE EXTENSION/);
});

test("statements with their calls, time and rows, from any schema", async () => {
  await admin.execute(
    'CREATE SCHEMA "odd ""s"; CREATE EXTENSION pg_stat_statements SCHEMA "odd ""s"; GRANT USAGE ON SCHEMA "odd ""s" TO PUBLIC',
  );
  await admin.query(`SELECT "odd ""s".pg_stat_statements_reset()`);
  await owner.execute("INSERT INTO task SELECT n, 'x' FROM generate_series(1, 10) AS n");
  for (let id = 1; id <= 3; id++) await owner.query(`SELECT title FROM task WHERE id >= ${id}`);
  await admin.query("SELECT count(*) FROM public.person");
  const { statements, span_s, leftOut } = await readCountedStatements(owner);
  const found = statements.find(({ sql }) => sql === "SELECT title FROM task WHERE id >= $1");
  expect(found).toMatchObject({ calls: 3, rows: 27 });
  expect(found?.total_ms).toBeGreaterThan(0);
  expect(span_s).toBeGreaterThanOrEqual(0);
  // What the superuser ran is hidden from the owner, and said to be.
  expect(statements.some(({ sql }) => sql.includes("person"))).toBe(false);
  expect(leftOut.map(({ what }) => what)).toEqual(["statements of other roles"]);
});

test("a role that may read none is told so, and an empty one too", async () => {
  await admin.query(`SELECT "odd ""s".pg_stat_statements_reset()`);
  await admin.query("SELECT count(*) FROM public.person");
  await expect(readCountedStatements(owner)).rejects.toThrow(/may not read[^]*pg_read_all_stats/);
});
