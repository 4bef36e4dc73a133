import { afterAll, beforeAll, expect, test } from "vitest";
import { openPlace } from "../../engines/postgres/testing.test-data.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import { checkStrategy } from "./strategies.test-data.ts";
import type { StrategyCase } from "./strategies.test-data.ts";

// The way differs between servers that add a NOT NULL which is validated later and those before.
const places = new Map<number, Place>();
const placeOf = (major: number): Place => {
  const place = places.get(major);
  if (place === undefined) throw new Error(`no server of major ${major}`);
  return place;
};
beforeAll(async () => {
  for (const major of [18, 15]) places.set(major, await openPlace(major));
}, 240_000);
afterAll(async () => {
  for (const place of places.values()) await place.close();
});

const T = 'CREATE TABLE t (id integer PRIMARY KEY, a text, "b ""x" integer);';
const ROWS = "INSERT INTO t SELECT n, 'v' || n, n FROM generate_series(1, 50) n;";
const LONG = "n".repeat(63);

const CASES: readonly (readonly [string, StrategyCase])[] = [
  [
    "a column",
    { from: T, to: `${T} ALTER TABLE t ALTER a SET NOT NULL;`, rows: ROWS, strategies: ["not-null-through-check"] },
  ],
  [
    "a column with a hostile name, a default and a comment besides",
    {
      from: T,
      to: `${T} ALTER TABLE t ALTER "b ""x" SET NOT NULL, ALTER "b ""x" SET DEFAULT 7; COMMENT ON COLUMN t."b ""x" IS 'c';`,
      rows: ROWS,
      strategies: ["not-null-through-check"],
    },
  ],
  [
    "a column and a table with the longest names",
    {
      from: `CREATE TABLE "${LONG}" ("${LONG}" integer);`,
      to: `CREATE TABLE "${LONG}" ("${LONG}" integer NOT NULL);`,
      strategies: ["not-null-through-check"],
    },
  ],
  [
    "a column of a partitioned table",
    {
      from: "CREATE TABLE p (id integer, a text) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p DEFAULT;",
      to: "CREATE TABLE p (id integer, a text NOT NULL) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p DEFAULT;",
      rows: "INSERT INTO p VALUES (1, 'x')",
      strategies: ["not-null-through-check"],
      // The partition's own change says what its parent's has done.
      changes: (from, to) =>
        from.objects.flatMap((before) => {
          const after = to.objects.find(
            (one) => one.kind === before.kind && one.name === before.name && one.table === before.table,
          );
          return before.kind === "column" && before.table === "p" && before.name === "a" && after !== undefined
            ? [{ type: "alter", before, after, properties: ["notNull"] } as const]
            : [];
        }),
    },
  ],
];

test.for([18, 15].flatMap((major) => CASES.map(([name, one]) => [major, name, one] as const)))(
  "on %i: %s",
  async ([major, , one]) => {
    const steps = await checkStrategy(placeOf(major), {
      ...(one.from === T ? { reads: ["TABLE t ORDER BY 1", "TABLE t ORDER BY 1"] as const } : {}),
      ...one,
    });
    expect(steps.some(({ sql }) => sql.endsWith(" NOT VALID"))).toBe(true);
  },
);

test("a null is found by the validation, before anything is set", async () => {
  const place = placeOf(15);
  const steps = await checkStrategy(place, {
    from: T,
    to: `${T} ALTER TABLE t ALTER a SET NOT NULL;`,
    strategies: ["not-null-through-check"],
  });
  await place.first.execute("INSERT INTO t VALUES (1, NULL, 1)");
  await place.first.execute(steps[0]?.sql ?? "");
  await expect(place.first.execute(steps[1]?.sql ?? "")).rejects.toThrow(/violated by some row/);
});
