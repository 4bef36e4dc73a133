import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openServer } from "../twin/server/open.ts";
import type { TwinDatabase, TwinServer } from "../twin/server.ts";
import { playground, requestFor, contextIn } from "../twin/server/testing.test-data.ts";
import { normaliseAction } from "./normalise.ts";
import { PLAIN } from "./testing.test-data.ts";

const place = playground();

interface Output {
  readonly candidateKeys: readonly (readonly string[])[];
  readonly normalForm: string;
  readonly minimalCover: readonly { readonly from: readonly string[]; readonly to: readonly string[] }[];
  readonly relations: readonly { readonly attributes: readonly string[]; readonly keys: readonly unknown[] }[];
  readonly lossless: boolean;
  readonly preservesDependencies: boolean;
  readonly notes: readonly string[];
  readonly discovered: {
    readonly table: string;
    readonly rows: number;
    readonly sampled: boolean;
    readonly standing: string;
    readonly keysFrom: string;
    readonly assumed: readonly { readonly from: readonly string[]; readonly to: readonly string[] }[];
  } | null;
}

async function normalise(
  input: string | undefined,
  options: Readonly<Record<string, unknown>> = {},
  stdin = "",
): Promise<{ readonly output: Output; readonly shown: string }> {
  const output = await normaliseAction.run(
    normaliseAction.input.parse({ input, ...options }),
    contextIn(place, { stdin: async () => stdin }),
  );
  expect(normaliseAction.exitCode(output)).toBe(0);
  return { output: output as Output, shown: normaliseAction.render(output, PLAIN) };
}

function put(name: string, text: string): string {
  writeFileSync(join(place.temporary, name), text);
  return name;
}

const ADDRESS = { attributes: ["street", "city", "zip"], target: "BCNF" } as const;
const ADDRESS_FDS = [
  { from: ["street", "city"], to: ["zip"] },
  { from: ["zip"], to: ["city"] },
];

describe("stated dependencies", () => {
  test("JSON from standard input, a file and the command line give the same", async () => {
    const text = JSON.stringify({ ...ADDRESS, fds: ADDRESS_FDS });
    const { output } = await normalise(undefined, {}, text);
    expect(output).toMatchObject({
      candidateKeys: [
        ["street", "city"],
        ["street", "zip"],
      ],
      normalForm: "3NF",
      minimalCover: ADDRESS_FDS,
      relations: [
        { attributes: ["city", "zip"], keys: [["zip"]] },
        { attributes: ["street", "zip"], keys: [["street", "zip"]] },
      ],
      lossless: true,
      preservesDependencies: false,
      discovered: null,
    });
    expect((await normalise("-", {}, text)).output).toEqual(output);
    expect((await normalise(put("address.json", text))).output).toEqual(output);
    expect((await normalise(text)).output).toEqual(output);
    const stated = "R(street, city, zip): street city -> zip; zip → city";
    expect((await normalise(stated, { target: "BCNF" })).output).toEqual(output);
    expect((await normalise(put("address.txt", stated.replaceAll(/[:;]/g, "\n")), { target: "BCNF" })).output).toEqual(
      output,
    );
  });

  test("for a person, step by step", async () => {
    const { shown } = await normalise("street city -> zip; zip -> city", { target: "BCNF" });
    expect(shown).toContain("key {street, city}");
    expect(shown).toContain("Normal form: 3NF, not BCNF");
    expect(shown).toContain("lost, to be checked over a join: street, city → zip");
  });

  test("names are any text, and none of it reaches the terminal as a command", async () => {
    const names = ["__proto__", "a b", "é", "\u001B[31mred", "x->y", '"', "constructor"];
    const { output, shown } = await normalise(
      JSON.stringify({ attributes: names, fds: [{ from: [names[0]], to: names.slice(1) }] }),
    );
    expect(output.candidateKeys).toEqual([["__proto__"]]);
    expect(output.normalForm).toBe("BCNF");
    expect(shown).not.toContain("\u001B");
  });

  test("more keys than can be listed are said", async () => {
    const attributes = Array.from({ length: 24 }, (_, at) => `a${at}`);
    const fds = attributes.map((name, at) => ({ from: [name], to: [attributes[at ^ 1]] }));
    const { output, shown } = await normalise(JSON.stringify({ attributes, fds }));
    expect(output).toMatchObject({ candidateKeysComplete: false });
    expect(output.candidateKeys).toHaveLength(2000);
    expect(output.notes.join()).toContain("more candidate keys than the 2000 listed");
    expect(shown).toContain("the list is not complete");
  });
});

