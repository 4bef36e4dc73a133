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
import { HOSTILE } from "./pairs/read.test-data.ts";

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
    const found = await tried(before, after, ordered, 40);
    if (found.verdict === "not-equivalent") wrong.push({ before, after, found });
    else if (found.verdict === "not-tried") unconfirmed.push({ before, after, found });
  }
  expect(wrong).toEqual([]);
  expect(unconfirmed.length).toBeLessThanOrEqual(EQUAL_PAIRS.length / 10);
}, 300_000);

// Those that are hardest to reach; all of them are tried by `npm run bench -- rewrites`.
const HARD =
  /^(?:a subquery |= \(subquery|a parent |one partition|unique in each|a group larger|numbers sorted|a comparison as text|lower\(\)|padding|a collation|concatenation has|minus zero|division by zero|text and number|a cast that|a day has|a day by|a local time|the end of a day|the week|containment|json keeps|the first element|without bound|adjacent|a rare value|two rare|five conditions, one|a chain|a type nobody|a column of a type|multiranges|a part of|a deferred|a parameter|bits|a scale|rounding|recursion over|EXCEPT ALL|rows compare|a row-valued|NULL in an|FULL)/;
const BEYOND = /^(?:a limit that no small|a volatile|where a row lies|who asks|the settings)/;

test("hard pairs are told apart or confirmed, and what no rows can tell is not proved", async () => {
  const [{ schema, pairs }] = HOSTILE;
  const { owner } = await place.database();
  await owner.execute(schema);
  const catalog = viewOf(await introspect(owner));
  const hard = pairs.filter(({ name }) => HARD.test(name));
  expect([hard.filter(({ equal }) => equal).length, hard.filter(({ equal }) => !equal).length]).toEqual([
    expect.toSatisfy((n: number) => n >= 5),
    expect.toSatisfy((n: number) => n >= 50),
  ]);
  const wrong: unknown[] = [];
  for (const one of hard) {
    const found = await tryEquivalent(owner, catalog, one, { databases: one.equal ? 40 : 400 });
    if (found.verdict !== (one.equal ? "equivalent-on-twin" : "not-equivalent")) wrong.push({ name: one.name, found });
  }
  const beyond = pairs.filter(({ name }) => BEYOND.test(name));
  expect(beyond.length).toBe(5);
  for (const one of beyond) {
    const found = await tryEquivalent(owner, catalog, one, { databases: 40 });
    if (found.verdict !== "not-tried") wrong.push({ name: one.name, found });
  }
  expect(wrong).toEqual([]);
}, 300_000);

test("a column of a statement that is called like what the trial calls a row is no row", async () => {
  const found = await tried("SELECT id AS r, city FROM person", "SELECT id AS r, NULL::text AS city FROM person");
  expect(found.verdict).toBe("not-equivalent");
});

test("a difference with parameters names their values, and its rows can be inserted anew", async () => {
  const found = await tried(
    "SELECT id FROM person WHERE age = $1 OR $1 IS NULL",
    "SELECT id FROM person WHERE age = $1",
  );
  if (found.verdict !== "not-equivalent") throw new Error(found.verdict);
  const { inserts, before, parameters } = found.counterexample;
  expect([inserts.length, parameters, before.length]).toEqual([1, [null], 1]);
  await session.execute("BEGIN");
  await session.execute(inserts.join(";"));
  const { rows } = await session.query("SELECT id FROM person WHERE age = NULL OR NULL IS NULL");
  await session.execute("ROLLBACK");
  expect(rows.length).toBe(1);
});

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
