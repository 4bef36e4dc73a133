import { expect, test } from "vitest";
import { printStatement, treeText } from "./deparse.ts";
import { parseSql } from "./parse.ts";

test.each([
  "SELECT count(*) > 0 FROM t WHERE a = 1 AND lower(b) LIKE 'x%'",
  "SELECT interval '1 day' * $1, a::numeric(10,2), \"Odd\".\"T x\", ARRAY[1,2], a[1:2], (1,2) = (3,4), e'\\n''' FROM ONLY t",
  'SELECT a - (b - c), NOT (a = b), (a, b) IN (SELECT 1, 2), a || b COLLATE "C" FROM t',
  "WITH x AS MATERIALIZED (SELECT 1) SELECT sum(b) FILTER (WHERE c) OVER (PARTITION BY d ORDER BY e DESC NULLS LAST) FROM x",
  "INSERT INTO t(a) SELECT 1 ON CONFLICT (a) DO UPDATE SET a = excluded.a RETURNING *",
  "SELECT * FROM t WHERE (a OR b) AND NOT EXISTS (SELECT FROM u WHERE u.id = t.id) ORDER BY 1 LIMIT 10 FOR UPDATE SKIP LOCKED",
])("%s is printed as what reads back the same", async (sql) => {
  const tree = async (text: string): Promise<unknown> => {
    const parsed = await parseSql(text);
    return parsed.ok ? parsed.value[0]?.node : null;
  };
  const before = (await tree(sql)) as Parameters<typeof printStatement>[0];
  const text = await printStatement(before);
  expect(text).not.toBeNull();
  expect(treeText(await tree(text ?? ""))).toBe(treeText(before));
});

test("what cannot be printed faithfully is not printed", async () => {
  expect(await printStatement({ SelectStmt: { targetList: [{ Nonsense: {} }] } } as never)).toBeNull();
});
