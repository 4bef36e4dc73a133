import { afterAll, beforeAll, expect, test } from "vitest";
import { openPlace } from "../../engines/postgres/testing.test-data.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import { checkStrategy } from "./strategies.test-data.ts";

let place: Place;
beforeAll(async () => {
  place = await openPlace();
}, 120_000);
afterAll(async () => await place.close());

const T = `CREATE TABLE u (id integer PRIMARY KEY); CREATE TABLE t (id integer PRIMARY KEY, u integer, "n""x" integer);`;
const ROWS = "INSERT INTO u SELECT generate_series(1, 9); INSERT INTO t SELECT n, n, n FROM generate_series(1, 9) n;";

const CASES: readonly (readonly [string, string, string])[] = [
  [
    "a foreign key",
    "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (u) REFERENCES u ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;",
    "foreign-key-not-valid",
  ],
  [
    "with a comment",
    "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (u) REFERENCES u; COMMENT ON CONSTRAINT f ON t IS 'c';",
    "foreign-key-not-valid",
  ],
  [
    "to its own table",
    `ALTER TABLE t ADD CONSTRAINT "f ""; --" FOREIGN KEY ("n""x") REFERENCES t;`,
    "foreign-key-not-valid",
  ],
  ["a check", `ALTER TABLE t ADD CONSTRAINT c CHECK ("n""x" > 0);`, "check-not-valid"],
  ["a check that children do not have", "ALTER TABLE t ADD CONSTRAINT c CHECK (u > 0) NO INHERIT;", "check-not-valid"],
];

test.for(CASES)("%s", async ([, sql, strategy]) => {
  const steps = await checkStrategy(place, {
    from: T,
    to: T + sql,
    rows: ROWS,
    strategies: [strategy],
    old: ["SELECT * FROM t", "INSERT INTO t VALUES (100, 1, 1)"],
    new: ["SELECT * FROM t", "INSERT INTO t VALUES (100, 1, 1)"],
    reads: ["TABLE t ORDER BY 1", "TABLE t ORDER BY 1"],
  });
  expect(steps[0]?.sql).toMatch(/ NOT VALID$/);
  expect(steps.at(-1)?.sql).toMatch(/VALIDATE CONSTRAINT/);
  expect(steps.at(-1)?.together).toBeUndefined();
});

test.for([
  ["FOREIGN KEY (u) REFERENCES u", "FOREIGN KEY (u) REFERENCES u ON DELETE CASCADE", "foreign-key-not-valid"],
  ["CHECK (u > 0)", "CHECK (u > -1)", "check-not-valid"],
] as const)("%s becomes %s", async ([from, to, strategy]) => {
  const constraint = (text: string): string => `${T} ALTER TABLE t ADD CONSTRAINT c ${text};`;
  const steps = await checkStrategy(place, {
    from: constraint(from),
    to: constraint(to),
    rows: ROWS,
    strategies: [strategy],
    reads: ["TABLE t ORDER BY 1", "TABLE t ORDER BY 1"],
  });
  expect(steps[0]?.sql).toMatch(/DROP CONSTRAINT c, ADD .* NOT VALID$/);
});

test("what is not to be validated stays direct", async () => {
  await checkStrategy(place, {
    from: T,
    to: `${T} ALTER TABLE t ADD CONSTRAINT c CHECK (u > 0) NOT VALID;`,
    strategies: [],
  });
  await checkStrategy(place, {
    from: T,
    to: `${T} ALTER TABLE t ADD CONSTRAINT c CHECK (u > 0) NOT ENFORCED;`,
    strategies: [],
  });
});
