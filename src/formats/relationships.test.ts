import { describe, expect, test } from "vitest";
import { viewOf } from "../model/catalog-view.ts";
import { catalogFrom, tableOf } from "./fixtures.test-data.ts";
import { hubOf, relationshipsOf } from "./relationships.ts";
import { projectManagement } from "./samples.test-data.ts";

const FOREIGN_KEY = [{ columns: ["parent_id"], to: "parent", name: "fk" }];

// A partitioned table whose foreign key is declared by the named partitions only.
function partitioned(declaring: readonly string[], ownKey = false) {
  const columns = ["id: bigint not null", "parent_id: bigint not null"];
  return relationshipsOf(
    viewOf(
      catalogFrom([
        tableOf("parent", { columns: ["id: bigint not null"], key: ["id"] }),
        tableOf("whole", {
          table: { partitionBy: { strategy: "range", key: "id" } },
          columns,
          foreignKeys: ownKey ? FOREIGN_KEY : [],
        }),
        ...["p1", "p2"].map((name) =>
          tableOf(name, {
            table: { partitionOf: { schema: "public", table: "whole", bound: "DEFAULT" } },
            columns,
            foreignKeys: declaring.includes(name) ? FOREIGN_KEY : [],
          }),
        ),
      ]),
    ),
  );
}

describe("partitions are folded into their table", () => {
  test.each<[string, readonly string[], boolean, readonly [string, boolean][]]>([
    ["declared by the table", ["p1", "p2"], true, [["table", true]]],
    ["declared by each", ["p1", "p2"], false, [["every partition", true]]],
    ["declared by one", ["p2"], false, [["some partitions", false]]],
    ["declared by none", [], false, []],
  ])("%s", (_name, declaring, own, expected) => {
    const found = partitioned(declaring, own);
    expect(found.all.map((of) => [of.declaredBy, of.required])).toEqual(expected);
    expect(found.tables.map((of) => of.table.name)).toEqual(["parent", "whole"]);
    expect([...found.partitions.values()]).toEqual([2]);
  });

  test("a table that is a partition of itself does not hang the walk", () => {
    const odd = tableOf("odd", {
      table: { partitionOf: { schema: "public", table: "odd", bound: "" } },
      columns: ["x: text"],
    });
    expect(relationshipsOf(viewOf(catalogFrom([odd]))).tables).toHaveLength(1);
  });
});

test("a foreign key out of the catalog dangles", () => {
  const found = relationshipsOf(
    viewOf(catalogFrom([tableOf("child", { columns: ["parent_id: bigint"], foreignKeys: FOREIGN_KEY })])),
  );
  expect(found.all).toEqual([]);
  expect(found.dangling.map((of) => of.constraint.name)).toEqual(["fk"]);
});

describe("the hub", () => {
  test("is the tenant, by its column", () => {
    const hub = hubOf(relationshipsOf(viewOf(projectManagement())));
    expect(hub?.table.table.name).toBe("tenant");
    expect(hub?.column).toBe("tenant_id");
    expect(hub?.relationships).toHaveLength(14);
  });

  test.each([
    [4, 0, false],
    [5, 0, true],
    [6, 3, true],
    [6, 4, true],
    [6, 5, false],
  ])("%i tables that point to it and %i that do not: %s", (pointing, others, expected) => {
    const catalog = catalogFrom([
      tableOf("parent", { columns: ["id: bigint not null"], key: ["id"] }),
      ...Array.from({ length: pointing }, (_, at) =>
        tableOf(`child${at}`, { columns: ["parent_id: bigint"], foreignKeys: FOREIGN_KEY }),
      ),
      ...Array.from({ length: others }, (_, at) => tableOf(`other${at}`, { columns: ["x: text"] })),
    ]);
    expect(hubOf(relationshipsOf(viewOf(catalog))) !== null).toBe(expected);
  });
});
