import { afterAll, beforeAll, expect, test } from "vitest";
import { postgres } from "../engines/postgres/dialect.ts";
import type { Session } from "../engines/postgres/driver.ts";
import { introspect } from "../engines/postgres/introspect.ts";
import { readStatistics } from "../engines/postgres/statistics.ts";
import { viewOf } from "../model/catalog-view.ts";
import type { Finding } from "../model/finding.ts";
import { openServer } from "../twin/server/open.ts";
import { playground, requestFor } from "../twin/server/testing.test-data.ts";
import type { TwinServer } from "../twin/server.ts";
import { RULES } from "./registry.ts";
import { review } from "./review.ts";

/* What rules say more, or otherwise, when they see a live server's statistics. */

const place = playground();
let server: TwinServer;
let session: Session;

beforeAll(async () => {
  server = await openServer(requestFor(place.cacheDir));
  const database = await server.createDatabase();
  session = await database.connect("owner");
});

afterAll(async () => {
  await session.close();
  await server.close();
  place.remove();
});

async function found(rule: string, ddl: string): Promise<readonly Finding[]> {
  await session.execute(`DROP OWNED BY CURRENT_USER CASCADE; ${ddl}`);
  const catalog = await introspect(session);
  const statistics = await readStatistics(session, catalog, { sampleRows: 0 });
  const settings = { tenantColumn: null, classified: {} };
  const rules = RULES.filter(({ id }) => id === rule);
  const result = review(rules, { view: viewOf(catalog), dialect: postgres, statistics, settings });
  expect([rules.length, result.failed]).toEqual([1, []]);
  return result.findings;
}

async function check(rule: string, ddl: string, expected: readonly (readonly [string, RegExp])[]): Promise<void> {
  const findings = await found(rule, ddl);
  expect(findings.map(({ severity, message }) => [severity, message])).toEqual(
    expected.map(([severity, message]) => [severity, expect.stringMatching(message)]),
  );
}

// A table with partitions of a month each, the first so many months from the server's today.
const months = (first: number, last: number, key: string): string =>
  `CREATE TABLE reading (at ${key} NOT NULL) PARTITION BY RANGE (at);
  DO $$ BEGIN FOR i IN ${first}..${last} LOOP
    EXECUTE format('CREATE TABLE %I PARTITION OF reading FOR VALUES FROM (%L) TO (%L)', 'reading_' || i + 100,
      date_trunc('month', now()) + make_interval(months => i), date_trunc('month', now()) + make_interval(months => i + 1));
  END LOOP; END $$;`;

test.each(["date", "timestamptz", "timestamp"])("partitions by %s are measured by the server's clock", async (key) => {
  const rule = "partitions-without-default-or-next";
  await check(rule, months(-4, -2, key), [["error", /every row of today is refused/]]);
  await check(rule, `${months(-4, -2, key)} CREATE TABLE rest PARTITION OF reading DEFAULT`, [
    ["warning", /since then all rows go to the default one/],
  ]);
  await check(rule, months(-2, 0, key), [["warning", /the next is not there yet: from then on every row is refused/]]);
  await check(rule, months(-2, 3, key), [["info", /no default one/]]);
  await check(rule, `${months(-2, 3, key)} CREATE TABLE rest PARTITION OF reading DEFAULT`, []);
});

test("a key counted by identity goes on where its sequence stood", async () => {
  const [finding] = await found(
    "serial-instead-of-identity",
    "CREATE TABLE item (id serial PRIMARY KEY); INSERT INTO item SELECT FROM generate_series(1, 41);",
  );
  expect(finding?.fixes[0]?.title).toBe("make item.id an identity column that starts at 42");
});

test("exhaustion: shares, severities and what has to be widened together", async () => {
  const rule = "integer-key-near-exhaustion";
  await check(rule, "CREATE TABLE item (id serial PRIMARY KEY); SELECT setval('item_id_seq', 1073741824);", [
    ["warning", /item\.id \(integer\) has used 50 %/],
  ]);
  await check(rule, "CREATE TABLE item (id serial PRIMARY KEY); SELECT setval('item_id_seq', 1073741000);", []);
  const findings = await found(
    rule,
    `CREATE TABLE item (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
     CREATE TABLE part (item_id integer REFERENCES item); SELECT setval('item_id_seq', 2000000000);`,
  );
  expect(findings.map(({ severity }) => severity)).toEqual(["error"]);
  const changed = findings[0]?.fixes[0]?.changes.map((change) => (change.type === "alter" ? change.after : null));
  expect(changed).toMatchObject([
    { table: "item", type: "bigint", identity: { sequence: { type: "bigint", max: "9223372036854775807" } } },
    { table: "part", type: "bigint" },
  ]);
  await check(
    rule,
    `CREATE TABLE item (id bigserial PRIMARY KEY); CREATE TABLE part (item_id integer REFERENCES item);
     SELECT setval('item_id_seq', 2000000000);`,
    [["error", /part\.item_id \(integer\) has used 93 % of the values that item\.id counts up/]],
  );
});

const REFERENCE = `CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (id bigint, author_id bigint REFERENCES author);
  INSERT INTO author VALUES (1);`;

test("a small table needs no index for its foreign key, where others are large", async () => {
  const rule = "foreign-key-needs-index";
  const large = "CREATE TABLE log AS SELECT i FROM generate_series(1, 150000) i; ANALYZE;";
  await check(rule, `${REFERENCE} INSERT INTO book VALUES (1, 1); ${large}`, [["info", /author to its rows in book/]]);
  const few = `${REFERENCE} INSERT INTO book VALUES (1, 1);`;
  // With too few rows to go by, it counts what the schema orders.
  await check(rule, `${few} ANALYZE;`, [["info", /author to its rows/]]);
  await check(rule, `${few.replace("REFERENCES author", "$& ON DELETE CASCADE")} ANALYZE;`, [
    ["warning", /author to its rows/],
  ]);
  await check(rule, `${REFERENCE} INSERT INTO book SELECT i, 1 FROM generate_series(1, 2000) i; ${large}`, [
    ["warning", /author to its rows/],
  ]);
});

test("lists are seen in what the planner remembers", async () => {
  const fill = (values: string): string =>
    `CREATE TABLE item (colours text, note text); INSERT INTO item SELECT ${values} FROM generate_series(1, 500) i; ANALYZE;`;
  const rule = "list-in-a-varchar";
  await check(rule, fill("'red' || i % 3 || ',green', 'one, or two of them'"), [
    ["info", /item\.colours seems to hold lists/],
  ]);
  await check(rule, fill("'red', 'a sentence, with a comma'"), []);
});

test("references without a key are a choice, however many kinds of rows they have", async () => {
  const rule = "polymorphic-reference";
  const fill = (kinds: number): string =>
    `CREATE TABLE remark (about_type text, about_id bigint);
     INSERT INTO remark SELECT 'kind' || i % ${kinds}, i FROM generate_series(1, 2000) i; ANALYZE;`;
  await check(rule, fill(2), [["info", /about_type, about_id/]]);
  await check(rule, fill(9), [["info", /about_type, about_id/]]);
});
