import { expect, test } from "vitest";
import { readMigrations } from "../../formats/migration/read.ts";
import { absencesIn } from "./absences.ts";

const APART = `-- dbwright:step 1
DROP VIEW app.v;
-- dbwright:step 2
UPDATE t SET a = 1;
-- dbwright:step 3
CREATE VIEW app.v AS SELECT 1;`;

const TOGETHER = `BEGIN;
-- dbwright:step 1 transaction=1
DROP VIEW v, w;
-- dbwright:step 2 transaction=1
CREATE VIEW v AS SELECT 1;
-- dbwright:step 3 transaction=1
CREATE VIEW public.w AS SELECT 1;
COMMIT;`;

const OTHERS = `-- dbwright:step 1
DROP FUNCTION f(integer);
-- dbwright:step 2
DROP TYPE e;
-- dbwright:step 3
DROP MATERIALIZED VIEW m;
-- dbwright:step 4
CREATE TYPE e AS ENUM ('a');
-- dbwright:step 5
CREATE MATERIALIZED VIEW m AS SELECT 1;
-- dbwright:step 6
CREATE FUNCTION f(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT $1';
-- dbwright:step 7
DROP VIEW gone;`;

test.for<readonly [string, string, readonly string[]]>([
  ["another transaction brings it back", APART, ["view app.v from 1_a.sql:2 to 1_a.sql:6"]],
  ["the same transaction brings it back", TOGETHER, []],
  [
    "every kind that code names",
    OTHERS,
    [
      "type public.e from 1_a.sql:4 to 1_a.sql:8",
      "view public.m from 1_a.sql:6 to 1_a.sql:10",
      "function public.f from 1_a.sql:2 to 1_a.sql:12",
    ],
  ],
  ["a file without directives is one transaction", "DROP VIEW v; CREATE VIEW v AS SELECT 1;", []],
])("%s", async ([, text, absences]) => {
  expect(await absencesIn(await readMigrations([{ file: "1_a.sql", text }]))).toEqual(absences);
});

test("the next file brings it back", async () => {
  const files = [
    { file: "1_a.sql", text: "DROP TABLE t;" },
    { file: "2_b.sql", text: "CREATE TABLE t (a integer);" },
  ];
  expect(await absencesIn(await readMigrations(files))).toEqual(["table public.t from 1_a.sql:1 to 2_b.sql:1"]);
});
