import { expect, test } from "vitest";
import type { Catalog } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { WorkloadQuery } from "../../model/workload.ts";
import { patternsOf } from "./patterns.ts";

const object = (kind: string, rest: object): Catalog["objects"][number] =>
  ({ kind, schema: "public", comment: null, owner: null, ...rest }) as unknown as Catalog["objects"][number];

const view = viewOf({
  engine: { name: "postgres", version: "18.0" },
  objects: ["task", "person"].flatMap((name) => [
    object("table", { name, table: null, partitionOf: null }),
    ...["id", "owner_id"].map((column, position) =>
      object("column", { table: name, name: column, position, type: "bigint" }),
    ),
  ]),
  unmodelled: [],
} as unknown as Catalog);

const query = (id: string, text: string, parts: Partial<WorkloadQuery>): WorkloadQuery => ({
  id,
  text,
  verb: "select",
  calls: 1,
  total_ms: null,
  rows: null,
  executions: [],
  prepared: false,
  origins: [],
  ...parts,
});

async function kinds(...queries: WorkloadQuery[]): Promise<unknown> {
  const found = await patternsOf({ source: "x", span_s: null, queries, patterns: [], leftOut: [] }, view);
  return found.map((one) => [one.kind, one.queries]);
}

const child = query("c", "SELECT * FROM task WHERE owner_id = $1", { calls: 10_000, rows: 40_000 });

test.each<[string, WorkloadQuery[], unknown]>([
  [
    "a statement that runs for each row of another",
    [child, query("p", "SELECT * FROM person WHERE id > $1 LIMIT $2", { calls: 400, rows: 9_800 })],
    [["n-plus-one", ["c", "p"]]],
  ],
  ["not where the numbers are far apart", [child, query("p", "SELECT * FROM person", { calls: 400, rows: 4_000 })], []],
  [
    "a result without a bound",
    [query("u", "SELECT * FROM task", { calls: 10, rows: 500_000 })],
    [["unbounded-result", ["u"]]],
  ],
  ["but not with LIMIT", [query("u", "SELECT * FROM task LIMIT $1", { calls: 10, rows: 500_000 })], []],
  [
    "a deep OFFSET, written or bound",
    [
      query("d", "SELECT 1 FROM task OFFSET $1", {
        executions: [{ sql: "SELECT 1 FROM task OFFSET 5000", values: [] }],
      }),
      query("e", "SELECT id FROM task OFFSET $1", {
        executions: [{ sql: "SELECT id FROM task OFFSET $1", values: ["90000"] }],
      }),
      query("f", "SELECT 2 FROM task OFFSET $1", { executions: [{ sql: "SELECT 2 FROM task OFFSET 10", values: [] }] }),
    ],
    [
      ["deep-offset", ["d"]],
      ["deep-offset", ["e"]],
    ],
  ],
])("%s", async (_, queries, expected) => {
  expect(await kinds(...queries)).toEqual(expected);
});
