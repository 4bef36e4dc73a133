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

const T = "CREATE TABLE t (a integer NOT NULL, b integer NOT NULL, c text);";
const ROWS = "INSERT INTO t SELECT n, n, n FROM generate_series(1, 50) n;";
const READS = ["TABLE t ORDER BY 1", "TABLE t ORDER BY 1"] as const;

const CASES: readonly (readonly [string, StrategyCase])[] = [
  [
    "over more columns, under the same name",
    {
      from: `${T} ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (a); COMMENT ON CONSTRAINT k ON t IS 'c';`,
      to: `${T} ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (a, b); COMMENT ON CONSTRAINT k ON t IS 'c';`,
      strategies: ["change-key"],
    },
  ],
  [
    "over another column that may be null, under another name",
    {
      from: `${T} ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (a);`,
      to: `${T} ALTER TABLE t ALTER c SET NOT NULL, ADD CONSTRAINT "l ""x" PRIMARY KEY (c);`,
      strategies: ["change-key"],
    },
  ],
  [
    "a unique key that can now be deferred",
    {
      from: `${T} ALTER TABLE t ADD CONSTRAINT k UNIQUE (a);`,
      to: `${T} ALTER TABLE t ADD CONSTRAINT k UNIQUE (a) INCLUDE (b) DEFERRABLE;`,
      strategies: ["change-key"],
    },
  ],
];

test.for(CASES)("a key %s", async ([, one]) => {
  const steps = await checkStrategy(place, { rows: ROWS, reads: READS, planned: true, ...one });
  const drop = steps.findIndex(({ sql }) => / DROP CONSTRAINT k/.test(sql));
  // In one transaction: the table is never without its key.
  expect(steps[drop + 1]?.sql).toMatch(/USING INDEX/);
  expect(steps[drop + 1]?.together).toBe(steps[drop]?.together);
});

test("a primary key that others refer to is dropped and made through an index, its references around it", async () => {
  await checkStrategy(place, {
    from: `${T} ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (a); CREATE TABLE r (x integer REFERENCES t);`,
    to: `${T} ALTER TABLE t ADD CONSTRAINT k2 PRIMARY KEY (b); CREATE TABLE r (x integer REFERENCES t (b));`,
    rows: `${ROWS} INSERT INTO r VALUES (1);`,
    reads: READS,
    planned: true,
    strategies: ["change-key", "foreign-key-not-valid"],
  });
});
