import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CatalogObject } from "../../model/catalog.ts";
import { arbitraryCatalog } from "../arbitrary-catalog.test-data.ts";
import { hostile, projectManagement } from "../samples.test-data.ts";
import { readJson } from "./read.ts";
import { shapeOf } from "./shape.ts";
import { writeJson } from "./write.ts";
import { KINDS } from "../../model/ref.ts";

test("reading gives back what was written, text included", () => {
  fc.assert(
    fc.property(arbitraryCatalog, (catalog) => {
      // Drawn catalogs may name needs that are not there; a saved one may not.
      const text = writeJson({ ...catalog, objects: catalog.objects.map((object) => ({ ...object, dependsOn: [] })) });
      expect(writeJson(readJson(text, "a.json"))).toBe(text);
    }),
  );
  for (const catalog of [projectManagement(), hostile()]) {
    const objects = catalog.objects.map((object) => ({ ...object, dependsOn: [] }));
    expect(readJson(writeJson({ ...catalog, objects }), "a.json")).toEqual({ ...catalog, objects });
  }
});

test("every kind has a shape", () => {
  expect(KINDS.filter((kind) => shapeOf(kind) === undefined)).toEqual([]);
  for (const other of ["toString", "__proto__", "constructor", ""]) expect(shapeOf(other)).toBeUndefined();
});

describe("another document is refused, with its place", () => {
  const schema: CatalogObject = {
    kind: "schema",
    schema: null,
    table: null,
    name: "x",
    signature: "",
    comment: null,
    dependsOn: [],
  };
  const document = (more: object): string =>
    JSON.stringify({
      format: "dbwright.catalog",
      version: 1,
      engine: { name: "postgres", version: "18.4" },
      objects: [],
      unmodelled: [],
      ...more,
    });
  const cases: [string, string, string][] = [
    ["no JSON", "{", "a.json: this is no JSON"],
    ["no object", "[]", "this JSON is no catalog"],
    ["another format", "{}", '"format": "dbwright.catalog"'],
    ["a later version", document({ version: 2 }), "a.json: version"],
    ["an unknown engine", document({ engine: { name: "dbase", version: "3" } }), "a.json: engine.name"],
    ["an unknown field", document({ more: 1 }), "a.json"],
    ["objects that are none", document({ objects: [1] }), "a.json: objects[0]"],
    [
      "an unknown kind",
      document({ objects: [{ ...schema, kind: "tabel" }] }),
      'a.json: objects[0].kind: "tabel" is no kind',
    ],
    [
      "a field of another type",
      document({ objects: [{ ...schema, comment: 1 }] }),
      'a.json: objects[0] (schema "x"): comment',
    ],
    ["a field too many", document({ objects: [{ ...schema, extra: 1 }] }), 'objects[0] (schema "x")'],
    ["a field too few", document({ objects: [{ kind: "schema", name: "x" }] }), "dependsOn"],
    ["an object twice", document({ objects: [schema, schema] }), "a.json: objects[1]: schema x is there twice"],
    [
      "a lost dependency",
      document({ objects: [{ ...schema, dependsOn: ["role y"] }] }),
      'depends on "role y", which is not in the catalog',
    ],
  ];
  test.each(cases)("%s", (_, text, message) => {
    expect(() => readJson(text, "a.json")).toThrow(message);
    expect(() => readJson(text, "a.json")).toThrow(expect.objectContaining({ exitCode: 2 }) as Error);
  });
});
