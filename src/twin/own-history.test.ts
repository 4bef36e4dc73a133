import { expect, test } from "vitest";
import type { Catalog, CatalogObject } from "../model/catalog.ts";
import { catalogOf } from "../model/catalog-view.ts";
import { ref, refKey } from "../model/ref.ts";
import { plainTable } from "../model/table.test-data.ts";
import { catalogWithout, holdsHistory, isOfHistory } from "./own-history.ts";

const table = (schema: string, name: string): CatalogObject =>
  plainTable(schema, name, { dependsOn: [refKey(ref("schema", schema))] });
const schema = (name: string): CatalogObject => ({
  ...ref("schema", name),
  kind: "schema",
  comment: null,
  dependsOn: [],
});

function check(...tables: readonly (readonly [schema: string, name: string])[]): readonly string[] {
  const schemas = [...new Set(tables.map(([name]) => name))].map(schema);
  const catalog: Catalog = catalogOf(
    { name: "postgres", version: "18" },
    [...schemas, ...tables.map(([of, name]) => table(of, name))],
    [],
  );
  const kept = holdsHistory(catalog) ? catalogWithout(catalog, isOfHistory) : catalog;
  return kept.objects.map(refKey);
}

test("the history of migrations is left out, with its schema", () => {
  expect(check(["app", "task"], ["dbwright", "about"], ["dbwright", "migration"], ["dbwright", "step"])).toEqual([
    "schema app",
    "table app.task",
  ]);
});

test("a schema of that name that is somebody's own is kept", () => {
  expect(check(["dbwright", "about"], ["dbwright", "task"])).toHaveLength(3);
});
