import { afterAll, beforeAll, expect, test } from "vitest";
import { openPlace } from "../../engines/postgres/testing.test-data.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import { checkStrategy } from "./strategies.test-data.ts";

let place: Place;
beforeAll(async () => {
  place = await openPlace();
}, 120_000);
afterAll(async () => await place.close());

const T = "CREATE TABLE t (id integer PRIMARY KEY, c text NOT NULL);";

test("a column that had to be written may be left out before it goes", async () => {
  const steps = await checkStrategy(place, {
    from: `${T} COMMENT ON COLUMN t.c IS 'was';`,
    to: "CREATE TABLE t (id integer PRIMARY KEY);",
    strategies: ["drop-column"],
    old: ["INSERT INTO t (id, c) VALUES (9, 'x')", "SELECT c FROM t"],
    new: ["INSERT INTO t (id) VALUES (9)"],
  });
  expect(steps.map(({ phase }) => phase)).toEqual(["expand", "expand", "contract"]);
  expect(steps.at(-1)?.losesData).toMatch(/public\.t\.c/);
});

test("one that may be left out anyway goes directly", async () => {
  const from = "CREATE TABLE t (id integer PRIMARY KEY, c text, d text NOT NULL DEFAULT 'd');";
  await checkStrategy(place, { from, to: "CREATE TABLE t (id integer PRIMARY KEY);", strategies: [] });
});

test("a table lets go of what it refers to, one by one", async () => {
  const steps = await checkStrategy(place, {
    from: `${T} CREATE TABLE u (id integer PRIMARY KEY); CREATE TABLE g (a integer REFERENCES t, b integer REFERENCES u); COMMENT ON TABLE g IS 'was'; CREATE INDEX gi ON g (a); GRANT SELECT ON g TO app; ALTER TABLE g ADD id serial PRIMARY KEY;`,
    to: `${T} CREATE TABLE u (id integer PRIMARY KEY);`,
    rows: "INSERT INTO t VALUES (1, 'x'); INSERT INTO g VALUES (1, NULL);",
    reads: ["TABLE t", "TABLE t"],
    strategies: ["drop-table"],
    // What belongs to the table goes with it.
    changes: (from) =>
      from.objects.flatMap((object) =>
        object.kind === "table" && object.name === "g" ? [{ type: "drop", object } as const] : [],
      ),
    old: ["SELECT * FROM g", "INSERT INTO g VALUES (NULL, NULL, 9)"],
  });
  expect(steps.map(({ sql }) => sql.split(" ").slice(0, 2).join(" "))).toEqual([
    "COMMENT ON",
    "ALTER TABLE",
    "ALTER TABLE",
    "DROP TABLE",
  ]);
});