describe("input that is wrong", () => {
  const attributes = ["A", "B"];
  test.each<[string, string, RegExp]>([
    ["nothing", "", /nothing in it/],
    ["no JSON", '{"attributes": ["A"],\n "fds": [}', /standard input:2:10: this is no JSON: unexpected "}"/],
    ["half a document", '{"attributes": ["A"', /1:20: this is no JSON: it ends too early/],
    ["another document", "[]", /this JSON is a list/],
    ["no attributes", '{"attributes": [], "fds": []}', /attributes: there are no attributes/],
    ["attributes missing", '{"fds": []}', /attributes: it is missing/],
    ["dependencies missing", '{"attributes": ["A"]}', /fds: it is missing/],
    ["a field misspelt", '{"attributes": ["A"], "fd": []}', /did you mean fds\?/],
    [
      "an attribute twice",
      '{"attributes": ["A", "A"], "fds": []}',
      /attributes\[1\]: the attribute "A" is there twice/,
    ],
    ["a number", '{"attributes": [1], "fds": []}', /attributes\[0\]: it is a number/],
    [
      "unknown attribute",
      JSON.stringify({ attributes: ["customer"], fds: [{ from: ["custmer"], to: ["customer"] }] }),
      /fds\[0\]\.from\[0\]: there is no attribute "custmer"[^]*did you mean "customer"/,
    ],
    ["empty side", JSON.stringify({ attributes, fds: [{ from: [], to: ["A"] }] }), /fds\[0\]: the left side is empty/],
    ["unknown target", JSON.stringify({ attributes, fds: [], target: "4NF" }), /target: "4NF" is no form to aim at/],
    [
      "too much",
      JSON.stringify({ attributes: Array.from({ length: 300 }, (_, at) => `a${at}`), fds: [] }),
      /there are 300 attributes[^]*at most 256/,
    ],
    ["text: empty side", "A -> B\nB ->", /2:1: the right side is empty/],
    ["text: two arrows", "A -> B -> C", /1:8: there is a second arrow/],
    ["text: an open quote", 'A -> "B', /1:6: a name in double quotes has no end/],
    [
      "text: joined letters",
      "R(A, B, C)\nAB -> C",
      /2:1: there is no attribute "AB"[^]*put blanks between attributes: A B/,
    ],
    ["text: nearest name", "R(street, zip): zip -> stret", /1:24: [^]*did you mean "street"/],
    ["text: an open parenthesis", "R(A, B; A -> B", /a parenthesis is not closed/],
  ])("%s", async (_, text, message) => {
    await expect(normalise("-", {}, text)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(message),
    });
  });

  test("a file that is not there, and options that do not fit", async () => {
    put("close.json", "{}");
    await expect(normalise("closed.json")).rejects.toThrow("did you mean close.json?");
    await expect(normalise("")).rejects.toThrow("there is nothing in it");
    await expect(normalise(".")).rejects.toMatchObject({ exitCode: 2 });
    await expect(normalise(undefined, { table: "t" })).rejects.toThrow("--table needs --source");
    await expect(normalise(undefined, { source: "x.sql" })).rejects.toThrow("--source needs --table");
    await expect(normalise("A -> B", { source: "x.sql", table: "t" })).rejects.toThrow("not both");
  });
});

// Every value that must not be seen holds this word.
const SECRET = "CANARY";
const ROWS = `
create schema "My Shop";
create table "My Shop"."order" (
  id bigint primary key, customer text not null, mail text, zip int, city text, note text, amount numeric
);
insert into "My Shop"."order"
select n, '${SECRET}' || n % 40, 'm${SECRET}' || n % 40, n * 7 % 61, 'c${SECRET}' || (n * 7 % 61) % 23,
  case when n % 3 = 0 then '${SECRET}' || n * 17 % 100 end, (n * n % 97)::numeric(8, 2)
from generate_series(1, 1500) as n;
create table public.hidden (a int, b int);
alter table public.hidden enable row level security;
`;

const SQLITE_ROWS = `
create table "Order" (id integer primary key, customer text not null, mail text, zip int, city text collate nocase);
with recursive n (n) as (select 1 union all select n + 1 from n where n < 1500)
insert into "Order" select n, '${SECRET}' || (n % 40), 'm${SECRET}' || (n % 40), iif(n % 2, n * 7 % 61, n * 7 % 61 + 0.0),
  iif(n % 2, 'C', 'c') || '${SECRET}' || ((n * 7 % 61) % 23) from n;
create table pair (a text, b text, primary key (a, b)) without rowid;
with recursive n (n) as (select 1 union all select n + 1 from n where n < 400)
insert into pair select n % 20, n from n;
create view late as select * from "Order";
`;

