import { expect, test } from "vitest";
import { distribution } from "../../model/planner-statistics.test-data.ts";
import type { ColumnDistribution } from "../../model/planner-statistics.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { Catalog } from "../../model/catalog.ts";
import { castSpellings, drawExecutions } from "./draws.ts";

const column = (relation: string, name: string, parts: Partial<ColumnDistribution>): ColumnDistribution =>
  distribution({ relation, column: name, ...parts });

const statistics = {
  columns: [
    column("task", "state", { common: { values: ["open", "done"], shares: [0.9, 0.1] } }),
    column("task", "owner_id", { histogram: ["1", "20", "40", "60", "80", "100"] }),
    column("person", "name", { histogram: ["Ada", "Bo%", "Cy"] }),
  ],
};

const object = (kind: string, rest: object): Catalog["objects"][number] =>
  ({ kind, schema: "public", comment: null, owner: null, ...rest }) as unknown as Catalog["objects"][number];

const view = viewOf({
  engine: { name: "postgres", version: "18.0" },
  objects: [
    ...["task", "person"].map((name) => object("table", { name, table: null, partitionOf: null })),
    ...[
      ["task", "id"],
      ["task", "state"],
      ["task", "owner_id"],
      ["person", "id"],
      ["person", "name"],
    ].map(([table, name], position) => object("column", { table, name, position, type: "text" })),
  ],
  unmodelled: [],
} as unknown as Catalog);

async function values(sql: string): Promise<readonly (readonly (string | null)[])[]> {
  return (await drawExecutions(sql, view, statistics, 20)).map((one) => one.values);
}

test("common values are drawn as often as they are common", async () => {
  const all = await drawExecutions("SELECT * FROM task t WHERE t.state = $1 AND owner_id = $2", view, statistics, 20);
  const open = all.filter(({ values: [state] }) => state === "open").length;
  expect(open).toBeGreaterThanOrEqual(15);
  expect(all.length - open).toBeGreaterThanOrEqual(1);
  for (const { values: drawn } of all) expect(statistics.columns[1]?.histogram).toContain(drawn[1]);
});

test("the lower bound of a range is not above the upper one", async () => {
  const between = await values("SELECT * FROM task WHERE owner_id BETWEEN $1 AND $2");
  const apart = await values("SELECT * FROM task WHERE owner_id >= $1 AND $2 >= owner_id");
  for (const [low, high] of [...between, ...apart]) {
    expect(Number(low)).toBeGreaterThanOrEqual(1);
    expect(Number(high)).toBeLessThanOrEqual(100);
  }
});

test.each([
  ["SELECT * FROM person WHERE name LIKE $1", /^%[^%]+%$/],
  ["SELECT * FROM task WHERE state = ANY($1)", /^\{"(?:open|done)"/],
  ["SELECT * FROM task WHERE state IN ($1, $2)", /^(?:open|done)$/],
  ["INSERT INTO task (state, owner_id) VALUES ($1, $2)", /^(?:open|done)$/],
  ["UPDATE task SET state = $1 WHERE owner_id = $2", /^(?:open|done)$/],
  ["SELECT * FROM task LIMIT $1", /^20$/],
  ["SELECT * FROM task WHERE now() - interval $1 > now()", /^1 day$/],
])("%s", async (sql, expected) => {
  const drawn = await values(sql);
  expect(drawn.length).toBeGreaterThan(0);
  for (const one of drawn) expect(one[0]).toMatch(expected);
});

test("nothing is invented for a parameter that nothing tells of", async () => {
  expect(await values("SELECT my_function($1) FROM task")).toEqual([]);
  expect(await values("SELECT * FROM nowhere WHERE x = $1")).toEqual([]);
});

test("spellings that pg_stat_statements leaves are made SQL again", () => {
  expect(castSpellings("SELECT interval $1, date $2, $3::date, update_date = $4")).toBe(
    "SELECT ($1)::interval, ($2)::date, $3::date, update_date = $4",
  );
});
