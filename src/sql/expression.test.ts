import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { columnReferences } from "./expression.ts";
import { parseExpression, parseSql } from "./parse.ts";

async function check(
  expression: string,
  written: readonly string[],
  paths?: readonly (readonly string[])[],
): Promise<void> {
  const found = await columnReferences(expression);
  expect(found.map(({ start, end }) => expression.slice(start, end))).toEqual(written);
  if (paths !== undefined) expect(found.map(({ path }) => path)).toEqual(paths);
}

describe("column references", () => {
  const cases: [string, string[], string[][]?][] = [
    ["starts_at < ends_at", ["starts_at", "ends_at"]],
    ["lower(Email) = 'a.b'", ["Email"], [["email"]]],
    [`"Grö""ße" > é.b AND 'é' <> c`, [`"Grö""ße"`, "é.b", "c"], [[`Grö"ße`], ["é", "b"], ["c"]]],
    ['a /* x */ . "b" . c IS NULL', ['a /* x */ . "b" . c'], [["a", "b", "c"]]],
    ["😀 + b", ["😀", "b"]],
    ["a -- trailing", ["a"]],
    ["exists (select t.* from t where t.x = y)", ["t.*", "t.x", "y"], [["t", "*"], ["t", "x"], ["y"]]],
    ["(a).b[c]", ["a", "c"]],
    ["VALUE > 0", ["VALUE"], [["value"]]],
    ["now() + interval '1 day'", []],
    ["current_user", []],
    ["count(*) filter (where x)", ["x"]],
    ["array[a, b] && c::text[]", ["a", "b", "c"]],
  ];
  test.each(cases)("%s", check);

  test("a chain of 5,000 operators does not exhaust the stack", async () => {
    const names = Array.from({ length: 5000 }, (_, index) => `c${index}`);
    await check(names.join(" OR "), names);
  });
});

describe("what is not one expression", () => {
  test.each([
    "",
    " ",
    "-- nothing",
    "a,",
    "a, b",
    "a b",
    "a AS b",
    "*",
    "t.*",
    "a FROM t",
    "1) FROM (t",
    "a) + (b",
    "1; select 2",
    "1;",
    "DISTINCT a",
    "ALL a",
    "a INTO b",
    "1 UNION SELECT 2",
    "a LIMIT 1",
    "a\0b",
    "'open",
  ])("%j", async (text) => {
    expect((await parseExpression(text)).ok).toBe(false);
    await expect(columnReferences(text)).rejects.toMatchObject({ exitCode: 2 });
  });
});

test("an expression parses at the place its AST says, whatever stands in its strings", async () => {
  const names = fc.array(
    fc.stringMatching(/^[a-zé😀]{1,6}$/u).map((name) => `"${name}"`),
    { minLength: 1, maxLength: 5 },
  );
  const noise = fc.string({ unit: "binary" }).map((text) => `'${text.replaceAll("\0", "").replaceAll("'", "''")}'`);
  await fc.assert(
    fc.asyncProperty(names, noise, async (columns, literal) => {
      const expression = columns.map((column) => `${literal} <> ${column}`).join(" and ");
      const found = await columnReferences(expression);
      expect(found.map(({ start, end }) => expression.slice(start, end))).toEqual(columns);
    }),
  );
});

describe("scripts", () => {
  test("statements have their places", async () => {
    const text = "select 'é'; -- x\n;create table t (a int)";
    const parsed = await parseSql(text);
    expect(parsed.ok && parsed.value.map(({ start, end }) => text.slice(start, end).trim())).toEqual([
      "select 'é'",
      "create table t (a int)",
    ]);
  });
  test("an error has line and column", async () => {
    const parsed = await parseSql("select 'é',\n  from from x");
    expect(parsed).toMatchObject({ ok: false, error: { line: 2, column: 3 } });
  });
  test.each(["", "  \n", "-- only a comment"])("%j has no statements", async (text) => {
    expect(await parseSql(text)).toEqual({ ok: true, value: [] });
  });
});