describe("dependencies from rows of SQLite", () => {
  const found = ({ discovered }: Output): string[] =>
    (discovered?.assumed ?? []).map(({ from, to }) => `${from.join()}>${to.join()}`).toSorted();
  const all = ["customer>mail", "mail>customer", "zip>city"];
  const file = join(place.temporary, "shop.db");

  beforeAll(async () => {
    const { DatabaseSync } = await import("@photostructure/sqlite");
    const made = new DatabaseSync(file);
    made.exec(SQLITE_ROWS);
    made.close();
  });

  test("a file: values are equal as SQLite has it, and none is shown", async () => {
    for (const source of [file, `sqlite:${file}`]) {
      const { output, shown } = await normalise(undefined, { source, table: "main.ORDER" });
      expect(found(output)).toEqual(all);
      expect(output.discovered).toMatchObject({
        table: '"Order"',
        rows: 1500,
        sampled: false,
        keysFrom: "constraints",
      });
      expect(output.candidateKeys).toEqual([["id"]]);
      expect(shown + JSON.stringify(output)).not.toContain(SECRET);
    }
  });

  test("SQL with rows gives the same", async () => {
    const options = { source: put("sqlite.sql", SQLITE_ROWS), table: "order", engine: "sqlite", maxLeft: 1 };
    expect(found((await normalise(undefined, options)).output)).toEqual(all);
  });

  test("a sample is labelled as one, from all over where there are places to go to", async () => {
    const table = await normalise(undefined, { source: file, table: "order", rows: 200, maxLeft: 1 });
    expect(table.output.discovered).toMatchObject({ sampled: true, rows: 200, rowsEstimated: null });
    expect(table.output.notes).toEqual([]);
    const pair = await normalise(undefined, { source: file, table: "pair", rows: 100, maxLeft: 1 });
    expect(pair.output.discovered).toMatchObject({ sampled: true, rows: 100 });
    expect(pair.output.notes.join()).toContain("the rows are the first as stored");
  });

  test("a table that is not there, and a view", async () => {
    await expect(normalise(undefined, { source: file, table: "ordr" })).rejects.toThrow("did you mean");
    await expect(normalise(undefined, { source: file, table: "late" })).rejects.toMatchObject({ exitCode: 2 });
    await expect(normalise(undefined, { source: "gone.db", table: "t" })).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe("dependencies from rows", () => {
  let server: TwinServer;
  let database: TwinDatabase;
  beforeAll(async () => {
    server = await openServer(requestFor(place.cacheDir));
    database = await server.createDatabase();
    const session = await database.connect("owner");
    await session.execute(ROWS);
    await session.execute(`analyze; create view public.late as select * from "My Shop"."order"`);
    await session.close();
  });
  afterAll(async () => {
    await server?.close();
    place.remove();
  });

  const found = ({ discovered }: Output): string[] =>
    (discovered?.assumed ?? []).map(({ from, to }) => `${from.join()}>${to.join()}`).toSorted();

  test("a live table: found, labelled, ranked, and no value shown", async () => {
    const options = { source: database.url("owner"), table: '"My Shop".order' };
    const { output, shown } = await normalise(undefined, options);
    expect(found(output)).toEqual(["customer>mail", "mail>customer", "zip>city"]);
    expect(output.discovered).toMatchObject({
      standing: "measured",
      sampled: false,
      rows: 1500,
      keysFrom: "constraints",
    });
    expect(output.candidateKeys).toEqual([["id"]]);
    expect(output.normalForm).toBe("2NF");
    expect(output.lossless && output.preservesDependencies).toBe(true);
    expect(shown).toContain("It is a candidate for a rule, not a rule");
    expect(shown + JSON.stringify(output)).not.toContain(SECRET);
  });

  test("SQL with rows gives the same", async () => {
    const { output } = await normalise(undefined, { source: put("rows.sql", ROWS), table: "order", maxLeft: 1 });
    expect(found(output)).toEqual(["customer>mail", "mail>customer", "zip>city"]);
    expect(output.discovered?.table).toBe('"My Shop"."order"');
  });

  test("a sample is labelled as one", async () => {
    const source = database.url("owner");
    const table = await normalise(undefined, { source, table: "order", rows: 200, maxLeft: 1 });
    expect(table.output.discovered).toMatchObject({ sampled: true, rowsEstimated: 1500 });
    expect(table.shown).toContain("a sample of");
    const view = await normalise(undefined, { source, table: "public.late", rows: 300, maxLeft: 1 });
    expect(view.output.discovered).toMatchObject({ sampled: true, rows: 300 });
    expect(view.output.notes.join()).toContain("the rows are the first as stored");
  });

  test("a table that is not there, or has no rows", async () => {
    const source = database.url("owner");
    await expect(normalise(undefined, { source, table: "ordr" })).rejects.toThrow('did you mean "My Shop"."order"?');
    await expect(normalise(undefined, { source, table: "a.b.c" })).rejects.toMatchObject({ exitCode: 2 });
    const { output, shown } = await normalise(undefined, { source, table: "hidden" });
    expect(output.discovered).toMatchObject({ rows: 0, dependencies: [], keys: [], keysFrom: "nothing" });
    expect(shown).toContain("none that the rows speak for");
  });

  test("an error of the server that quotes a value is told without it", async () => {
    const session = await database.connect("owner");
    await session.execute(`create view public.broken as select ('${SECRET}' || id)::int as x from "My Shop"."order"`);
    await session.close();
    const broken = normalise(undefined, { source: database.url("owner"), table: "broken" });
    await expect(broken).rejects.toMatchObject({ exitCode: 3, message: expect.not.stringContaining(SECRET) });
  });
});
