import { afterAll, beforeAll, expect, test } from "vitest";
import { openPlace } from "../../engines/postgres/testing.test-data.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import { checkStrategy } from "./strategies.test-data.ts";

let place: Place;
beforeAll(async () => {
  place = await openPlace();
}, 120_000);
afterAll(async () => await place.close());

const T = `CREATE TABLE t (id integer NOT NULL, a text, "n""x" integer);`;
const ROWS = "INSERT INTO t SELECT n, 'v' || n, n FROM generate_series(1, 50) n;";

const CASES: readonly (readonly [string, string])[] = [
  ["a unique key", "ALTER TABLE t ADD CONSTRAINT k UNIQUE (a);"],
  [
    "one that can be deferred, with a comment",
    "ALTER TABLE t ADD CONSTRAINT k UNIQUE (a, id) DEFERRABLE INITIALLY DEFERRED; COMMENT ON CONSTRAINT k ON t IS 'c'; COMMENT ON INDEX k IS 'i';",
  ],
  [
    "one that includes columns and holds nulls for equal",
    `ALTER TABLE t ADD CONSTRAINT "k ""; --" UNIQUE NULLS NOT DISTINCT ("n""x") INCLUDE (a) WITH (fillfactor = 80);`,
  ],
  ["a primary key", "ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (id);"],
];

test.for(CASES)("%s", async ([, sql]) => {
  const steps = await checkStrategy(place, {
    from: T,
    to: T + sql,
    rows: ROWS,
    strategies: ["key-through-index"],
    reads: ["TABLE t ORDER BY 1", "TABLE t ORDER BY 1"],
    new: ["INSERT INTO t VALUES (100, 'new', 100)"],
  });
  expect(steps[0]?.sql).toMatch(/^CREATE UNIQUE INDEX CONCURRENTLY/);
  expect(steps[1]?.sql).toMatch(/USING INDEX/);
});

test("an index that is there already becomes the key's", async () => {
  const steps = await checkStrategy(place, {
    from: `${T} CREATE UNIQUE INDEX k ON t (a) WITH (fillfactor = 80); COMMENT ON INDEX k IS 'c';`,
    to: `${T} CREATE UNIQUE INDEX k ON t (a) WITH (fillfactor = 80); ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX k;`,
    rows: ROWS,
    strategies: ["key-through-index"],
    reads: ["TABLE t ORDER BY 1", "TABLE t ORDER BY 1"],
    new: ["INSERT INTO t VALUES (100, 'new', 100)"],
  });
  expect(steps[0]?.sql).toMatch(/USING INDEX k$/);
});

test("a primary key over columns that may be null", async () => {
  await checkStrategy(place, {
    from: T,
    to: `${T} ALTER TABLE t ADD PRIMARY KEY ("n""x", a);`,
    rows: ROWS,
    strategies: ["not-null-through-check", "key-through-index"],
    reads: ["TABLE t ORDER BY 1", "TABLE t ORDER BY 1"],
    // The planner's order: the columns first.
    undone: false,
  });
});

test("an exclusion constraint stays direct", async () => {
  await checkStrategy(place, { from: T, to: `${T} ALTER TABLE t ADD EXCLUDE USING btree (a WITH =);`, strategies: [] });
});
