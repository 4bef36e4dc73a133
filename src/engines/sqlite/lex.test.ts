import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { spelled, tokensOf } from "./lex.ts";
import { splitScript } from "./split.ts";

const piece = fc.constantFrom(
  ..."select ' \" ` [ ] ; ( ) -- /* */ \n x'0f' x'g' 1.5e3 .5 0x1F $a :b ? ?1 || -> ->> <> é 好 \u0000 begin end create trigger".split(
    " ",
  ),
  " ",
);
const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));

test("tokens together are the text", () => {
  fc.assert(
    fc.property(text, (sql) => {
      const joined = tokensOf(sql)
        .map((token) => token.text)
        .join("");
      expect(joined).toBe(sql);
    }),
  );
});

test("one spelling is its own", () => {
  fc.assert(
    fc.property(text, (sql) => {
      const once = spelled(tokensOf(sql));
      expect(spelled(tokensOf(once))).toBe(once);
    }),
  );
});

describe("statements", () => {
  function check(script: string, expected: readonly (readonly [line: number, text: string])[]): void {
    expect(splitScript(script).map(({ line, text: found }) => [line, found])).toEqual(expected);
  }

  test("nothing, and nothing but comments", () => {
    check("", []);
    check(" ;; -- a;\n /* b; */ ;", []);
  });

  test("semicolons in strings, names and comments end nothing", () => {
    check("select ';' -- ;\n, \";\", [;], `;` /* ; */;\nselect 2", [
      [1, "select ';' -- ;\n, \";\", [;], `;`"],
      [3, "select 2"],
    ]);
  });

  test("a trigger ends with its END", () => {
    check("create temp trigger t after insert on a begin select case when 1 then 2 end; select 3; end; select 4", [
      [1, "create temp trigger t after insert on a begin select case when 1 then 2 end; select 3; end"],
      [1, "select 4"],
    ]);
  });

  test("a command of the shell ends with its line", () => {
    check(".print 'a;\nselect 1;\n.quit", [
      [1, ".print 'a;"],
      [2, "select 1"],
      [3, ".quit"],
    ]);
  });
});
