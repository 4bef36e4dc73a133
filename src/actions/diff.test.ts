import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Plan } from "../model/plan.ts";
import type { Proof } from "../model/proof.ts";
import { splitScript } from "../sql/split.ts";
import { playground, contextIn } from "../twin/server/testing.test-data.ts";
import { diffAction } from "./diff.ts";

const place = playground();
afterAll(() => place.remove());

interface Output extends Plan {
  readonly proof: Proof | null;
  readonly script: string;
}

function put(name: string, text: string): string {
  writeFileSync(join(place.temporary, name), text);
  return name;
}

async function diff(
  options: Readonly<Record<string, unknown>>,
): Promise<Output & { said: readonly string[]; code: number }> {
  const context = contextIn(place);
  const output = await diffAction.run(diffAction.input.parse(options), context);
  return { ...(output as Output), said: context.progress.notes, code: diffAction.exitCode(output) };
}

const statements = (script: string): readonly string[] =>
  splitScript(script)
    .filter(({ kind }) => kind === "statement")
    .map(({ text }) => text.trim());

const OLD = put(
  "old.sql",
  "create table task (id bigint primary key, title text); create view v as select title from task;",
);
const NEW = put(
  "new.sql",
  "create table task (id bigint primary key, name text); create view v as select name as title from task;",
);

test("between equal schemas there is nothing to do, and nothing but comments is printed", async () => {
  const { script, steps, proof, code } = await diff({ from: OLD, to: OLD });
  expect({ steps, proof, code, statements: statements(script) }).toEqual({
    steps: [],
    proof: null,
    code: 0,
    statements: [],
  });
});

test("a likely rename is offered, and a drop without an answer states what it destroys", async () => {
  const { script, said, proof, code } = await diff({ from: OLD, to: NEW, direct: true });
  expect(proof).toMatchObject({ verdict: "proved" });
  expect(code).toBe(0);
  expect(said.join("\n")).toContain("--rename public.task.title=name");
  expect(script).toMatch(/DESTROYS the column public\.task\.title/);
  expect(statements(script)).toContain("ALTER TABLE public.task DROP COLUMN title;");
});

test.for([["flag"], ["comment"]] as const)(
  "a rename by %s keeps the rows, and what depends on it follows",
  async ([by]) => {
    const comment = `-- dbwright:rename public.task.title=name\n${readFileSync(join(place.temporary, NEW), "utf8")}`;
    const to = by === "flag" ? NEW : put("renamed.sql", comment);
    const rename = by === "flag" ? { rename: ["public.task.title=name"] } : {};
    const out = `${by}.out.sql`;
    const { script, proof, steps } = await diff({ from: OLD, to, direct: true, out, ...rename });
    expect(proof).toMatchObject({ verdict: "proved" });
    expect(steps.map(({ sql }) => sql)).toEqual(["ALTER TABLE public.task RENAME COLUMN title TO name"]);
    expect(existsSync(join(place.temporary, out)) && readFileSync(join(place.temporary, out), "utf8")).toBe(script);
  },
);

test.each([true, false])("what is named after a renamed table and column follows (direct: %s)", async (direct) => {
  const made = (table: string, column: string): string =>
    `create table ${table} (id bigint generated always as identity primary key, ${column} text not null,
      number serial, unique (${column})); create index on ${table} (number);`;
  const from = put("named-old.sql", made("task", "title"));
  const to = put("named-new.sql", made("job", "name"));
  const rename = ["public.task.title=name", "public.task=public.job"];
  const { proof, steps } = await diff({ from, to, direct, rename, engine: "postgres@18" });
  expect(proof).toMatchObject({ verdict: "proved" });
  const texts = steps.map(({ sql }) => sql);
  expect(texts.filter((sql) => /DROP SEQUENCE|DROP CONSTRAINT|CREATE SEQUENCE|SET NOT NULL/.test(sql))).toEqual([]);
});

test("an extension moves with its members to another schema, under what uses it", async () => {
  const one = put("extension.sql", "create extension citext; create table t (id bigint, a citext);");
  const moved = put(
    "moved.sql",
    "create schema extensions; create extension citext schema extensions; create table t (id bigint, a extensions.citext);",
  );
  const { script, proof } = await diff({ from: one, to: moved });
  expect(proof).toMatchObject({ verdict: "proved" });
  expect(statements(script).slice(-3, -1)).toEqual([
    "CREATE SCHEMA extensions;",
    "ALTER EXTENSION citext SET SCHEMA extensions;",
  ]);
});

test("a rename of what is not there is refused", async () => {
  await expect(diff({ from: OLD, to: NEW, rename: ["public.task.nothing=name"] })).rejects.toThrow(/FROM has no/);
});

test("rows that cannot be made are told in the script's header and on the way", async () => {
  const from = put(
    "unfillable.sql",
    "create table a (id int primary key); create table b (id int references a, at pg_lsn not null);",
  );
  const to = put(
    "unfillable-new.sql",
    "create table a (id int primary key, n int); create table b (id int references a, at pg_lsn not null);",
  );
  const { script, said, proof } = await diff({ from, to });
  expect(proof).toMatchObject({ verdict: "proved" });
  expect(script).toMatch(/^-- Proved on /m);
  expect(script).toMatch(
    /^-- NOT proved with rows in the tables: 20 synthetic rows in 1 table, but none in public\.b: /m,
  );
  expect(said.join("\n")).toMatch(/not proved with rows: .*none in public\.b/);
  expect((await diff({ from, to, rows: 0 })).script).not.toContain("NOT proved with rows");
});

test.each([false, true])("a NOT NULL that kept its column's old name in TO keeps it, direct: %s", async (direct) => {
  const from = put("kept-from.sql", "create table task (id bigint primary key, title text not null);");
  const to = put(
    "kept-to.sql",
    "create table task (id bigint primary key, title text not null); alter table task rename column title to name;",
  );
  const { proof, script } = await diff({ from, to, direct, rename: ["public.task.title=name"] });
  expect(proof?.verdict).toBe("proved");
  expect(script).not.toContain("RENAME CONSTRAINT");
});

test("owners that both files state are compared, and what they give away is proved without a superuser", async () => {
  const file = (name: string, owner: string): string =>
    put(
      name,
      `create schema app; alter schema app owner to keeper; create table app.task (id serial primary key);
       set search_path = app; alter table task owner to ${owner};
       create type mood as enum ('a'); alter type app.mood owner to keeper;
       create function app.f(a integer, b text) returns integer language sql as 'select 1';
       alter function app.f(integer, text) owner to nobody_else; alter table gone owner to keeper`,
    );
  const { script, proof, said } = await diff({ from: file("kept.sql", "keeper"), to: file("given.sql", "clerk") });
  expect(proof?.verdict).toBe("proved");
  expect(statements(script).filter((sql) => /OWNER/.test(sql))).toEqual(["ALTER TABLE app.task OWNER TO clerk;"]);
  expect(said.join("\n")).toContain("left out: 1 × ALTER … OWNER TO, which the twin refused");
});
