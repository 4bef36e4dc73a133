import { describe, expect, test } from "vitest";
import { parseSql } from "../../sql/parse.ts";
import { sliceStatement } from "./slice.ts";

const batch = { schema: "public", table: "task", key: ["id"] };
const TYPES = ["int8"];

async function check(sql: string, expected: string): Promise<void> {
  const sliced = await sliceStatement(sql, batch, TYPES, "here");
  const text = sliced.statement(true, true);
  expect(text.replaceAll(/\s+/g, " ")).toBe(expected);
  expect((await parseSql(text)).ok).toBe(true);
  expect(sliced.statement(false, false)).toBe(sql);
}

describe("a slice in the condition of", () => {
  test.each<[string, string, string]>([
    [
      "an UPDATE without one",
      "UPDATE public.task SET name = title",
      "UPDATE public.task SET name = title WHERE (task.id) > ($1::int8) AND (task.id) <= ($2::int8)",
    ],
    [
      "an UPDATE with OR",
      "UPDATE public.task SET name = title WHERE name IS NULL OR name <> title",
      "UPDATE public.task SET name = title WHERE (name IS NULL OR name <> title ) AND (task.id) > ($1::int8) AND (task.id) <= ($2::int8)",
    ],
    [
      "an UPDATE with an alias, queries inside and RETURNING",
      "UPDATE public.task AS \"where\" SET name = (SELECT 'where' FROM x WHERE y) WHERE name IS DISTINCT FROM (SELECT 1 WHERE true) RETURNING id",
      'UPDATE public.task AS "where" SET name = (SELECT \'where\' FROM x WHERE y) WHERE (name IS DISTINCT FROM (SELECT 1 WHERE true) ) AND ("where".id) > ($1::int8) AND ("where".id) <= ($2::int8) RETURNING id',
    ],
    [
      "an UPDATE with a comment at its end",
      "UPDATE task SET a = 1 WHERE b -- all",
      "UPDATE task SET a = 1 WHERE (b -- all ) AND (task.id) > ($1::int8) AND (task.id) <= ($2::int8)",
    ],
    [
      "an UPDATE from the table",
      "WITH w AS (SELECT 1 WHERE true) UPDATE other o SET a = t.a FROM public.task t JOIN z ON z.i = t.i WHERE t.o = o.id AND t.x",
      "WITH w AS (SELECT 1 WHERE true) UPDATE other o SET a = t.a FROM public.task t JOIN z ON z.i = t.i WHERE (t.o = o.id AND t.x ) AND (t.id) > ($1::int8) AND (t.id) <= ($2::int8)",
    ],
    [
      "an INSERT … SELECT with ON CONFLICT",
      "INSERT INTO copy (id) SELECT id FROM public.task JOIN z ON true ON CONFLICT (id) DO UPDATE SET a = 1 WHERE copy.a > 0",
      "",
    ],
    [
      "an INSERT … SELECT",
      "INSERT INTO copy (id) SELECT id FROM public.task JOIN z ON true ON CONFLICT DO NOTHING",
      "INSERT INTO copy (id) SELECT id FROM public.task JOIN z ON true WHERE (task.id) > ($1::int8) AND (task.id) <= ($2::int8) ON CONFLICT DO NOTHING",
    ],
    [
      "a DELETE",
      "DELETE FROM public.task USING u WHERE u.id = task.id",
      "DELETE FROM public.task USING u WHERE (u.id = task.id ) AND (task.id) > ($1::int8) AND (task.id) <= ($2::int8)",
    ],
  ])("%s", async (_, sql, expected) => {
    if (expected === "") {
      const sliced = await sliceStatement(sql, batch, TYPES, "here");
      expect(sliced.statement(true, true).replaceAll(/\s+/g, " ")).toContain(
        "JOIN z ON true WHERE (task.id) > ($1::int8) AND (task.id) <= ($2::int8) ON CONFLICT (id) DO UPDATE SET a = 1 WHERE copy.a > 0",
      );
    } else await check(sql, expected);
  });

  test.each<[string, string]>([
    ["another statement", "SELECT 1"],
    ["an INSERT of values", "INSERT INTO task VALUES (1)"],
    ["a LIMIT, which would hold for each slice", "INSERT INTO copy SELECT id FROM public.task LIMIT 10"],
    ["a sum over all rows", "INSERT INTO copy SELECT a, count(*) FROM public.task GROUP BY a"],
    ["two queries", "INSERT INTO copy SELECT id FROM public.task UNION SELECT id FROM public.task"],
    ["the table twice", "UPDATE public.task SET a = t.a FROM public.task t WHERE t.p = task.id"],
    ["another table", "UPDATE public.job SET a = 1"],
    ["a table of another schema", "UPDATE other.task SET a = 1"],
    ["a cursor", "UPDATE public.task SET a = 1 WHERE CURRENT OF c"],
  ])("refuses %s", async (_, sql) => {
    await expect(sliceStatement(sql, batch, TYPES, "here")).rejects.toThrow("cannot be run in batches");
  });

  test("names and keys are quoted, and rows compared as wholes", async () => {
    const odd = { schema: 'a"b', table: "T; --", key: ["x y", "select"] };
    const sliced = await sliceStatement('UPDATE "a""b"."T; --" SET z = 1', odd, ["text", '"s"."t"'], "here");
    expect(sliced.statement(true, false)).toBe(
      'UPDATE "a""b"."T; --" SET z = 1\nWHERE ("T; --"."x y", "T; --"."select") > ($1::text, $2::"s"."t")',
    );
    expect(sliced.statement(false, true)).toContain('<= ($1::text, $2::"s"."t")');
    expect(sliced.bound(true)).toContain('ORDER BY k."x y", k."select" OFFSET ($3');
  });
});
