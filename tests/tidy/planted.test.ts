import { describe, expect, test } from "vitest";
import { checkProcesses, checkSockets, checkSurroundings } from "./absences.ts";
import { checkCycles } from "./cycles.ts";
import { checkDocComments } from "./doc-comments.ts";
import { checkLayers } from "./layers.ts";
import { checkNames, checkTestPlaces } from "./names.ts";
import { checkSize, FILE_LINES_MAX, FUNCTION_LINES_MAX } from "./size.ts";
import { treeOf } from "./tree.ts";
import type { Tree } from "./tree.ts";
import { violationText } from "./violation.ts";
import type { Violation } from "./violation.ts";
import { checkDecisionRecords, checkLinks, checkWords } from "./words.ts";

/*
 * A check that cannot fail is worth nothing: each is shown breaches it must see, at their line, and close
 * neighbours it must let pass.
 */

type Files = Readonly<Record<string, string>>;
type Case = readonly [title: string, files: Files, places: readonly string[]];

// `places` are "path:line" of every violation expected, and of no other.
function check(rule: (tree: Tree) => Violation[], cases: readonly Case[]): void {
  test.each(cases)("%s", (_title, files, places) => {
    const violations = rule(treeOf(files));
    expect(violations.map(({ path, line }) => `${path}:${line}`)).toEqual(places);
    for (const violation of violations) {
      expect(violation.why.length).toBeGreaterThan(20);
      expect(violationText(violation)).toMatch(/^\S+:\d+: [a-z-]+: .+\n {4}why: .+\n {4}to mend it: .+$/);
    }
  });
}

const lines = (count: number, line = "//"): string => `${Array.from({ length: count }, () => line).join("\n")}\n`;
const words = (...parts: readonly string[]): string => parts.join("");

describe("layers", () => {
  check(checkLayers, [
    ["model imports sql", { "src/model/a.ts": 'import { x } from "../sql/x.ts";' }, ["src/model/a.ts:1"]],
    ["a type import counts", { "src/model/a.ts": 'import type { X } from "../twin/x.ts";' }, ["src/model/a.ts:1"]],
    [
      "an inline type import counts",
      { "src/diff/a.ts": '\nlet a: import("../engines/postgres/print.ts").P;' },
      ["src/diff/a.ts:2"],
    ],
    [
      "a dynamic import counts",
      { "src/tune/a.ts": 'await import("../engines/postgres/print.ts");' },
      ["src/tune/a.ts:1"],
    ],
    ["a re-export counts", { "src/design/a.ts": 'export { x } from "../formats/sql/read.ts";' }, ["src/design/a.ts:1"]],
    ["export * counts", { "src/design/a.ts": 'export * from "../rules/rule.ts";' }, ["src/design/a.ts:1"]],
    [
      "formats know no engine",
      { "src/formats/dbml/read.ts": 'import { x } from "../../engines/postgres/print.ts";' },
      ["src/formats/dbml/read.ts:1"],
    ],
    [
      "engines do not know each other",
      { "src/engines/mysql/a.ts": 'import { x } from "../postgres/print.ts";' },
      ["src/engines/mysql/a.ts:1"],
    ],
    [
      "surfaces do not know each other",
      { "src/surfaces/mcp/a.ts": 'import { x } from "../cli/main.ts";' },
      ["src/surfaces/mcp/a.ts:1"],
    ],
    ["what engines share lies beside them", { "src/engines/mysql/a.ts": 'import { x } from "../kind.ts";' }, []],
    ["an engine knows itself", { "src/engines/mysql/kinds/a.ts": 'import { x } from "../print.ts";' }, []],
    ["twin knows no operate", { "src/twin/a.ts": 'import { x } from "../operate/backup.ts";' }, ["src/twin/a.ts:1"]],
    ["specialist knows twin", { "src/specialist/a.ts": 'import { x } from "../twin/server.ts";' }, []],
    [
      "actions know no surface",
      { "src/actions/a.ts": 'import { x } from "../surfaces/cli/main.ts";' },
      ["src/actions/a.ts:1"],
    ],
    ["nobody imports the index", { "src/actions/a.ts": 'import { x } from "../index.ts";' }, ["src/actions/a.ts:1"]],
    ["src knows no scripts", { "src/twin/a.ts": 'import { x } from "../../scripts/build.ts";' }, ["src/twin/a.ts:1"]],
    ["an unknown layer", { "src/plumbing/a.ts": "export {};" }, ["src/plumbing/a.ts:1"]],
    ["tests use what they need", { "src/model/a.test.ts": 'import { x } from "../twin/server.ts";' }, []],
    [
      "what the layers allow",
      { "src/surfaces/cli/a.ts": 'import { x } from "../../model/a.ts";\nimport y from "pg";' },
      [],
    ],
  ]);
});

