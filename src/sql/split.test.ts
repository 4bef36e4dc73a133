import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitScript } from "./split.ts";

// Each piece but the blank ones as `line kind text`.
function pieces(script: string): string[] {
  return splitScript(script)
    .filter(({ kind }) => kind !== "blank")
    .map(({ kind, line, text }) => `${line} ${kind} ${text.trim()}`);
}

function check(script: string, expected: readonly string[]): void {
  expect(pieces(script)).toEqual(expected);
  expect(
    splitScript(script)
      .map(({ text }) => text)
      .join(""),
  ).toBe(script);
}

const body =
  "create function f() returns int language sql begin atomic select case when true then 1 end; select 2; end;";

describe("a script falls into its pieces", () => {
  const cases: [string, string, string[]][] = [
    ["nothing", "", []],
    ["only blanks", " \r\n-- x\n/* y */;;", []],
    ["two statements and a line", "select 1;\n\nselect 2;", ["1 statement select 1;", "3 statement select 2;"]],
    ["no semicolon at the end", "select 1 -- x;", ["1 statement select 1 -- x;"]],
    ["byte order marks", "\ufeffselect 1;\n\ufeffselect 2;", ["1 statement select 1;", "2 statement select 2;"]],
    ["CRLF", "select 1;\r\nselect 2;\r\n", ["1 statement select 1;", "2 statement select 2;"]],
    ["a string", "select 'a;''b\\';select 2", ["1 statement select 'a;''b\\';", "1 statement select 2"]],
    ["an escape string", "select E'a\\';b';select 2", ["1 statement select E'a\\';b';", "1 statement select 2"]],
    ["a name that ends in e", "select typE'a\\';", ["1 statement select typE'a\\';"]],
    ["a continued escape string", "select e'a'\n'\\';';x", ["1 statement select e'a'\n'\\';';", "2 statement x"]],
    ["a quoted name", 'select "a;""b";x', ['1 statement select "a;""b";', "1 statement x"]],
    [
      "dollar quotes",
      "do $$ a; $b$ ; $$;do $b$ $$;' $b$;",
      ["1 statement do $$ a; $b$ ; $$;", "1 statement do $b$ $$;' $b$;"],
    ],
    ["a dollar in a name", "select a$b$c;select 1", ["1 statement select a$b$c;", "1 statement select 1"]],
    ["a parameter", "select $1;select $2", ["1 statement select $1;", "1 statement select $2"]],
    ["nested comments", "select /* a; /* ; */ ; */ 1;x", ["1 statement select /* a; /* ; */ ; */ 1;", "1 statement x"]],
    ["a quote in a comment", "select 1 -- don't;\n;x", ["1 statement select 1 -- don't;\n;", "2 statement x"]],
    [
      "a rule",
      "create rule r as on insert to t do (a; b);x",
      ["1 statement create rule r as on insert to t do (a; b);", "1 statement x"],
    ],
    ["an atomic body", `${body}x`, [`1 statement ${body}`, "1 statement x"]],
    [
      "a label called end",
      body.replace("2", '2 as end, 3 as "q"') + "x",
      [`1 statement ${body.replace("2", '2 as end, 3 as "q"')}`, "1 statement x"],
    ],
    [
      "a transaction",
      "begin;select case when a then b end;end;x",
      ["1 statement begin;", "1 statement select case when a then b end;", "1 statement end;", "1 statement x"],
    ],
    [
      "meta-commands",
      "\\set a b; c\n\\c db\nselect 1;",
      ["1 meta \\set a b; c", "2 meta \\c db", "3 statement select 1;"],
    ],
    [
      "a meta-command in a statement",
      "select 1 \\gexec\nx",
      ["1 statement select 1", "1 meta \\gexec", "2 statement x"],
    ],
    ["a backslash in a string is none", "select '\\';x", ["1 statement select '\\';", "1 statement x"]],
    [
      "COPY",
      "copy t (a) from stdin;\n1;'\n\\.\nx",
      ["1 statement copy t (a) from stdin;", "1 data 1;'\n\\.", "4 statement x"],
    ],
    [
      "COPY, CRLF",
      "COPY t FROM STDIN WITH (FORMAT text);\r\na\\.b\r\n\\.\r\nx",
      ["1 statement COPY t FROM STDIN WITH (FORMAT text);", "1 data a\\.b\r\n\\.", "4 statement x"],
    ],
    [
      "COPY without rows",
      "copy t from stdin;\n\\.\nx",
      ["1 statement copy t from stdin;", "1 data \\.", "3 statement x"],
    ],
    [
      "COPY to a client",
      "copy (select a from stdin) to stdout;x",
      ["1 statement copy (select a from stdin) to stdout;", "1 statement x"],
    ],
    [
      "backslash escapes on",
      "set standard_conforming_strings = off;select 'a\\';b';x",
      ["1 statement set standard_conforming_strings = off;", "1 statement select 'a\\';b';", "1 statement x"],
    ],
    [
      "and on again",
      "set standard_conforming_strings to off;set standard_conforming_strings to 'on';select '\\';x",
      [
        "1 statement set standard_conforming_strings to off;",
        "1 statement set standard_conforming_strings to 'on';",
        "1 statement select '\\';",
        "1 statement x",
      ],
    ],
    ["a closing parenthesis too many", "select 1);x", ["1 statement select 1);", "1 statement x"]],
  ];
  test.each(cases)("%s", (_, script, expected) => check(script, expected));
});

