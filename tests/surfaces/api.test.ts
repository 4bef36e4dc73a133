import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as dbwright from "../../src/index.ts";

const BRIEF = `
name: library
entities:
  book:
    fields:
      title: text(200)
  loan:
    belongs_to:
      book: book
    fields:
      lent_on: date
`;

test("what other programs may call is what is written here", () => {
  expect(Object.keys(dbwright).toSorted()).toEqual([
    "ACTIONS",
    "DbwrightError",
    "EXIT",
    "KINDS",
    "UnprintableChange",
    "briefJsonSchema",
    "catalogOf",
    "configurationJsonSchema",
    "connect",
    "design",
    "explainPlan",
    "introspect",
    "knexFileName",
    "loadScripts",
    "openServer",
    "planDiff",
    "planNodes",
    "postgres",
    "proveDesign",
    "readBrief",
    "readQueryPlan",
    "readTextPlan",
    "ref",
    "refKey",
    "silentProgress",
    "verdictOf",
    "viewOf",
    "writeDbml",
    "writeKnex",
    "writeMarkdown",
    "writeMermaid",
    "writePrisma",
    "writeSql",
  ]);
});

test("from a brief to a script, as the documentation of the package shows it", async () => {
  const { catalog, decisions } = await dbwright.design(dbwright.readBrief(BRIEF, "library.yaml"), dbwright.postgres);
  const script = dbwright.writeSql(dbwright.postgres.create(catalog), { title: "library" });
  expect(script).toMatch(/CREATE TABLE \S*loan\b/);
  expect(dbwright.viewOf(catalog).tables.map(({ table }) => table.name)).toEqual(["book", "loan"]);
  expect(decisions.some(({ topic }) => topic === "primary-key")).toBe(true);
});

test("the same brief gives the same design", async () => {
  const once = await dbwright.design(dbwright.readBrief(BRIEF, "library.yaml"), dbwright.postgres);
  const twice = await dbwright.design(dbwright.readBrief(BRIEF, "library.yaml"), dbwright.postgres);
  expect(twice).toEqual(once);
});

test("a mistake in a brief is a DbwrightError with its place", () => {
  const read = (): unknown => dbwright.readBrief(BRIEF.replace("book: book", "book: books"), "library.yaml");
  expect(read).toThrow(dbwright.DbwrightError);
  expect(read).toThrow(/library\.yaml:9/);
});

test("the published JSON Schema is the one the program knows", () => {
  const published: unknown = JSON.parse(
    readFileSync(new URL("../../schemas/brief.schema.json", import.meta.url), "utf8"),
  );
  expect(published).toEqual(dbwright.briefJsonSchema());
});

test("an action is run as the command line runs it", async () => {
  const entry = dbwright.ACTIONS.find(({ name }) => name === "explain");
  const explain = await entry?.load();
  if (explain === undefined) throw new Error("explain is gone");
  const plan =
    "Seq Scan on t  (cost=0.00..9.00 rows=1 width=4) (actual time=1.0..99.0 rows=1 loops=1)\n  Filter: (a = 1)\n  Rows Removed by Filter: 50000";
  const output = await explain.run(explain.input.parse({ source: "-" }), {
    cwd: ".",
    cacheDir: ".",
    searchPath: [],
    signal: new AbortController().signal,
    progress: dbwright.silentProgress,
    stdin: () => Promise.resolve(plan),
  });
  expect(output).toMatchObject({ findings: [{ rule: "sequential-scan-for-few-rows" }] });
});
