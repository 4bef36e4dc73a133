import { afterAll, beforeAll, expect, test } from "vitest";
import { openPlace } from "../../engines/postgres/testing.test-data.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import { checkStrategy } from "./strategies.test-data.ts";
import type { StrategyCase } from "./strategies.test-data.ts";

// What strategies make of a change together with all that the planner moves out of its way.
let place: Place;
beforeAll(async () => {
  place = await openPlace();
}, 120_000);
afterAll(async () => await place.close());

const ENUM = (values: string): string => `CREATE TYPE e AS ENUM (${values});
  CREATE TABLE t (id integer PRIMARY KEY, c e NOT NULL DEFAULT 'a', l e[]); CREATE INDEX i ON t (c) WHERE c <> 'b';
  CREATE VIEW v AS SELECT id, c FROM t WHERE c = 'a'; GRANT SELECT ON v TO app;
  CREATE FUNCTION f(x e) RETURNS e LANGUAGE sql AS 'SELECT x';`;

const KEYED = (type: string): string => `CREATE TABLE a (id ${type} GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n text);
  CREATE TABLE b (id integer PRIMARY KEY, a ${type} NOT NULL REFERENCES a ON DELETE CASCADE, p ${type} REFERENCES a);
  CREATE INDEX i ON b (a); CREATE VIEW v AS SELECT b.id, a.n, b.a FROM b JOIN a ON a.id = b.a;
  CREATE VIEW w AS SELECT * FROM v; ALTER TABLE b ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON b USING (a > 0);`;

const CASES: readonly (readonly [string, StrategyCase])[] = [
  [
    "an enum loses a value and has the others moved",
    {
      from: ENUM("'a', 'x', 'b', 'c'"),
      to: ENUM("'c', 'b', 'a'"),
      rows: "INSERT INTO t SELECT n, (ARRAY['a','b','c'])[n % 3 + 1]::e, '{a,b}' FROM generate_series(1, 30) n;",
      reads: ["SELECT id, c::text, l::text FROM t ORDER BY 1", "SELECT id, c::text, l::text FROM t ORDER BY 1"],
      strategies: ["change-column-type", "index-concurrently"],
      planned: true,
    },
  ],
  [
    "a key and what refers to it become wider, with views and policies around",
    {
      from: KEYED("integer"),
      to: KEYED("bigint"),
      rows: "INSERT INTO a (n) SELECT n FROM generate_series(1, 30) n; INSERT INTO b SELECT id, id, id FROM a;",
      reads: ["SELECT id, a::text, p::text FROM b ORDER BY 1", "SELECT id, a::text, p::text FROM b ORDER BY 1"],
      strategies: ["change-column-type", "foreign-key-not-valid"],
      planned: true,
    },
  ],
  [
    "a primary key over columns that may be null, with references to it",
    {
      from: "CREATE TABLE a (x integer, y text); CREATE TABLE b (x integer);",
      to: "CREATE TABLE a (x integer PRIMARY KEY, y text); CREATE TABLE b (x integer REFERENCES a);",
      rows: "INSERT INTO a VALUES (1, 'x'); INSERT INTO b VALUES (1);",
      reads: ["TABLE a", "TABLE a"],
      strategies: ["not-null-through-check", "key-through-index", "foreign-key-not-valid"],
      planned: true,
    },
  ],
];

test.for(CASES)("%s", async ([, one]) => {
  const steps = await checkStrategy(place, one);
  expect(steps.length).toBeGreaterThan(0);
});
