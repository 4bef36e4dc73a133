import { afterAll, beforeAll, expect, test } from "vitest";
import { introspect } from "../../engines/postgres/introspect.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { openPlace } from "../../engines/postgres/testing.test-data.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import { treeText } from "../../sql/deparse.ts";
import { parseSql } from "../../sql/parse.ts";
import { REWRITES, rewritingsOf } from "../../tune/rewrites/registry.ts";
import { tryEquivalent } from "./differential.ts";

let place: Place;
const databases = new Map<string, Promise<{ readonly session: Session; readonly view: CatalogView }>>();

beforeAll(async () => {
  place = await openPlace();
});

afterAll(() => place.close());

function databaseWith(schema: string): Promise<{ readonly session: Session; readonly view: CatalogView }> {
  let found = databases.get(schema);
  if (found === undefined) {
    found = place.database().then(async ({ owner, admin }) => {
      const extensions = schema.match(/^CREATE EXTENSION [^;]*;/gm) ?? [];
      if (extensions.length > 0) await admin.execute(`SET search_path = public; ${extensions.join("")}`);
      await owner.execute(schema.replaceAll(/^CREATE EXTENSION [^;]*;/gm, ""));
      return { session: owner, view: viewOf(await introspect(owner)) };
    });
    databases.set(schema, found);
  }
  return found;
}

const treeOf = async (sql: string): Promise<string> => {
  const parsed = await parseSql(sql);
  if (!parsed.ok) throw new Error(`${parsed.error.message}: ${sql}`);
  return treeText(parsed.value.map(({ node }) => node));
};

const EXAMPLES = REWRITES.flatMap((rule) =>
  rule.examples.map((example) => [rule.id, example.before, rule, example] as const),
);

test("every rewrite says what it does and what it leaves alone", () => {
  const ids = REWRITES.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, examples } of REWRITES) {
    expect(
      examples.some(({ after }) => after !== null),
      `${id} has a positive example`,
    ).toBe(true);
    expect(
      examples.some(({ after }) => after === null),
      `${id} has a negative example`,
    ).toBe(true);
  }
});

test.each(EXAMPLES)("%s: %s", async (_id, _before, rule, { schema, before, after }) => {
  const { session, view } = await databaseWith(schema);
  const context = { view, statistics: null, major: 18, searchPath: ["public"] };
  const offered = await rewritingsOf(before, context, [rule]);
  // What is left alone must be left alone for its own sake, not because it is no statement at all.
  await session.execute(`PREPARE example AS ${before}; DEALLOCATE example`);
  if (after === null) return expect(offered.map((one) => one.after)).toEqual([]);
  const trees = await Promise.all(offered.map((one) => treeOf(one.after)));
  if (!trees.includes(await treeOf(after))) expect(offered.map((one) => one.after)).toContain(after);
  for (const { after: sql, ordered, argument } of offered) {
    expect(argument.length).toBeGreaterThan(40);
    const found = await tryEquivalent(session, view, { before, after: sql, ordered }, { databases: 60 });
    if (found.verdict !== "equivalent-on-twin") expect.fail(`${sql}\n${JSON.stringify(found, null, 1)}`);
  }
});
