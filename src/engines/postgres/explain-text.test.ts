import { afterAll, beforeAll, expect, test } from "vitest";
import { isTextPlan, readTextPlan } from "../../formats/explain/read.ts";
import { planNodes } from "../../model/query-plan.ts";
import { openPlace } from "./testing.test-data.ts";
import type { Place } from "./testing.test-data.ts";
import { readQueryPlan } from "./explain.ts";

let place: Place;

beforeAll(async () => {
  place = await openPlace();
  await place.first.execute(`
    CREATE TABLE "Odd t" (id int PRIMARY KEY, "a ""b""" int, body text, tags text[]);
    INSERT INTO "Odd t" SELECT n, n % 100, 'b' || n, ARRAY['x', 'y' || n % 7] FROM generate_series(1, 20000) AS n;
    CREATE INDEX ON "Odd t" ("a ""b""");
    CREATE INDEX odd_tags ON "Odd t" USING gin (tags);
    CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL);
    INSERT INTO person SELECT n, 'p' || n FROM generate_series(1, 1000) AS n;
    CREATE TABLE reading (at date NOT NULL, v int) PARTITION BY RANGE (at);
    CREATE TABLE reading_a PARTITION OF reading FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');
    CREATE TABLE reading_b PARTITION OF reading FOR VALUES FROM ('2031-01-01') TO ('2032-01-01');
    INSERT INTO reading SELECT '2030-06-01'::date + n % 500, n FROM generate_series(1, 3000) AS n;
    ANALYZE`);
});

afterAll(() => place.close());

const DETAILS = [
  "Filter",
  "Index Cond",
  "Hash Cond",
  "Sort Method",
  "Sort Key",
  "Group Key",
  "Join Filter",
  "Join Type",
  "Strategy",
  "CTE Name",
  "Subplan Name",
  "Rows Removed by Filter",
  "Exact Heap Blocks",
  "Hash Batches",
  "Cache Hits",
  "Heap Fetches",
  "Workers Planned",
  "Operation",
  "Partial Mode",
];

function shape(explained: unknown): unknown {
  const plan = readQueryPlan(explained);
  return planNodes(plan.root).map((node) => ({
    kind: node.kind,
    relation: node.relation,
    index: node.index,
    cost: node.cost,
    rows: node.rows,
    width: node.width_bytes,
    loops: node.actual?.loops,
    actual: node.actual === null ? null : Math.round(node.actual.rows),
    relationship: node.relationship,
    children: node.children.length,
    details: Object.fromEntries(
      DETAILS.flatMap((name) => {
        const value = node.details[name];
        // The text form leaves out what is nothing.
        return value === undefined || value === 0 ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]];
      }),
    ),
  }));
}

