import { afterAll, beforeAll, expect, test } from "vitest";
import { introspect } from "../../engines/postgres/introspect.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { openPlace } from "../../engines/postgres/testing.test-data.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import type { Equivalence } from "../../tune/rewrites/rewrite.ts";
import { tryEquivalent } from "./differential.ts";
import { DIFFERENT_PAIRS, EQUAL_PAIRS, PAIRS_SCHEMA } from "./pairs.test-data.ts";

let place: Place;
let session: Session;
let view: CatalogView;

beforeAll(async () => {
  place = await openPlace();
  session = place.first;
  await session.execute(PAIRS_SCHEMA);
  view = viewOf(await introspect(session));
});

afterAll(() => place.close());

const tried = (before: string, after: string, ordered = false, databases = 400): Promise<Equivalence> =>
  tryEquivalent(session, view, { before, after, ordered }, { databases });

test("no pair that differs is called equivalent, and nine of ten that are equal are", async () => {
  expect([EQUAL_PAIRS.length, DIFFERENT_PAIRS.length]).toEqual([
    expect.toSatisfy((n: number) => n >= 60),
    expect.toSatisfy((n: number) => n >= 40),
  ]);
  const wrong: unknown[] = [];
  for (const { before, after, ordered } of DIFFERENT_PAIRS) {
    const found = await tried(before, after, ordered);
    if (found.verdict === "equivalent-on-twin") wrong.push({ before, after });
  }
  expect(wrong).toEqual([]);
  const unconfirmed: unknown[] = [];
  // Fewer than a user gets, to spare time: what is equal stays so.
  for (const { before, after, ordered } of EQUAL_PAIRS) {
    const found = await tried(before, after, ordered, 60);
    if (found.verdict === "not-equivalent") wrong.push({ before, after, found });
    else if (found.verdict === "not-tried") unconfirmed.push({ before, after, found });
  }
  expect(wrong).toEqual([]);
  expect(unconfirmed.length).toBeLessThanOrEqual(EQUAL_PAIRS.length / 10);
}, 300_000);

test("a difference comes with the fewest rows that show it", async () => {
  const found = await tried(
    "SELECT id FROM person WHERE id NOT IN (SELECT person_id FROM purchase)",
    "SELECT id FROM person WHERE NOT EXISTS (SELECT FROM purchase p WHERE p.person_id = person.id)",
  );
  if (found.verdict !== "not-equivalent") throw new Error(found.verdict);
  const { inserts, before, after } = found.counterexample;
  expect(inserts).toHaveLength(2);
  // What is left out is NULL, and no value is stranger than it has to be.
  expect(inserts[1]).toMatch(/^INSERT INTO public\.purchase \(id, owner_id, state, at\) VALUES \(/);
  expect([before, after.length]).toEqual([[], 1]);
});

test.each<[string, string, string, RegExp]>([
  [
    "a pick without order",
    "SELECT id FROM person LIMIT 1",
    "SELECT id FROM person ORDER BY id LIMIT 1",
    /other rows when the same rows lie in another order/,
  ],
  ["rows that are locked", "SELECT id FROM person FOR UPDATE", "SELECT id FROM person", /locks rows/],
  ["a statement that writes", "DELETE FROM person", "DELETE FROM person", /only SELECT/],
  ["other columns", "SELECT id FROM person", "SELECT id::text FROM person", /other names or types/],
  ["a table that is not there", "SELECT 1 FROM nowhere", "SELECT 1 FROM nowhere", /no table or view nowhere/],
  [
    "the catalog",
    "SELECT relname FROM pg_catalog.pg_class",
    "SELECT relname FROM pg_catalog.pg_class",
    /system catalog/,
  ],
  [
    "a condition that nothing meets",
    "SELECT id FROM person WHERE false",
    "SELECT id FROM person WHERE false",
    /all answers were alike/,
  ],
])("%s is not tried, and it says why", async (_, before, after, why) => {
  const found = await tried(before, after);
  expect(found).toMatchObject({ verdict: "not-tried", why: expect.stringMatching(why) as string });
});

test("nothing is left behind", async () => {
  const { rows } = await session.query(
    "SELECT (SELECT count(*) FROM person)::int + (SELECT count(*) FROM purchase)::int AS n",
  );
  expect(rows[0]?.["n"]).toBe(0);
});
