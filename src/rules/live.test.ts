import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgres } from "../engines/postgres/dialect.ts";
import type { Session } from "../engines/postgres/driver.ts";
import { introspect } from "../engines/postgres/introspect.ts";
import { readStatistics } from "../engines/postgres/statistics.ts";
import { viewOf } from "../model/catalog-view.ts";
import type { Finding } from "../model/finding.ts";
import type { Statistics } from "../model/statistics.ts";
import { openServer } from "../twin/server/open.ts";
import { playground, requestFor } from "../twin/server/testing.test-data.ts";
import type { TwinServer } from "../twin/server.ts";
import { cardDataInRows } from "./card-data-in-rows.ts";
import { invalidIndex } from "./invalid-index.ts";
import { RULES } from "./registry.ts";
import { review } from "./review.ts";
import type { Rule } from "./rule.ts";
import { unusedIndex } from "./unused-index.ts";

/*
 * Rules that are judged on a live server: their documented examples, rows included, analysed and
 * read; and what depends on the age and place of the counters.
 */

const place = playground();
let server: TwinServer | null = null;
let session: Session;

beforeAll(async () => {
  server = await openServer(requestFor(place.cacheDir));
  session = await (await server.createDatabase()).connect("owner");
});

afterAll(async () => {
  await session.close();
  await server?.close();
  place.remove();
});

/** What the rule finds after the scripts ran one after the other; `as` changes what was read. */
async function findings(
  rule: Rule,
  scripts: readonly string[],
  as: (read: Statistics) => Statistics = (read) => read,
): Promise<readonly Finding[]> {
  try {
    // What fails is meant to: it leaves something behind.
    for (const script of scripts) {
      await session.execute(script).catch((error: unknown) => {
        if (!/CONCURRENTLY/.test(script)) throw error;
      });
    }
    await session.execute("ANALYZE; SELECT pg_stat_force_next_flush()");
    const catalog = await introspect(session);
    const statistics = as(await readStatistics(session, catalog));
    const settings = { tenantColumn: null, classified: {} };
    const result = review([rule], { view: viewOf(catalog), dialect: postgres, statistics, settings });
    expect(result.failed).toEqual([]);
    return result.findings;
  } finally {
    await session.execute("RESET ALL; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  }
}

const live = RULES.filter((rule) => rule.needsStatistics === true);

describe.each(live.map((rule) => [rule.id, rule] as const))("%s", (_id, rule) => {
  test("is shown to fail and to pass", () => {
    expect(rule.fails.length).toBeGreaterThan(0);
    expect(rule.passes.length).toBeGreaterThan(0);
  });

  test.each(rule.fails)("fires on %s", async (ddl) => {
    expect(await findings(rule, [ddl])).not.toEqual([]);
  });

  test.each(rule.passes)("is silent on %s", async (ddl) => {
    expect(await findings(rule, [ddl])).toEqual([]);
  });
});

describe("unused-index weighs what the counters can tell", () => {
  const DDL = [
    "CREATE TABLE task (id bigint PRIMARY KEY, title text); CREATE INDEX task_title ON task (title)",
    "INSERT INTO task SELECT n, md5(n::text) FROM generate_series(1, 40000) n",
    "ANALYZE task",
    "SELECT count(*) FROM task",
  ];
  const since =
    (days: number, patch: Partial<Statistics> = {}) =>
    (read: Statistics): Statistics => ({
      ...read,
      countersSince: new Date(Date.parse(read.readAt) - days * 24 * 60 * 60 * 1000).toISOString(),
      hasReplicas: false,
      ...patch,
    });

  test.each([
    ["a month of counters", since(30), "warning", /since \d{4}-\d\d-\d\d \(30 days\) on this server; replicas, if/],
    ["a day of counters", since(1), "info", /\(1 day\)/],
    ["no known start", since(30, { countersSince: null }), "info", /a time the server does not tell/],
    ["replicas that were not seen", since(30, { hasReplicas: true }), "info", /its replicas were not seen/],
  ] as const)("%s", async (_what, as, severity, message) => {
    const [finding, ...others] = await findings(unusedIndex, DDL, as);
    expect(others).toEqual([]);
    expect(finding?.severity).toBe(severity);
    expect(finding?.message).toMatch(message);
  });

  test("one that was read is no matter", async () => {
    const read = [...DDL, "SET enable_seqscan = off; SELECT id FROM task WHERE title = 'a'"];
    expect(await findings(unusedIndex, read, since(30))).toEqual([]);
  });
});

test("invalid-index finds what a failed CREATE INDEX CONCURRENTLY left, and offers to build it again", async () => {
  const [finding] = await findings(invalidIndex, [
    "CREATE TABLE task (title text); INSERT INTO task VALUES ('a'), ('a')",
    "CREATE UNIQUE INDEX CONCURRENTLY task_title ON task (title)",
  ]);
  expect(finding?.ref.name).toBe("task_title");
  expect(finding?.fixes[0]?.changes.map(({ type }) => type)).toEqual(["drop", "create"]);
});

test("card-data-in-rows tells counts and never a value", async () => {
  const found = await findings(cardDataInRows, [
    "CREATE TABLE note (body text)",
    "INSERT INTO note SELECT CASE WHEN n = 7 THEN '4111-1111-1111-1111' ELSE 'paid in cash' END FROM generate_series(1, 200) n",
  ]);
  expect(found.map(({ severity }) => severity)).toEqual(["warning"]);
  expect(JSON.stringify(found)).not.toMatch(/4111|1111/);
});