describe("pure layers", () => {
  check(checkLayers, [
    ["a file system", { "src/design/a.ts": 'import { readFileSync } from "node:fs";' }, ["src/design/a.ts:1"]],
    ["a file system without prefix", { "src/design/a.ts": 'import fs from "fs";' }, ["src/design/a.ts:1"]],
    ["a package that does I/O", { "src/rules/a.ts": 'import type { Client } from "pg";' }, ["src/rules/a.ts:1"]],
    ["a computed import", { "src/tune/a.ts": "await import(name);" }, ["src/tune/a.ts:1"]],
    ["require", { "src/diff/a.ts": 'const fs = require("node:fs");' }, ["src/diff/a.ts:1"]],
    [
      "what only computes",
      { "src/model/a.ts": 'import { createHash } from "node:crypto";\nimport { z } from "zod";' },
      [],
    ],
    [
      "a driver in the pure half of an engine",
      { "src/engines/postgres/print.ts": 'import { connect } from "./driver.ts";\nimport "node:fs";' },
      ["src/engines/postgres/print.ts:1", "src/engines/postgres/print.ts:2"],
    ],
    [
      "the other half may",
      { "src/engines/postgres/introspect.ts": 'import { connect } from "./driver.ts";\nimport "node:fs";' },
      [],
    ],
    ["other layers may", { "src/twin/a.ts": 'import { readFileSync } from "node:fs";' }, []],
  ]);
});

describe("cycles", () => {
  const three: Files = {
    "src/model/a.ts": '\nimport { b } from "./b.ts";',
    "src/model/b.ts": 'import type { C } from "./c.ts";',
    "src/model/c.ts": 'let a: import("./a.ts").A;',
    "src/model/d.ts": 'import { a } from "./a.ts";',
  };
  check(checkCycles, [
    ["three files, two of the imports being types", three, ["src/model/a.ts:2"]],
    ["a file that imports itself", { "src/model/a.ts": 'import { b } from "./a.ts";' }, ["src/model/a.ts:1"]],
    [
      "a dynamic import closes it",
      { "src/a/x.ts": 'import "./y.ts";', "src/a/y.ts": 'await import("./x.ts");' },
      ["src/a/x.ts:1"],
    ],
    [
      "a diamond is none",
      { "src/a/x.ts": 'import "./y.ts"; import "./z.ts";', "src/a/y.ts": 'import "./z.ts";', "src/a/z.ts": "" },
      [],
    ],
  ]);

  test("the message names the way round", () => {
    const [violation] = checkCycles(treeOf(three));
    expect(violation?.what).toContain("src/model/a.ts -> src/model/b.ts -> src/model/c.ts -> src/model/a.ts");
  });
});

describe("sockets", () => {
  check(checkSockets, [
    ["pg outside a driver", { "src/twin/a.ts": 'import pg from "pg";' }, ["src/twin/a.ts:1"]],
    [
      "net outside a driver",
      { "src/engines/postgres/introspect.ts": 'import net from "net";' },
      ["src/engines/postgres/introspect.ts:1"],
    ],
    ["lazily", { "src/operate/a.ts": 'await import("mysql2/promise");' }, ["src/operate/a.ts:1"]],
    ["fetch", { "src/specialist/a.ts": "\nawait fetch(url);" }, ["src/specialist/a.ts:2"]],
    ["a driver may", { "src/engines/postgres/driver.ts": 'import pg from "pg";' }, []],
    ["types open nothing", { "src/twin/a.ts": 'import type { Client } from "pg";' }, []],
    ["a method called fetch", { "src/twin/a.ts": "await cursor.fetch(10);" }, []],
  ]);
});

describe("processes", () => {
  check(checkProcesses, [
    ["an action", { "src/actions/a.ts": 'import { spawn } from "node:child_process";' }, ["src/actions/a.ts:1"]],
    [
      "a surface, lazily, without prefix",
      { "src/surfaces/cli/a.ts": 'await import("child_process");' },
      ["src/surfaces/cli/a.ts:1"],
    ],
    [
      "by way of process",
      { "src/actions/a.ts": 'process.getBuiltinModule("node:child_process");' },
      ["src/actions/a.ts:1"],
    ],
    ["twin may", { "src/twin/a.ts": 'import { spawn } from "node:child_process";' }, []],
    ["scripts may", { "scripts/a.ts": 'import { spawn } from "node:child_process";' }, []],
  ]);
});