describe("what does not end is named with its line", () => {
  test.each([
    ["select 1;\nselect 'a\n\n", "line 2: a string is not closed"],
    ["select e'a\\'", "line 1: a string is not closed"],
    ['\n\nselect\n"a', "line 4: a quoted name is not closed"],
    ["do $a$\n$$", "line 1: the string that $a$ opens is not closed"],
    ["/* /* */", "line 1: a comment is not closed"],
    ["copy t from stdin;\n1\n", "line 1: the data of a COPY"],
    ["select 1;\n\0", "line 2: the script has a NUL"],
  ])("%j", (script, message) => {
    expect(() => splitScript(script)).toThrow(message);
    expect(() => splitScript(script, "a.sql")).toThrow(message.replace("line ", "a.sql:"));
  });
});

const fragments = fc.constantFrom(
  "'",
  "''",
  '"',
  "$$",
  "$a$",
  "a",
  "e'",
  "E",
  "\\",
  "\\.",
  "\n",
  "\r\n",
  ";",
  "(",
  ")",
  "--",
  "/*",
  "*/",
  " ",
  "é",
  "😀",
  "\ufeff",
  "copy t from stdin",
  "create function f() ",
  "begin atomic",
  "end",
  "case",
  "as",
  "1",
  ".",
  "set standard_conforming_strings = off;",
);
const scripts = fc.array(fragments, { maxLength: 25 }).map((parts) => parts.join(""));

test("the pieces joined are the script, lines count, and a piece splits into itself", () => {
  fc.assert(
    fc.property(scripts, (script) => {
      let parts;
      try {
        parts = splitScript(script);
      } catch {
        return;
      }
      expect(parts.map(({ text }) => text).join("")).toBe(script);
      let line = 1;
      for (const part of parts) {
        expect(part.text).not.toBe("");
        expect(part.line).toBe(line);
        line += part.text.split("\n").length - 1;
        if (part.kind === "data" || /standard_conforming/.test(script)) continue;
        if (part.kind === "statement" && /from stdin/.test(part.text)) continue;
        expect(splitScript(part.text).map(({ kind, text }) => ({ kind, text }))).toEqual([
          { kind: part.kind, text: part.text },
        ]);
      }
    }),
    { numRuns: 3000 },
  );
});

test("any text splits or is refused with a message", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (script) => {
      try {
        expect(
          splitScript(script)
            .map(({ text }) => text)
            .join(""),
        ).toBe(script);
      } catch (error) {
        expect(error).toMatchObject({ exitCode: 2 });
      }
    }),
  );
});

test("pathological scripts are split in one pass", () => {
  // Each of these took minutes if a rest of the text were searched again for every token.
  for (const unit of [
    "a ",
    "$1 ",
    "'a' ",
    "e'a'\n",
    "( ",
    ") ",
    "/* */ ",
    "-- x\n",
    "x;\n",
    "\\x\n",
    "copy t from stdin;\n\\.\n",
  ]) {
    const script = unit.repeat(100_000);
    let length = 0;
    for (const part of splitScript(script)) length += part.text.length;
    expect(length).toBe(script.length);
  }
});
