import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildExplainPage } from "../../scripts/build/explain-page.ts";
import type { PlanFinding } from "../tune/explain/plan-rule.ts";
import { planPage } from "../specialist/explain/page.ts";
import { openServer } from "../twin/server/open.ts";
import type { TwinServer } from "../twin/server.ts";
import { ROOT, contextIn, playground, requestFor } from "../twin/server/testing.test-data.ts";
import { explainAction } from "./explain.ts";

const place = playground();
let server: TwinServer;
let url: string;

const SQL = `CREATE TABLE task (id int PRIMARY KEY, title text, owner_id int);
INSERT INTO task SELECT n, 't' || n, n % 500 FROM generate_series(1, 30000) AS n;`;

beforeAll(async () => {
  server = await openServer(requestFor(place.cacheDir));
  const database = await server.createDatabase();
  const owner = await database.connect("owner");
  await owner.execute(
    `${SQL} ANALYZE; CREATE FUNCTION noisy() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM task; RETURN 1; END $$`,
  );
  await owner.close();
  url = database.url("owner");
});

afterAll(async () => {
  await server.close();
  place.remove();
});

interface Output {
  readonly how: string;
  readonly findings: readonly PlanFinding[];
  readonly plan: { readonly execution_ms: number | null };
  readonly against: Output | null;
  readonly text: string;
}

async function explain(options: Readonly<Record<string, unknown>>, stdin = ""): Promise<Output> {
  const context = { ...contextIn(place), stdin: () => Promise.resolve(stdin) };
  const output = await explainAction.run(explainAction.input.parse(options), context);
  const same = (text: string): string => text;
  const style = { columns: 200, bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };
  return { ...(output as Output), text: explainAction.render(output, style) };
}

const SLOW = "SELECT * FROM task WHERE owner_id = 7";

test("a live database plans and does not run, unless it is asked to", async () => {
  expect((await explain({ source: url, query: SLOW })).plan.execution_ms).toBeNull();
  const { plan, findings, how, text } = await explain({ source: url, query: SLOW, analyze: true });
  expect(plan.execution_ms).toBeGreaterThan(0);
  expect(how).toContain("read-only");
  expect(findings.map(({ rule }) => rule)).toContain("sequential-scan-for-few-rows");
  expect(text).toMatch(/Filter[^]*30,000 rows and kept 60/);
});

test.each([
  ["DELETE FROM task", /a statement that writes \(delete\) is not run in a live database/],
  ["WITH gone AS (DELETE FROM task RETURNING id) SELECT * FROM gone", /a statement that writes \(delete\)/],
  ["SELECT noisy()", /the query writes, which this transaction may not/],
  ["SELECT pg_sleep(60)", /cut off after 0\.3 s/],
  ["SELECT 1; DELETE FROM task", /not one SQL statement/],
  ["SELEC 1", /not one SQL statement/],
  ["VACUUM task", /only SELECT, INSERT/],
  ["SELECT * FROM nowhere", /SQLSTATE 42P01/],
  ["SELECT * FROM task WHERE id = $1 OR id = $2", /2 parameters and 1 value was given/],
])("%s is refused", async (query, message) => {
  await expect(
    explain({ source: url, query, analyze: true, timeout: 0.3, value: query.includes("$") ? ["1"] : [] }),
  ).rejects.toThrow(message);
  const session = await (await import("../engines/postgres/driver.ts")).connect({ url });
  expect((await session.query("SELECT count(*)::int AS n FROM task")).rows[0]?.["n"]).toBe(30_000);
  await session.close();
});

test("values of parameters, and the plan of a prepared statement without them", async () => {
  const query = "SELECT * FROM task WHERE id = $1";
  expect((await explain({ source: url, query, value: ["5"] })).text).toContain("(task.id = 5)");
  expect((await explain({ source: url, query })).text).toContain("(task.id = $1)");
});

test("SQL with rows is run on a twin, and two queries are compared", async () => {
  writeFileSync(join(place.temporary, "task.sql"), SQL);
  writeFileSync(join(place.temporary, "after.sql"), "SELECT * FROM task WHERE id = 7;");
  const source = join(place.temporary, "task.sql");
  const { how, against, text } = await explain({ source, query: SLOW, against: join(place.temporary, "after.sql") });
  expect(how).toContain("on a twin");
  expect(against?.plan.execution_ms).toBeGreaterThan(0);
  expect(text).toMatch(/cost \d+ → \d+ \([\d.]+× less\)[^]*no longer so:/);
});

test("a pasted plan, and what is none", async () => {
  const plan =
    "Seq Scan on t  (cost=0.00..9.00 rows=1 width=4) (actual time=1.0..99.0 rows=1 loops=1)\n  Filter: (a = 1)\n  Rows Removed by Filter: 50000\nExecution Time: 100.0 ms";
  expect((await explain({ source: "-" }, plan)).findings[0]?.rule).toBe("sequential-scan-for-few-rows");
  await expect(explain({ source: "-" }, "hello")).rejects.toThrow("this is no plan");
  await expect(explain({ source: "nowhere" })).rejects.toThrow("no such file, and a source needs a query");
});

test("the page holds its plans as data, and needs no network", async () => {
  const template = join(place.temporary, "page.html");
  await buildExplainPage(ROOT, template);
  const hostile = `</script><script>alert("x")</script><img src=x onerror=alert(1)> $& $1`;
  const output = await explain({ source: url, query: SLOW });
  const page = await planPage(
    [{ ...output, sql: hostile, how: hostile } as never],
    [{ Plan: { x: hostile } }],
    pathToFileURL(template),
  );
  expect(page).not.toContain(`<script>alert(`);
  expect(page).not.toContain("<img src=x");
  const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? "";
  expect((JSON.parse(data) as { plans: { sql: string }[] }).plans[0]?.sql).toBe(hostile);
  expect(page).toContain("default-src 'none'");
  expect(readFileSync(template, "utf8")).not.toMatch(/(?:src|href)="https?:/);
});
