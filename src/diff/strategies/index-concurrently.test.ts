import { afterAll, beforeAll, expect, test } from "vitest";
import { openPlace } from "../../engines/postgres/testing.test-data.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import { checkStrategy } from "./strategies.test-data.ts";
import type { StrategyCase } from "./strategies.test-data.ts";

let place: Place;
beforeAll(async () => {
  place = await openPlace();
}, 120_000);
afterAll(async () => await place.close());

const T = "CREATE TABLE t (id integer PRIMARY KEY, a text);";
const ROWS = "INSERT INTO t SELECT n, 'v' || n FROM generate_series(1, 50) n;";
const READS = ["SELECT * FROM t ORDER BY 1", "SELECT * FROM t ORDER BY 1"] as const;
const PARTED = `CREATE TABLE p (id integer NOT NULL, a text) PARTITION BY RANGE (id);
  CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
  CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (1000) PARTITION BY RANGE (id);
  CREATE TABLE p2a PARTITION OF p2 FOR VALUES FROM (10) TO (20);
  CREATE TABLE p2b PARTITION OF p2 DEFAULT;`;
const WRITES = ["INSERT INTO t VALUES (1000, 'w')", "UPDATE t SET a = 'x'", "DELETE FROM t"];

const CASES: readonly (readonly [string, StrategyCase])[] = [
  [
    "is built",
    { from: T, to: `${T} CREATE INDEX i ON t (a); COMMENT ON INDEX i IS 'it''s';`, strategies: ["index-concurrently"] },
  ],
  [
    "with all that an index can say, under a hostile name",
    {
      from: T,
      to: `${T} CREATE UNIQUE INDEX "I x""; DROP TABLE t --" ON t (lower(a) DESC NULLS LAST, id) INCLUDE (a) NULLS NOT DISTINCT WITH (fillfactor = 70) WHERE a <> ' CREATE INDEX ';`,
      strategies: ["index-concurrently"],
    },
  ],
  [
    "is dropped",
    { from: `${T} CREATE INDEX i ON t (a); COMMENT ON INDEX i IS 'x';`, to: T, strategies: ["index-concurrently"] },
  ],
  [
    "is replaced",
    {
      from: `${T} CREATE INDEX i ON t (a); COMMENT ON INDEX i IS 'x';`,
      to: `${T} CREATE INDEX i ON t (a, id) WHERE id > 3; COMMENT ON INDEX i IS 'x';`,
      strategies: ["index-concurrently"],
    },
  ],
  [
    "of a partitioned table, whose partitions have partitions",
    {
      from: PARTED,
      to: `${PARTED} CREATE INDEX i ON p (a);`,
      rows: ROWS.replace("INTO t", "INTO p"),
      strategies: ["index-concurrently"],
    },
  ],
  [
    "of a partitioned table without partitions",
    {
      from: "CREATE TABLE p (id integer) PARTITION BY RANGE (id);",
      to: "CREATE TABLE p (id integer) PARTITION BY RANGE (id); CREATE INDEX i ON p (id);",
      strategies: ["index-concurrently"],
    },
  ],
  [
    "of a materialised view",
    {
      from: `${T} CREATE MATERIALIZED VIEW m AS SELECT a FROM t;`,
      to: `${T} CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE INDEX i ON m (a);`,
      strategies: ["index-concurrently"],
    },
  ],
  [
    "of one partition",
    {
      from: PARTED,
      to: `${PARTED} CREATE INDEX i ON p2a (a);`,
      rows: ROWS.replace("INTO t", "INTO p"),
      strategies: ["index-concurrently"],
    },
  ],
];

test.for(CASES)("an index %s", async ([, one]) => {
  const plain = one.from.startsWith(T);
  const steps = await checkStrategy(place, {
    ...(plain ? { rows: ROWS, reads: READS, old: WRITES, new: WRITES } : {}),
    ...one,
  });
  const outside = steps.filter(({ transactional }) => transactional === false);
  expect(outside).toEqual(steps.filter(({ sql }) => sql.includes("INDEX CONCURRENTLY")));
});

test("what a failed build leaves is cleaned up", async () => {
  const { first, second } = place;
  const to = `${T} CREATE UNIQUE INDEX i ON t (a);`;
  const [build] = await checkStrategy(place, { from: T, to, rows: ROWS, strategies: ["index-concurrently"] });
  await first.execute("INSERT INTO t VALUES (100, 'v1')");
  await expect(first.execute(build?.sql ?? "")).rejects.toThrow(/could not create unique index/);
  await expect(first.execute(build?.sql ?? "")).rejects.toThrow(/already exists/);
  for (const sql of build?.cleanup ?? []) await first.execute(sql);
  await first.execute("DELETE FROM t WHERE id = 100");
  await first.execute(build?.sql ?? "");
  expect((await second.query("SELECT 1")).rowCount).toBe(1);
});

test("a small table's index is built directly, and one of unknown size is not", async () => {
  const statistics = (rows: number | null): NonNullable<StrategyCase["context"]> => ({
    statistics: {
      readAt: "",
      countersSince: null,
      replica: false,
      hasReplicas: false,
      tables: [
        {
          schema: "public",
          table: "t",
          rows,
          bytes: null,
          sequentialScans: null,
          indexScans: null,
          lastAnalysed: null,
        },
      ],
      indexes: [],
      columns: [],
      sequences: [],
      samples: [],
      unseen: [],
    },
  });
  const to = `${T} CREATE INDEX i ON t (a);`;
  await checkStrategy(place, { from: T, to, strategies: [], context: statistics(10_000) });
  await checkStrategy(place, { from: T, to, strategies: ["index-concurrently"], context: statistics(10_001) });
  await checkStrategy(place, { from: T, to, strategies: ["index-concurrently"], context: statistics(null) });
  await checkStrategy(place, { from: T, to, strategies: [], context: { created: new Set(["table public.t"]) } });
});