describe("silence below surfaces", () => {
  check(checkSurroundings, [
    ["console", { "src/twin/a.ts": '\nconsole.log("x");' }, ["src/twin/a.ts:2"]],
    ["console through globalThis", { "src/twin/a.ts": 'globalThis.console.log("x");' }, ["src/twin/a.ts:1"]],
    ["the environment", { "src/actions/a.ts": 'const a = process.env["HOME"];' }, ["src/actions/a.ts:1"]],
    ["the environment by a computed name", { "src/actions/a.ts": 'const a = process["env"];' }, ["src/actions/a.ts:1"]],
    ["by a name nobody knows", { "src/actions/a.ts": "const a = process[name];" }, ["src/actions/a.ts:1"]],
    ["taken apart", { "src/actions/a.ts": "const { env } = process;" }, ["src/actions/a.ts:1"]],
    ["handed on", { "src/actions/a.ts": "read(process);" }, ["src/actions/a.ts:1"]],
    ["imported", { "src/actions/a.ts": 'import { env } from "node:process";' }, ["src/actions/a.ts:1"]],
    [
      "argv, exit, stdout and the working directory",
      { "src/model/a.ts": "process.argv;\nprocess.exit(1);\nprocess.stdout.write(x);\nprocess.cwd();" },
      ["src/model/a.ts:1", "src/model/a.ts:2", "src/model/a.ts:3", "src/model/a.ts:4"],
    ],
    [
      "facts about the machine",
      { "src/twin/a.ts": "process.platform; process.kill(pid); server.process.exit; const a = { process: 1 };" },
      [],
    ],
    ["surfaces may", { "src/surfaces/cli/main.ts": "process.stdout.write(String(process.env));" }, []],
    ["tests may", { "src/twin/a.test.ts": "console.log(process.env);" }, []],
  ]);
});

describe("size", () => {
  const body = (count: number): string => `() => {\n${lines(count - 2, "  run();")}};\n`;
  check(checkSize, [
    ["a file at the limit", { "src/a.ts": lines(FILE_LINES_MAX) }, []],
    ["a file over it", { "src/a.ts": lines(FILE_LINES_MAX + 1) }, ["src/a.ts:1"]],
    ["with a reason", { "src/a.ts": `// tidy: long because it is a table\n${lines(FILE_LINES_MAX)}` }, []],
    ["with a reason that is none", { "src/a.ts": `// tidy: long because\n${lines(FILE_LINES_MAX)}` }, ["src/a.ts:1"]],
    ["an arrow at the limit", { "src/a.ts": `const a = ${body(FUNCTION_LINES_MAX)}` }, []],
    ["an arrow over it", { "src/a.ts": `const a = ${body(FUNCTION_LINES_MAX + 1)}` }, ["src/a.ts:1"]],
    ["a function over it", { "src/a.ts": `\nfunction f() {\n${lines(FUNCTION_LINES_MAX)}}\n` }, ["src/a.ts:2"]],
    ["a method over it", { "src/a.ts": `class A {\n  m() {\n${lines(FUNCTION_LINES_MAX)}}\n}\n` }, ["src/a.ts:2"]],
    [
      "a function with a reason",
      {
        "src/a.ts": `/** d */\n// tidy: long because one case a kind\nexport function f() {\n${lines(FUNCTION_LINES_MAX)}}\n`,
      },
      [],
    ],
    [
      "a reason two lines above",
      { "src/a.ts": `// tidy: long because one case a kind\n\nfunction f() {\n${lines(FUNCTION_LINES_MAX)}}\n` },
      ["src/a.ts:3"],
    ],
    [
      "a group of tests",
      {
        "src/a.test.ts": `describe.each(x)("a", ${body(FUNCTION_LINES_MAX + 5)
          .trim()
          .slice(0, -1)});`,
      },
      [],
    ],
    [
      "a test over it",
      {
        "src/a.test.ts": `test("a", ${body(FUNCTION_LINES_MAX + 5)
          .trim()
          .slice(0, -1)});`,
      },
      ["src/a.test.ts:1"],
    ],
  ]);
});

describe("names", () => {
  check(checkNames, [
    ["a file", { "src/model/utils.ts": "" }, ["src/model/utils.ts:1"]],
    ["a folder", { "src/helpers/quote.ts": "" }, ["src/helpers/quote.ts:1"]],
    ["a test of one", { "src/model/misc.test.ts": "" }, ["src/model/misc.test.ts:1"]],
    ["in scripts too", { "scripts/common.ts": "" }, ["scripts/common.ts:1"]],
    ["camel case", { "src/model/catalogView.ts": "" }, ["src/model/catalogView.ts:1"]],
    ["snake case in a folder", { "src/model_x/catalog.ts": "" }, ["src/model_x/catalog.ts:1"]],
    [
      "telling names",
      { "src/model/catalog-view.test.ts": "", "vitest.config.ts": "", "src/sql/utility-statement.ts": "" },
      [],
    ],
  ]);
});

