import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../engines/postgres/driver.ts";
import type { Session } from "../engines/postgres/driver.ts";
import type { Advice, IndexAdvice } from "../model/advice.ts";
import type { TwinDatabase } from "../twin/server.ts";
import { lintAction } from "./lint.ts";
import { migrateUpAction } from "./migrate-up.ts";
import { playgroundWithServer, putIn, told } from "./testing.test-data.ts";
import { tuneAction } from "./tune.ts";

interface Report extends Omit<Advice, "workload"> {
  readonly workload: Advice["workload"] & {
    readonly leftOut: readonly { readonly what: string; readonly why: string }[];
  };
  readonly notes: readonly string[];
  readonly migration: readonly string[] | null;
}

const SCHEMA = `
  CREATE SCHEMA vacant;
  CREATE TABLE customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE, city text NOT NULL);
  CREATE TABLE purchase (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customer,
    state text NOT NULL CHECK (state IN ('open', 'paid', 'sent')), placed_at timestamptz NOT NULL,
    total numeric(12, 2) NOT NULL, twice numeric GENERATED ALWAYS AS (total * 2) STORED);
  CREATE INDEX purchase_placed ON purchase (placed_at);
  CREATE INDEX purchase_placed_again ON purchase (placed_at);
  CREATE TABLE event (at date NOT NULL, kind text NOT NULL, who bigint NOT NULL) PARTITION BY RANGE (at);
  CREATE TABLE event_2024 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
  CREATE TABLE event_2025 PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
  INSERT INTO customer (email, city) SELECT 'user' || n || '@example.org', 'city ' || n % 300 FROM generate_series(1, 3000) AS n;
  INSERT INTO purchase (customer_id, state, placed_at, total)
    SELECT 1 + (n * 7919) % 3000, CASE WHEN n % 50 = 0 THEN 'open' WHEN n % 3 = 0 THEN 'paid' ELSE 'sent' END,
           timestamptz '2025-01-01' + n * interval '3 minutes', n % 1000 FROM generate_series(1, 12000) AS n;
  INSERT INTO event SELECT date '2024-01-01' + n % 700, 'k' || n % 20, n % 5000 FROM generate_series(1, 12000) AS n;`;

const WORKLOAD = `-- weight: 100
SELECT id, total FROM purchase WHERE customer_id = 42 ORDER BY placed_at DESC LIMIT 10;
-- weight: 50
SELECT count(*) FROM event WHERE who = 77;
-- weight: 20
UPDATE purchase SET state = 'paid' WHERE customer_id = 99 AND state <> 'sent';
INSERT INTO purchase (customer_id, state, placed_at, total) VALUES (1, 'open', now(), 5);
DELETE FROM event WHERE who = 5;
SELEC nonsense FROM;
SELECT * FROM no_such_table WHERE id = 1;
CREATE TEMP TABLE scratch AS SELECT 1 AS a;
SELECT a FROM scratch;
`;
const FOR_EVER = `${WORKLOAD}-- weight: 1
SELECT count(*) FROM purchase a, purchase b, purchase c, event e WHERE a.customer_id = 17 AND b.total + c.total <> e.who;
`;

// What the application's rows are, so that a changed one shows.
const FINGERPRINT = `SELECT md5(string_agg(r, '|' ORDER BY r)) AS sum FROM (
  SELECT p::text AS r FROM purchase AS p UNION ALL SELECT e::text FROM event AS e) AS all_rows`;

let production: TwinDatabase;
let admin: Session;
let owner: Session;
const place = playgroundWithServer((server) => void (opened = server.createDatabase()));
let opened: Promise<TwinDatabase>;

beforeAll(async () => {
  production = await opened;
  [admin, owner] = [await production.connect("admin"), await production.connect("owner")];
  await owner.execute(SCHEMA);
  await owner.execute("VACUUM ANALYZE");
  putIn(place, "app.sql", WORKLOAD);
  putIn(place, "for-ever/app.sql", FOR_EVER);
  putIn(place, "schema.sql", SCHEMA);
}, 120_000);

afterAll(async () => {
  for (const session of [owner, admin]) await session.close();
});

const stepOf = ({ proof }: IndexAdvice, id: string) => proof.steps.find((step) => step.id === id);
const named = (all: readonly { readonly what: string; readonly why: string }[]): string =>
  all.map(({ what, why }) => `${what}: ${why}`).join("\n");
const tuned = (input: Readonly<Record<string, unknown>>) => told<Report>(tuneAction, place, { time: 4, ...input });

