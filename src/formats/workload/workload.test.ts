import { expect, test } from "vitest";
import type { Workload } from "../../model/workload.ts";
import { WorkloadCollector } from "./collector.ts";
import { addPgbenchScript, isPgbenchScript } from "./pgbench.ts";
import { numberedPlaceholders } from "./placeholders.ts";
import { addSqlFile } from "./sql-file.ts";

async function readSql(text: string): Promise<Workload> {
  const collector = await WorkloadCollector.create();
  addSqlFile(collector, text, "a.sql");
  return collector.workload("a.sql", null);
}

test("tables whose names differ in digits only are not taken for one", async () => {
  const { queries } = await readSql(
    "SELECT * FROM t10 WHERE a = 1;\nSELECT * FROM t10 WHERE a = 22;\nSELECT * FROM t20 WHERE a = 1;\nSELECT b11 FROM u WHERE a = 1;\nSELECT b11 FROM u WHERE a = 33;",
  );
  expect(queries.map(({ text, calls }) => [text, calls])).toEqual([
    ["SELECT * FROM t10 WHERE a = $1", 2],
    ["SELECT b11 FROM u WHERE a = $1", 2],
    ["SELECT * FROM t20 WHERE a = $1", 1],
  ]);
});

test("statements of a file, with weights and lines", async () => {
  const { queries, leftOut } = await readSql(
    "-- weight: 10\nSELECT * FROM t WHERE a = 1;\nSELECT * FROM t WHERE a = 2;\n\n-- dbwright:weight 2.5\nDELETE FROM t\nWHERE b = :name;\nSET work_mem = '1MB';\n\\d t\n",
  );
  expect(
    queries.map(({ text, calls, executions, origins }) => [text, calls, executions.length, origins[0]?.line]),
  ).toEqual([
    ["SELECT * FROM t WHERE a = $1", 11, 2, 2],
    ["DELETE FROM t\nWHERE b = $1", 2.5, 0, 6],
  ]);
  expect(leftOut.map(({ what }) => what)).toEqual([
    "statements that neither read nor write rows of tables (BEGIN, SET, DDL)",
    "command of psql at a.sql:9",
  ]);
});

test.each([
  ["a syntax error is named and the rest used", "SELECT 1;\nSELEC 2;\nSELECT 3 FROM t;", ["statement at a.sql:2"], 2],
  [
    "so is a parenthesis that is not closed",
    "SELECT 1 FROM t;\nSELECT (2,\n  3;\nSELECT 4 FROM u;\nSELECT f((5);\nSELECT 6 FROM v WHERE a = (1);",
    ["statement at a.sql:2", "statement at a.sql:5"],
    3,
  ],
  ["so is a string that does not end", "SELECT 1 FROM t;\nSELECT 'x", ["a.sql from line 2 on"], 1],
  ["and an empty file gives nothing", "-- nothing\n", [], 0],
])("%s", async (_, text, left, count) => {
  const workload = await readSql(text);
  expect(workload.leftOut.map(({ what }) => what)).toEqual(left);
  expect(workload.queries).toHaveLength(count);
});

test.each([
  ["SELECT :a, :b, :a", "SELECT $1, $2, $1"],
  [
    "SELECT x::int, ':a', \":a\", $$:a$$ -- :a\n, /* :a */ :'a'",
    "SELECT x::int, ':a', \":a\", $$:a$$ -- :a\n, /* :a */ $1",
  ],
  ["SELECT ? WHERE j ?| k AND b = ?", "SELECT $1 WHERE j ?| k AND b = $2"],
  ["SELECT a[1:2]", null],
  ["SELECT $1, ':a'", null],
])("placeholders of %s", (sql, expected) => {
  expect(numberedPlaceholders(sql)?.sql ?? null).toBe(expected);
});

test("a pgbench script is drawn by its own expressions", async () => {
  const text = [
    "\\set aid random(1, 100000 * :scale)",
    "\\set delta random(-5000, 5000) % 7 + 2 * 3",
    "\\set odd permute(1, 2)",
    "BEGIN;",
    "UPDATE pgbench_accounts SET abalance = abalance + :delta",
    "  WHERE aid = :aid;",
    "SELECT :odd;",
    "END;",
  ].join("\n");
  expect(isPgbenchScript(text)).toBe(true);
  const collector = await WorkloadCollector.create();
  await addPgbenchScript(collector, text, "tpcb.sql", { scale: 3, weight: 4 });
  const { queries, leftOut } = collector.workload("tpcb.sql", null);
  const update = queries.find(({ verb }) => verb === "update");
  expect(update?.calls).toBeCloseTo(4);
  expect(update?.origins[0]).toEqual({ where: "tpcb.sql", line: 5 });
  expect(update?.executions).toHaveLength(5);
  for (const { values } of update?.executions ?? []) {
    expect(Number(values[0])).toBeGreaterThanOrEqual(0);
    expect(Number(values[0])).toBeLessThanOrEqual(12);
    expect(Number(values[1])).toBeGreaterThan(0);
    expect(Number(values[1])).toBeLessThanOrEqual(300_000);
  }
  expect(queries.find(({ verb }) => verb === "select")?.executions).toEqual([]);
  expect(leftOut.map(({ what }) => what)).toContain("\\set odd at tpcb.sql:3");
});

test("100,000 different statements are bounded, and what went is counted", async () => {
  const collector = await WorkloadCollector.create({ queriesMax: 1_000, executionsMax: 2 });
  for (let n = 0; n < 100_000; n++) {
    const seen = { values: [], calls: 1, total_ms: n === 50 ? 1e6 : n / 1e3, rows: null, prepared: false };
    collector.add({ ...seen, sql: `SELECT c${n} FROM t`, origin: { where: "x", line: n } });
  }
  const { queries, leftOut } = collector.workload("x", null);
  expect(queries.length).toBeLessThanOrEqual(1_000);
  // The costliest stays, though it came early.
  expect(queries[0]?.text).toBe("SELECT c50 FROM t");
  expect(queries.reduce((sum, one) => sum + one.calls, 0) + (leftOut[0]?.count ?? 0)).toBe(100_000);
});