describe("places of tests", () => {
  check(checkTestPlaces, [
    ["a unit test under tests", { "tests/quote.test.ts": "" }, ["tests/quote.test.ts:1"]],
    ["a spec", { "src/sql/quote.spec.ts": "" }, ["src/sql/quote.spec.ts:1"]],
    ["a test of another folder", { "src/sql/a.test.ts": 'import "../model/a.ts";' }, ["src/sql/a.test.ts:1"]],
    ["beside its source", { "src/sql/a.ts": "", "src/sql/a.test.ts": "" }, []],
    ["of a folder as a whole", { "src/sql/round-trip.test.ts": 'import "./a.ts";' }, []],
    ["a scenario", { "tests/scenarios/shop.test.ts": "" }, []],
  ]);
});

describe("doc comments", () => {
  check(checkDocComments, [
    ["none", { "src/a/a.ts": "export const a = 1;" }, ["src/a/a.ts:1"]],
    ["a line comment is none", { "src/a/a.ts": "// about a\nexport const a = 1;" }, ["src/a/a.ts:2"]],
    ["an empty one", { "src/a/a.ts": "/** */\nexport function a() {}" }, ["src/a/a.ts:2"]],
    [
      "one of the export before",
      { "src/a/a.ts": "/** About a. */\nexport const a = 1;\nexport const b = 2;" },
      ["src/a/a.ts:3"],
    ],
    [
      "a type and a class",
      { "src/a/a.ts": "export type A = 1;\nexport class B {}\nexport default 3;" },
      ["src/a/a.ts:1", "src/a/a.ts:2", "src/a/a.ts:3"],
    ],
    ["with a reason between", { "src/a/a.ts": "/** About a. */\n// tidy: long because of x\nexport const a = 1;" }, []],
    [
      "overloads",
      {
        "src/a/a.ts":
          "/** About f. */\nexport function f(a: 1): 1;\nexport function f(a: 2): 2;\nexport function f(a) { return a; }",
      },
      [],
    ],
    ["re-exports", { "src/a/a.ts": 'export { a } from "./b.ts";\nconst c = 1;\nexport { c };' }, []],
    ["tests and scripts", { "src/a/a.test.ts": "export const a = 1;", "scripts/a.ts": "export const a = 1;" }, []],
  ]);
});

describe("words", () => {
  check(checkWords, [
    [
      "a path of one machine",
      { "docs/a.md": words("see /ro", "ot/x"), "a.ts": words("\n'/wo", "rk/main'") },
      ["a.ts:2", "docs/a.md:1"],
    ],
    ["a home folder", { "docs/a.md": words("see /ho", "me/jane/x") }, ["docs/a.md:1"]],
    ["a registry", { "package-lock.json": words("https://registry.", "npmjs.org/x") }, ["package-lock.json:1"]],
    ["unfinished work", { "a.ts": words("// TO", "DO later"), "b.ts": words("// FIX", "ME") }, ["a.ts:1", "b.ts:1"]],
    [
      "neighbours",
      { "a.md": "a task is todo; https://x.org/work/a; src/operate/work/a; mktemp -d x.XXXXXX; ./root/a" },
      [],
    ],
  ]);
});

describe("links", () => {
  check(checkLinks, [
    ["to a page that is not there", { "docs/a.md": "x\n[b](b.md)" }, ["docs/a.md:2"]],
    ["to a page that is elsewhere", { "docs/a.md": "[b](../b.md#part)", "docs/b.md": "" }, ["docs/a.md:1"]],
    [
      "that lead somewhere",
      { "docs/a.md": "[b](b.md#part) [c](../src) [d](https://x.org/y) [e](#part)", "docs/b.md": "", "src/c.ts": "" },
      [],
    ],
    ["in code", { "docs/a.md": "`[b](b.md)`\n```\n[b](b.md)\n```" }, []],
  ]);
});

describe("decision records", () => {
  const record = "# x\n\n## Context\n\n## Decision\n\n## Consequence\n";
  check(checkDecisionRecords, [
    ["a gap", { "docs/adr/0001-a.md": record, "docs/adr/0003-b.md": record }, ["docs/adr/0003-b.md:1"]],
    ["a double", { "docs/adr/0001-a.md": record, "docs/adr/0001-b.md": record }, ["docs/adr/0001-b.md:1"]],
    ["a crooked name", { "docs/adr/1-a.md": record }, ["docs/adr/1-a.md:1"]],
    ["a missing part", { "docs/adr/0001-a.md": "## Context\n## Decision\n" }, ["docs/adr/0001-a.md:1"]],
    ["whole", { "docs/adr/0001-a.md": record, "docs/adr/0002-b.md": record }, []],
  ]);
});