describe("advice of a live database, measured on rows that were drawn, as migrations", () => {
  let report: Report;
  let before: unknown;
  beforeAll(async () => {
    before = (await owner.query(FINGERPRINT)).rows;
    mkdirSync(join(place.temporary, "migrations"));
    ({ report } = await tuned({
      source: production.url("owner"),
      workload: "app.sql",
      rows: true,
      rowsMax: 12_000,
      measureTime: 3,
      migration: "migrations",
    }));
  }, 120_000);

  test("every index is built, and its size and time are measured with their scale", () => {
    expect(report.indexes.map(({ index }) => index.table)).toEqual(expect.arrayContaining(["event", "purchase"]));
    for (const one of report.indexes) {
      expect(one.bytesStanding).toBe("measured");
      expect(one.bytes).toBeGreaterThan(0);
      expect(stepOf(one, "size")?.observed).toMatch(/built of [\d,]+ rows \(1\/2\.\d of production's rows\)/);
      expect(stepOf(one, "writes")).toMatchObject({ verdict: "proved", standing: "measured" });
      expect(stepOf(one, "writes")?.figures).toMatchObject({ insert_ratio: expect.any(Number) as number });
    }
    const timed = report.indexes.filter((one) => stepOf(one, "time")?.verdict === "proved");
    expect(timed.length).toBeGreaterThan(0);
    for (const one of timed) {
      expect(stepOf(one, "time")).toMatchObject({ standing: "measured" });
      expect(stepOf(one, "time")?.observed).toMatch(/rows drawn from statistics; medians of at least \d+ runs/);
      expect(one.queries.every(({ msBefore, msAfter }) => msBefore !== null && msAfter !== null)).toBe(true);
    }
  });

  test("what cannot be used of the workload is named, the rest is used", () => {
    expect(named(report.workload.leftOut)).toContain("app.sql:9");
    expect(named(report.unseen)).toMatch(/no_such_table.*does not exist/);
    expect(named(report.unseen)).toMatch(/scratch.*does not exist/);
  });

  test("production is only read", async () => {
    expect((await owner.query(FINGERPRINT)).rows).toEqual(before);
  });

  test("the migrations lint clean, run, and leave the advised indexes", async () => {
    expect(report.migration?.filter((file) => file.endsWith(".up.sql"))).toHaveLength(2);
    const files = readdirSync(join(place.temporary, "migrations")).filter((name) => name.endsWith(".up.sql"));
    const up = files.toSorted().map((name) => join("migrations", name));
    const linted = await told<{ findings: readonly { severity: string; message: string }[] }>(lintAction, place, {
      files: up,
      source: production.url("owner"),
    });
    expect(linted.report.findings.filter(({ severity }) => severity !== "info")).toEqual([]);
    const ran = await told(migrateUpAction, place, {
      database: production.url("owner"),
      dir: "migrations",
    });
    expect(ran.exitCode).toBe(0);
    const { rows } = await owner.query<{ name: string; valid: boolean }>(
      "SELECT c.relname AS name, i.indisvalid AS valid FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid",
    );
    const valid = new Set(rows.filter((row) => row.valid).map((row) => row.name));
    for (const { index } of report.indexes) expect(valid).toContain(index.name);
    for (const { name } of report.drops) expect(rows.map((row) => row.name)).not.toContain(name);
    expect(report.drops.length).toBeGreaterThan(0);
  });
});

test("of SQL its own rows are measured; a query that runs for ever is cut off and said", async () => {
  const { report, shown } = await tuned({ source: "schema.sql", workload: "for-ever", measureTime: 3 });
  for (const one of report.indexes) {
    expect(stepOf(one, "size")?.observed).toContain("(production's size)");
    expect(one.bytesStanding).toBe("measured");
  }
  expect(report.indexes.some((one) => stepOf(one, "time")?.verdict === "proved")).toBe(true);
  expect(named(report.unseen)).toMatch(
    /the time of query SELECT count.*cut off after 1 s, with the new indexes and without/s,
  );
  expect(shown).toContain("cut off after 1 s");
}, 60_000);

test("tables whose statistics may not be read are named", async () => {
  await admin.execute("CREATE ROLE tune_reader LOGIN PASSWORD 'only here'");
  await owner.execute("GRANT SELECT ON customer, event, event_2024, event_2025 TO tune_reader");
  const url = new URL(production.url("owner"));
  [url.username, url.password] = ["tune_reader", "only here"];
  const { report } = await tuned({ source: url.href, workload: "app.sql" });
  expect(named(report.unseen)).toContain("public.purchase");
  expect(named(report.unseen)).not.toContain("public.customer");
  const reader = await connect({ url: url.href });
  await reader.close();
}, 60_000);

describe("without a workload", () => {
  const refused = (input: Readonly<Record<string, unknown>>): Promise<unknown> =>
    tuned(input).then(
      () => null,
      (error: unknown) => (error as Error).message,
    );
  test.each([
    ["a database that counts nothing", () => ({ source: production.url("owner") }), /pg_stat_statements/],
    [
      "a schema without tables (and no connection is repeated, which may hold a password)",
      () => ({ source: production.url("owner"), workload: "app.sql", schemas: ["vacant"] }),
      /^(?!.*@)the database: all tables are empty/s,
    ],
    ["a folder that is not there", () => ({ source: "schema.sql", workload: "none" }), /no such file/],
    [
      "nothing but mistakes",
      () => ({ source: "schema.sql", workload: putIn(place, "bad.sql", "SELEC 1;\nFRM x;") }),
      /no statement.*bad\.sql:1/s,
    ],
  ])("%s is an error that says so", async (_, input, message) => {
    expect(await refused(input())).toMatch(message);
  });
});
