import { expect, test } from "vitest";
import { forksIn } from "./merge.ts";
import { readMigrations } from "./read.ts";

async function check(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const read = await readMigrations(Object.entries(files).map(([file, text]) => ({ file, text })));
  return forksIn(read).map(
    ({ after, branches, evidence }) => `${evidence} ${after}: ${branches.map(({ id }) => id).join(" ")}`,
  );
}

test("a line of migrations has no fork", async () => {
  expect(
    await check({
      "20260101000000_a.up.sql": "SELECT 1;",
      "20260102000000_b.up.sql": "-- dbwright:after 20260101000000_a\nSELECT 2;",
      "20260103000000_c.up.sql": "-- dbwright:after 20260102000000_b\nSELECT 3;",
    }),
  ).toEqual([]);
});

test("two that follow the same one are a fork", async () => {
  expect(
    await check({
      "20260101000000_a.up.sql": "SELECT 1;",
      "20260102000000_b.up.sql": "-- dbwright:after 20260101000000_a\nSELECT 2;",
      "20260103000000_c.up.sql": "-- dbwright:after 20260101000000_a\nSELECT 3;",
    }),
  ).toEqual(["after 20260101000000_a: 20260102000000_b 20260103000000_c"]);
});

test("two of one number are a fork, two of one day are none", async () => {
  expect(await check({ "0001_a.sql": "SELECT 1;", "0002_b.sql": "SELECT 2;", "0002_c.sql": "SELECT 3;" })).toEqual([
    "number null: 0002_b 0002_c",
  ]);
  expect(await check({ "20260102_b.sql": "SELECT 2;", "20260102_c.sql": "SELECT 3;" })).toEqual([]);
});

test("of Flyway's names only equal versions are a fork, however they are written", async () => {
  const names = ["V1__a", "V1_1__b", "V1.2__c", "V1_02__d", "V2__e", "V2.0__f", "V3__g", "B3__all", "V10__h", "R__v"];
  expect(await check(Object.fromEntries(names.map((name, index) => [`${name}.sql`, `SELECT ${index};`])))).toEqual([
    "number null: V1.2__c V1_02__d",
    "number null: V2.0__f V2__e",
  ]);
});
