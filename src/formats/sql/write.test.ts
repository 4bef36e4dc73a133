import fc from "fast-check";
import { expect, test } from "vitest";
import { splitScript } from "../../sql/split.ts";
import { writeSql } from "./write.ts";

const statement = (sql: string, transactional = true): { sql: string; transactional: boolean } => ({
  sql,
  transactional,
});

function check(statements: readonly { sql: string; transactional: boolean }[], expected: string): void {
  expect(writeSql(statements, { title: "x" })).toBe(expected);
}

test("nothing but the comment when there is nothing to do", () => {
  check([], "-- x\n");
  expect(writeSql([], { title: "a\nb", remarks: ["; drop\rtable"] })).toBe("-- a b\n-- ; drop table\n");
});

test("statements that may not stand in a transaction stand outside", () => {
  check(
    [statement("a"), statement("b"), statement("c", false), statement("d")],
    "-- x\nSET check_function_bodies = off;\n\nBEGIN;\n\na;\n\nb;\n\nCOMMIT;\n\nc;\n\nBEGIN;\n\nd;\n\nCOMMIT;\n",
  );
});

test("a comment at the end does not swallow the semicolon", () => {
  check([statement("select 1 -- one", false)], "-- x\nSET check_function_bodies = off;\n\nselect 1 -- one\n;\n");
});

test("a long script holds no lock to its end", () => {
  const script = writeSql(
    Array.from({ length: 2001 }, () => statement("select 1")),
    { title: "x" },
  );
  expect(script).not.toContain("BEGIN");
});

test("a script splits into its statements again", () => {
  const sql = fc.constantFrom(
    "select ';'",
    "select $$;$$",
    "select 1 --;",
    "do $x$ begin; end $x$",
    'select ";"',
    "select /* ; */ 1",
  );
  fc.assert(
    fc.property(fc.array(fc.record({ sql, transactional: fc.boolean() })), (statements) => {
      const found = splitScript(writeSql(statements, { title: "x" }))
        .filter(
          ({ kind, text }) => kind === "statement" && !/^(?:BEGIN|COMMIT|SET check_function_bodies = off);$/.test(text),
        )
        .map(({ text }) => text.replace(/\s*;$/, ""));
      expect(found).toEqual(statements.map((one) => one.sql));
    }),
  );
});