test.each([
  `SELECT * FROM "Odd t" WHERE "a ""b""" = 5 AND body <> 'x, (y'`,
  `SELECT * FROM "Odd t" o JOIN person p ON p.id = o."a ""b""" ORDER BY body DESC, o.id`,
  `SELECT p.name, count(*) FROM person p LEFT JOIN "Odd t" t ON t."a ""b""" = p.id GROUP BY p.name HAVING count(*) > 2`,
  `SELECT * FROM person p WHERE EXISTS (SELECT FROM "Odd t" t WHERE t.id = p.id)`,
  `SELECT * FROM person p WHERE NOT EXISTS (SELECT FROM "Odd t" t WHERE t.id = p.id AND body > 'b5')`,
  `SELECT *, (SELECT max(id) FROM "Odd t" t WHERE t."a ""b""" = p.id) FROM person p LIMIT 20 OFFSET 10`,
  `SELECT id FROM "Odd t" WHERE id BETWEEN 5 AND 900 ORDER BY id DESC`,
  `SELECT * FROM "Odd t" WHERE tags @> '{y3}' AND id < 500`,
  `WITH w AS MATERIALIZED (SELECT * FROM person WHERE name > 'p5') SELECT * FROM w a JOIN w b USING (id)`,
  "WITH RECURSIVE r(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 50) SELECT * FROM r",
  "SELECT * FROM reading WHERE v > 100",
  "SELECT * FROM reading WHERE at > '2031-05-05'",
  "SELECT at, sum(v) OVER (PARTITION BY at ORDER BY v) FROM reading",
  "SELECT name FROM person UNION SELECT body FROM \"Odd t\" EXCEPT SELECT 'x'",
  "SELECT * FROM generate_series(1, 5) AS g JOIN (VALUES (1), (2)) AS v(n) ON v.n = g",
  "SELECT count(*) FROM person WHERE id = (SELECT max(id) FROM person)",
  "SELECT * FROM person WHERE id = ANY(ARRAY[1, 2]) OR name = 'p7'",
  "INSERT INTO person SELECT 5000 + n, 'x' FROM generate_series(1, 3) AS n ON CONFLICT DO NOTHING",
  "UPDATE person SET name = name || 'x' WHERE id < 10",
])("text and JSON of one plan read the same: %s", async (sql) => {
  const { first } = place;
  for (const options of ["", "ANALYZE, TIMING OFF, BUFFERS OFF, "]) {
    const ask = async (format: string): Promise<readonly Record<string, unknown>[]> => {
      await first.execute("BEGIN; SET LOCAL enable_seqscan = on");
      try {
        return (await first.query(`EXPLAIN (${options}SETTINGS, FORMAT ${format}) ${sql}`)).rows;
      } finally {
        await first.execute("ROLLBACK");
      }
    };
    const json = await ask("JSON");
    const lines = (await ask("TEXT")).map((row) => String(row["QUERY PLAN"]));
    const width = Math.max(...lines.map((line) => line.length));
    const framed = [
      "  QUERY PLAN",
      "-".repeat(width),
      ...lines.map((line) => ` ${line}`),
      `(${lines.length} rows)`,
    ].join("\n");
    expect(isTextPlan(framed)).toBe(true);
    expect(shape(readTextPlan(framed))).toEqual(shape(json[0]?.["QUERY PLAN"]));
    expect(shape(readTextPlan(lines.join("\n")))).toEqual(shape(json[0]?.["QUERY PLAN"]));
  }
});

test("times, buffers, triggers, JIT and settings of a text", () => {
  const plan = readQueryPlan(
    readTextPlan(`
 Sort  (cost=1.00..2.00 rows=3 width=4) (actual time=0.100..5.250 rows=3 loops=2)
   Sort Key: a, (lower(b)) DESC
   Sort Method: external merge  Disk: 2048kB
   Buffers: shared hit=10 read=2, temp read=5 written=7
   ->  Seq Scan on t  (cost=0.00..1.00 rows=3 width=4) (never executed)
         Filter: (x = 'Buffers: shared hit=9'::text)
 Settings: enable_seqscan = 'off', work_mem = '64kB'
 Planning:
   Buffers: shared hit=99
 Planning Time: 0.250 ms
 JIT:
   Functions: 12
   Options: Inlining false, Optimization false, Expressions true, Deforming true
   Timing: Generation 1.0 ms, Inlining 0.0 ms, Optimization 0.5 ms, Emission 5.0 ms, Total 6.500 ms
 Trigger for constraint fk on t: time=3.500 calls=10
 Execution Time: 12.500 ms`),
  );
  expect(plan.root.buffers).toMatchObject({ sharedHit: 10, sharedRead: 2, tempRead: 5, tempWritten: 7 });
  expect(plan.root.details).toMatchObject({
    "Sort Space Used": 2048,
    "Sort Space Type": "Disk",
    "Sort Key": ["a", "(lower(b)) DESC"],
  });
  expect(plan.root.actual).toMatchObject({ loops: 2, rows: 6, total_ms: 10.5 });
  expect(plan.root.children[0]?.actual?.loops).toBe(0);
  expect(plan).toMatchObject({
    planning_ms: 0.25,
    execution_ms: 12.5,
    jit: { functions: 12, total_ms: 6.5 },
    settings: { enable_seqscan: "off", work_mem: "64kB" },
  });
  expect(plan.triggers).toEqual([{ name: "fk", relation: "t", calls: 10, total_ms: 3.5 }]);
});

test.each(["", "hello", "Seq Scan on t"])("%j is no plan", (text) => {
  expect(() => readTextPlan(text)).toThrow("this is no plan");
});
