import fc from "fast-check";
import { expect, test } from "vitest";
import { postgres } from "../engines/postgres/dialect.ts";
import { POSTGRES, base, columnObject, indexObject, tableObject } from "../formats/fixtures.test-data.ts";
import { catalogOf } from "../model/catalog-view.ts";
import type { Catalog, CatalogObject, TableObject } from "../model/catalog.ts";
import type { Plan } from "../model/plan.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import { planDiff } from "./plan.ts";

const COLUMNS = ["a", "b", "c", "d"];
const TABLES: readonly TableObject[] = ["t", "u"].map((name) => tableObject(name));

/** Views by what each reads: columns (`t.a`) and earlier views, by their place. */
type Views = readonly { readonly columns: readonly string[]; readonly views: readonly number[] }[];

const keyOf = (path: string): RefKey => {
  const [table = "", name = ""] = path.split(".");
  return refKey(ref("column", name, { schema: "public", table }));
};

const viewKey = (number: number): RefKey => refKey(ref("view", `v${number}`, { schema: "public" }));

function catalogWith(views: Views, retyped: ReadonlySet<string>, more: readonly CatalogObject[] = []): Catalog {
  const objects: CatalogObject[] = TABLES.flatMap((table) => [
    table,
    ...COLUMNS.map((name, at) =>
      columnObject(table, at + 1, name, retyped.has(`${table.name}.${name}`) ? "bigint" : "integer", {
        dependsOn: [refKey(table)],
      }),
    ),
  ]);
  const made = views.map((view, number): CatalogObject => ({
    ...ref("view", `v${number}`, { schema: "public" }),
    ...base,
    kind: "view",
    materialised: false,
    definition: "SELECT 1",
    columns: [],
    options: {},
    dependsOn: [...view.columns.map(keyOf), ...view.views.map(viewKey)],
  }));
  return catalogOf(POSTGRES, [...objects, ...made, ...more]);
}

const paths = TABLES.flatMap(({ name }) => COLUMNS.map((column) => `${name}.${column}`));

const arbitraryViews: fc.Arbitrary<Views> = fc
  .array(fc.record({ columns: fc.subarray(paths, { minLength: 1 }), views: fc.array(fc.nat(4), { maxLength: 2 }) }), {
    maxLength: 5,
  })
  .map((list) => list.map(({ columns, views }, at) => ({ columns, views: [...new Set(views)].filter((n) => n < at) })));

const placesOf = (plan: Plan, key: RefKey, type: "drop" | "create"): readonly number[] =>
  plan.steps.flatMap(({ cause }, at) => (cause?.type === type && refKey(cause.object) === key ? [at] : []));

test("views over any number of columns whose types change are away for one transaction", async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryViews, fc.subarray(paths), async (views, list) => {
      const retyped = new Set(list);
      const plan = await planDiff(catalogWith(views, new Set()), catalogWith(views, retyped), { dialect: postgres });
      expect(plan.unreachable).toEqual([]);
      expect(plan.steps.filter(({ batch, sql }) => batch !== null || sql.startsWith("UPDATE ")).length).toBe(
        retyped.size,
      );
      const moved = (number: number): boolean =>
        views[number]?.columns.some((path) => retyped.has(path)) === true || views[number]?.views.some(moved) === true;
      for (const number of views.keys()) {
        const key = viewKey(number);
        const [drops, creates] = [placesOf(plan, key, "drop"), placesOf(plan, key, "create")];
        expect([drops.length, creates.length]).toEqual(moved(number) ? [1, 1] : [0, 0]);
        if (!moved(number)) continue;
        const between = plan.steps.slice(drops[0], (creates[0] ?? 0) + 1);
        const transactions = new Set(between.map(({ transaction }) => transaction));
        expect([...transactions]).toEqual([plan.steps[drops[0] ?? -1]?.transaction]);
        expect(transactions.has(null)).toBe(false);
        // All exchanges of columns that the view stands on lie between.
        const swapped = between.filter(({ sql }) => sql.startsWith("LOCK TABLE ")).length;
        expect(swapped).toBeGreaterThanOrEqual(new Set(views[number]?.columns.filter((p) => retyped.has(p))).size);
      }
      expect(plan.steps.some(({ compatible }) => !compatible.old && !compatible.new)).toBe(false);
    }),
    { numRuns: 200 },
  );
});

test("where the columns of one index must follow one another, the view's absence is told", async () => {
  const [t] = TABLES as [TableObject];
  const index = indexObject(t, "i", ["a", "b"], { dependsOn: [keyOf("t.a"), keyOf("t.b"), refKey(t)] });
  const views: Views = [{ columns: ["t.a", "t.b"], views: [] }];
  const to = catalogWith(views, new Set(["t.a", "t.b"]), [index]);
  const plan = await planDiff(catalogWith(views, new Set(), [index]), to, { dialect: postgres });
  const [[drop = -1], [create = -1]] = [placesOf(plan, viewKey(0), "drop"), placesOf(plan, viewKey(0), "create")];
  const fails = plan.steps.map(({ compatible }) => !compatible.old && !compatible.new);
  expect(fails.indexOf(true)).toBe(drop);
  expect(fails.lastIndexOf(true)).toBe(create - 1);
  expect(plan.steps[drop]?.note).toBe(
    `until ${create - drop} steps on in the phase contract, view public.v0 is not there: run all until then in one go, or in a maintenance window`,
  );
  // As late as it may be: the first backfill is done.
  const backfills = plan.steps.flatMap(({ sql }, at) => (sql.startsWith("UPDATE ") ? [at] : []));
  expect(backfills[0]).toBeLessThan(drop);
  expect(backfills[1]).toBeGreaterThan(drop);
});
