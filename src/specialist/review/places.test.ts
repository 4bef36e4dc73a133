import { describe, expect, test } from "vitest";
import type { Catalog, CatalogObject } from "../../model/catalog.ts";
import { catalogOf, viewOf } from "../../model/catalog-view.ts";
import { ref } from "../../model/ref.ts";
import type { Ref } from "../../model/ref.ts";
import { placesOf } from "./places.ts";

const EMPTY: Catalog = { engine: { name: "postgres", version: "18" }, objects: [], unmodelled: [] };

/** Where `sql` makes an object: the line, or null. */
async function check(sql: string, object: Ref, line: number | null, catalog: Catalog = EMPTY): Promise<void> {
  const places = await placesOf([{ file: "a.sql", text: sql, line: 1, continues: false }]);
  expect(places.of(object, viewOf(catalog))?.line ?? null).toBe(line);
}

const column = (name: string, table = "t", schema = "public"): Ref => ref("column", name, { schema, table });

const constraint = (columns: readonly string[], type: "check" | "foreign key" | "unique"): CatalogObject => ({
  ...ref("constraint", "made_by_the_server", { schema: "public", table: "t" }),
  kind: "constraint",
  table: "t",
  type,
  definition: "",
  columns,
  references: null,
  expression: null,
  validated: true,
  deferrable: false,
  initiallyDeferred: false,
  inherited: false,
  comment: null,
  dependsOn: [],
});

describe("where SQL makes an object", () => {
  test.each([
    ["a table", "\n\nCREATE TABLE t (a int);", ref("table", "t", { schema: "public" }), 3],
    ["a column on its line", "CREATE TABLE t (\n  a int,\n  b int\n);", column("b"), 3],
    ["a column that was added", "CREATE TABLE t ();\nALTER TABLE t\n  ADD COLUMN a int,\n  ADD b int;", column("b"), 4],
    ["after text beyond ASCII", "-- größer\nCREATE TABLE t (\n  a text DEFAULT 'ü€😀',\n  b int\n);", column("b"), 4],
    ["in another schema", "CREATE TABLE s.t (a int);\nCREATE TABLE t (a int);", column("a", "t", "s"), 1],
    [
      "by the search path",
      "SET search_path = s, public;\nCREATE TABLE t (a int);\nSET search_path TO public;\nCREATE TABLE t (a int);",
      column("a", "t", "s"),
      2,
    ],
    ["by a path nobody can follow", "\\i settings.sql\nCREATE TABLE t (a int);", column("a", "t", "elsewhere"), 2],
    ["the last one that made it", "CREATE TABLE t (a int);\nDROP TABLE t;\nCREATE TABLE t (a int);", column("a"), 3],
    [
      "but the first with IF NOT EXISTS",
      "CREATE TABLE t (a int);\nCREATE TABLE IF NOT EXISTS t (a int);",
      column("a"),
      1,
    ],
    [
      "by its new name",
      "CREATE TABLE old (\na int);\nALTER TABLE old RENAME TO t;\nALTER TABLE t RENAME a TO b;",
      column("b"),
      2,
    ],
    [
      "an index",
      "CREATE TABLE t (a int);\nCREATE INDEX i ON t (a);",
      ref("index", "i", { schema: "public", table: "t" }),
      2,
    ],
    [
      "a function with as many arguments",
      "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';\nCREATE FUNCTION f(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT 1';",
      ref("function", "f", { schema: "public", signature: "integer" }),
      1,
    ],
    ["a policy", "CREATE TABLE t ();\nCREATE POLICY p ON t;", ref("policy", "p", { schema: "public", table: "t" }), 2],
    ["a quoted name", 'CREATE TABLE "odd ""t; --" (\n"a\nb" int,\nc int);', column("c", 'odd "t; --'), 4],
    [
      "what a table brings, at the table",
      "\nCREATE TABLE t (a int);",
      ref("trigger", "x", { schema: "public", table: "t" }),
      2,
    ],
    ["a table inside CREATE SCHEMA", "CREATE SCHEMA s\n  CREATE TABLE t (a int);", column("a", "t", "s"), 2],
    ["around what does not parse", "CREATE TABLE :x (a int);\nCREATE TABEL;\nCREATE TABLE t (a int);", column("a"), 3],
    ["nothing that is not there", "CREATE TABLE u (a int);", column("a"), null],
  ] as const)("%s", async (_what, sql, object, line) => {
    await check(sql, object, line);
  });

  test.each([
    ["a check", "CREATE TABLE t (\na int,\nb int CHECK (b > 0),\nCHECK (a > b)\n);", ["a", "b"], "check", 4],
    ["a column's check", "CREATE TABLE t (\na int,\nb int CHECK (b > 0)\n);", ["b"], "check", 3],
    [
      "a foreign key",
      "CREATE TABLE t (a int);\nALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u;",
      ["a"],
      "foreign key",
      2,
    ],
    ["a unique column", "CREATE TABLE t (\na int UNIQUE);", ["a"], "unique", 2],
  ] as const)("without a name: %s", async (_what, sql, columns, type, line) => {
    const object = constraint(columns, type);
    await check(sql, object, line, catalogOf(EMPTY.engine, [object]));
  });
});

describe("remarks", () => {
  test.each([
    [
      "above a statement",
      "-- dbwright-ignore a: why\nCREATE TABLE t (a int);",
      [{ line: 1, statement: 0, coversLine: null }],
    ],
    [
      "in a block comment",
      "SELECT 1;\n/* dbwright-ignore a: why */\nCREATE TABLE t (a int);",
      [{ line: 2, statement: 1, coversLine: null }],
    ],
    [
      "at the end of a statement",
      "CREATE TABLE t (a int); -- dbwright-ignore a: why\nSELECT 1;",
      [{ line: 1, statement: 0, coversLine: null }],
    ],
    [
      "beside a column",
      "CREATE TABLE t (\n  a int, -- dbwright-ignore a: why\n  b int);",
      [{ line: 2, statement: 0, coversLine: 2 }],
    ],
    [
      "above a column",
      "CREATE TABLE t (\n  a int,\n  -- dbwright-ignore a: why\n  b int);",
      [{ line: 3, statement: 0, coversLine: 4 }],
    ],
    ["not in a string", "INSERT INTO t VALUES ('-- dbwright-ignore a: why');", []],
    [
      "after the last statement",
      "SELECT 1;\n-- dbwright-ignore a: why\n",
      [{ line: 2, statement: -1, coversLine: null }],
    ],
  ] as const)("%s", async (_what, sql, expected) => {
    const { remarks } = await placesOf([{ file: "a.sql", text: sql, line: 1, continues: false }]);
    expect(remarks).toEqual(expected.map((one) => ({ file: "a.sql", text: "dbwright-ignore a: why", ...one })));
  });
});
