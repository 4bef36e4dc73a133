import fc from "fast-check";
import { expect, test } from "vitest";
import { firstWords } from "./report.ts";

test.each([
  ["create table a.b (id int)", "create table a.b"],
  ["create role x\n  password 'hidden'", "create role x password"],
  ["insert into t values (4711)", "insert into t values"],
  ["update t set card=4711", "update t set card"],
  ["select /* 4711 */ 1;", "select 1"],
  ["do $x$ 4711 $x$", "do"],
  ['alter table "it\'s" add x int;', 'alter table "it\'s" add x int'],
  ["", ""],
])("%j begins with %j", (sql, words) => expect(firstWords(sql)).toBe(words));

test("no literal is shown, and no more than a line", () => {
  const before = fc.constantFrom(
    "create role x password ",
    "insert into t values (1, ",
    "comment on table t is ",
    "select ",
    "do ",
  );
  const quote = fc.constantFrom<[string, string]>(["'", "'"], ["E'", "'"], ["$$", "$$"], ["$a$", "$a$"]);
  fc.assert(
    fc.property(before, quote, fc.stringMatching(/^[a-z ]{0,600}$/), (start, [open, close], filler) => {
      const words = firstWords(`${start}${open}SECRET${filler}${close}, ${filler}`);
      expect(words).not.toContain("SECRET");
      expect(words).not.toContain("\n");
      expect(words.length).toBeLessThanOrEqual(82);
    }),
  );
});
