import { Compiler, DEFAULT_ENTRY, MemoryProjectLayout } from "@dbml/parse";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Catalog } from "../../model/catalog.ts";
import { arbitraryCatalog } from "../arbitrary-catalog.test-data.ts";
import { catalogFrom, constraintObject, indexObject, tableOf } from "../fixtures.test-data.ts";
import { hostile, projectManagement } from "../samples.test-data.ts";
import { writeDbml } from "./write.ts";

// DBML's own parser, which also resolves every name.
function parse(text: string) {
  const layout = new MemoryProjectLayout({ [DEFAULT_ENTRY.absolute]: text });
  const report = new Compiler(layout).interpretFile(DEFAULT_ENTRY);
  const problems = report.getErrors().map((error) => error.message);
  const database = report.getValue();
  if (problems.length > 0 || database === undefined) expect.fail(`${problems.join("\n")}\n\n${text}`);
  return database;
}

const read = (catalog: Catalog) => parse(writeDbml(catalog));

describe("the parser of DBML reads what is written", () => {
  test.each([
    ["fifteen tables", projectManagement()],
    ["hostile names and texts", hostile()],
    ["nothing", catalogFrom([])],
  ])("%s", (_name, catalog) => {
    const database = read(catalog);
    const tables = catalog.objects.filter((object) => object.kind === "table" && object.partitionOf === null);
    expect(database.tables.map((table) => table.name).toSorted()).toEqual(tables.map((table) => table.name).toSorted());
  });

  test("any catalog keeps its tables, columns, enums and references", () => {
    fc.assert(
      fc.property(arbitraryCatalog, (catalog) => {
        const database = read(catalog);
        const names = (kind: string): string[] =>
          catalog.objects
            .filter((object) => object.kind === kind)
            .map((object) => object.name)
            .toSorted();
        expect(database.tables.map((table) => table.name).toSorted()).toEqual(names("table"));
        expect(database.tables.flatMap((table) => table.fields.map((field) => field.name)).toSorted()).toEqual(
          names("column"),
        );
      }),
      { numRuns: 80 },
    );
  });
});

describe("meaning", () => {
  const database = read(projectManagement());
  const table = (name: string) => {
    const found = database.tables.find((candidate) => candidate.name === name);
    if (found === undefined) expect.fail(`no table ${name}`);
    return found;
  };
  const reference = (name: string) => {
    const found = database.refs.find((candidate) => candidate.name === name);
    if (found === undefined) expect.fail(`no reference ${name}`);
    return found;
  };

  test("a composite reference with its action, many to one", () => {
    const found = reference("team_member_tenant_id_team_id_fkey");
    expect(found.onDelete).toBe("cascade");
    expect(found.endpoints.map((end) => [end.tableName, end.fieldNames, end.relation])).toEqual([
      ["team_member", ["tenant_id", "team_id"], "*"],
      ["team", ["tenant_id", "id"], "1"],
    ]);
  });

  test("a unique reference is one to one", () => {
    expect(reference("member_profile_tenant_id_member_id_fkey").endpoints.map((end) => end.relation)).toEqual([
      "1",
      "1",
    ]);
  });

  test("keys, defaults and enum types of columns", () => {
    const [id, , , , , , title, status] = table("task").fields;
    expect(id).toMatchObject({ name: "id", pk: true, dbdefault: { type: "expression", value: "uuidv7()" } });
    expect(title).toMatchObject({ name: "title", not_null: true });
    expect(status?.type).toMatchObject({ type_name: "task_status" });
    expect(status?.dbdefault).toEqual({ type: "string", value: "to do" });
  });

  test("composite keys, indexes with method, expression and name, and checks", () => {
    expect(table("team_member").indexes[0]).toMatchObject({ pk: true });
    const indexes = table("task").indexes;
    expect(indexes.find((index) => index.name === "task_tags_idx")).toMatchObject({ type: "gin" });
    expect(indexes.find((index) => index.name === "task_lower_idx")?.columns[0]).toMatchObject({
      type: "expression",
      value: "lower((title)::text)",
    });
    expect(indexes.find((index) => index.name === "task_open")?.note?.value).toContain("where (status <>");
    expect(table("task").checks).toMatchObject([
      { name: "task_title_check", expression: "(length((title)::text) > 0)" },
    ]);
  });

  test("a partitioned table says so, its partitions are not tables", () => {
    expect(table("time_entry").note?.value).toContain("Partitioned by range (started_at), 1 partition");
    expect(database.tables.some((candidate) => candidate.name.includes("2026"))).toBe(false);
  });

  test("an expression with a backtick, which DBML cannot hold, is kept in a note", () => {
    const found = read(
      catalogFrom([
        tableOf("t", {
          columns: ["x: text"],
          also: (of) => [
            constraintObject(of, "c", "check", ["x"], { expression: "x <> '`'", definition: "CHECK (x <> '`')" }),
            indexObject(of, "i", [{ expression: "x || '`'" }], { definition: "CREATE INDEX i ON t ((x || '`'))" }),
          ],
        }),
      ]),
    ).tables[0];
    expect(found?.checks).toEqual([]);
    expect(found?.note?.value).toContain("CHECK (x <> '`')");
    expect(found?.indexes[0]?.note?.value).toContain("x || '`'");
  });
});
