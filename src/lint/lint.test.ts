import { describe, expect, test } from "vitest";
import { relationText } from "../sql/effect/known-schema.ts";
import { lintScripts } from "./lint.ts";
import type { LintOptions } from "./lint.ts";
import { scriptsIn } from "./marks.ts";
import { LINT_RULES } from "./registry.ts";

async function check(text: string, options: Partial<LintOptions>, expected: readonly string[]): Promise<void> {
  const { findings } = await lintScripts(scriptsIn("a.sql", text), { rules: LINT_RULES, ...options });
  const loud = findings.filter(({ severity }) => severity !== "info" || options.rules !== undefined);
  expect(loud.map(({ line, column, rule }) => `${line}:${column} ${rule}`)).toEqual(expected);
}

const rules = (...ids: readonly string[]): { rules: LintOptions["rules"] } => ({
  rules: LINT_RULES.filter(({ id }) => ids.includes(id)),
});
const INDEX = rules("create-index-blocks-writes");

describe("places", () => {
  test.each([
    ["after a comment of two lines", "-- é\n/* 😀\n*/  CREATE INDEX i ON t (a)", ["3:5 create-index-blocks-writes"]],
    ["the second on a line", "SELECT 1; CREATE INDEX i ON t (a)", ["1:11 create-index-blocks-writes"]],
    ["with Windows line ends", "SELECT 1;\r\nCREATE INDEX i ON t (a);\r\n", ["2:1 create-index-blocks-writes"]],
    [
      "after a byte order mark of psql's data",
      "COPY t FROM stdin;\n1\n\\.\n\\set x 1\nCREATE INDEX i ON t (a);\n",
      ["5:1 create-index-blocks-writes"],
    ],
    [
      "in a DO block",
      "DO $body$\nBEGIN\n  PERFORM 1;\n  CREATE INDEX i ON t (a);\nEND $body$",
      ["4:3 create-index-blocks-writes"],
    ],
    [
      "in a text that is executed",
      "DO $$\nBEGIN\n  EXECUTE 'CREATE INDEX i ON t (a)';\nEND $$",
      ["3:11 create-index-blocks-writes"],
    ],
    [
      "not in a function, which nobody calls here",
      "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE INDEX i ON t (a); END $$",
      [],
    ],
    [
      "only what goes up",
      "-- +goose Up\nCREATE INDEX i ON t (a);\n-- +goose Down\nCREATE INDEX j ON t (b);\n",
      ["2:1 create-index-blocks-writes"],
    ],
    [
      "each changeset of Liquibase",
      "--liquibase formatted sql\n--changeset me:1\nCREATE INDEX i ON t (a);\n--rollback DROP INDEX i;\n--changeset me:2\nCREATE INDEX j ON t (a);",
      ["3:1 create-index-blocks-writes", "6:1 create-index-blocks-writes"],
    ],
    [
      "files in one text",
      "-- 1.sql\nCREATE TABLE t (a int);\nCREATE INDEX i ON t (a);\n-- 2.sql\nCREATE INDEX j ON t (a);",
      ["5:1 create-index-blocks-writes"],
    ],
  ] as const)("%s", (_name, text, expected) => check(text, INDEX, expected));

  const I = "CREATE INDEX i ON t (a);";
  test.each([
    ["the last statement", "SELECT 1;\n  SELEC 2", ["2:3"], []],
    ["one between others", `${I}\nSELEC 2;\n${I}`, ["2:1"], ["1:1", "3:1"]],
    ["several", `SELEC 1;\nSELEC é, '–';\n ${I} SELEC`, ["1:1", "2:1", "3:27"], ["3:2"]],
    ["a parenthesis that is not closed", `CREATE TABLE u (b int;\n${I}\n${I}`, ["1:22"], ["2:1", "3:1"]],
    ["one too many", `CREATE TABLE u (b int));\n${I}`, ["1:23"], ["2:1"]],
    ["a string that is not closed", `${I}\nSELECT 'a;\n${I}`, ["2:8"], ["1:1"]],
    ["a body that is not closed", `${I}\nDO $x$ BEGIN;\n${I}`, ["2:4"], ["1:1"]],
    ["the end of the text", `${I}\nALTER TABLE t ADD\n`, ["3:1"], ["1:1"]],
    ["a semicolon in a string of it", `SELEC 'a;b';\n${I}`, ["1:1"], ["2:1"]],
    ["no statement but it", "(((", ["1:4"], []],
    ["psql's and its own", `\\set x 1\n${I}\nSELEC;\n\\echo y\n${I}`, ["3:1"], ["2:1", "5:1"]],
    ["a comment about it", `-- dbwright-ignore create-index-blocks-writes: no\nSELEC 1;\n${I}`, ["2:1"], ["3:1"]],
  ] as const)("of a syntax error: %s", async (_name, text, refused, found) => {
    const { errors, findings } = await lintScripts(scriptsIn("a.sql", text), INDEX);
    const at = ({ line, column }: { readonly line: number; readonly column: number }): string => `${line}:${column}`;
    expect([errors.map(at), findings.map(at)]).toEqual([refused, found]);
  });

  test("what does not parse may hold the COMMIT", async () => {
    const look = rules("transaction-left-open");
    const left = await lintScripts(scriptsIn("a.sql", "BEGIN;\nCREATE TABLE u (a x y;\nCOMMIT;"), look);
    expect([left.errors.length, left.findings.length]).toEqual([1, 0]);
  });
});

describe("what is known", () => {
  const ALTER = "ALTER TABLE t ALTER a TYPE varchar(80)";
  const table = {
    relation: relationText("public", "t"),
    complete: true,
    columns: new Map([["a", { type: "character varying(40)", notNull: false }]]),
    constraints: [],
    indexes: [],
    children: [],
    parents: [],
    partitioned: false,
    defaultPartition: null,
    unlogged: false,
  };
  const schema = {
    table: () => table,
    tableOfIndex: () => undefined,
    referencing: () => [],
    usersOfType: () => [],
    tablesOf: () => [],
  };
  const severities = async (options: Partial<LintOptions>, text = ALTER): Promise<readonly string[]> => {
    const result = await lintScripts(scriptsIn("a.sql", text), {
      ...rules("change-column-type", "create-index-blocks-writes"),
      ...options,
    });
    return result.findings.map(({ severity }) => severity);
  };
  test("an old type that has the same bytes", async () => {
    expect(await severities({})).toEqual(["error"]);
    expect(await severities({ schema })).toEqual(["info"]);
  });
  test("a table that is small", async () => {
    const index = "CREATE INDEX i ON t (a)";
    expect(await severities({ rows: () => 200 }, index)).toEqual([]);
    expect(await severities({ rows: () => 2_000_000 }, index)).toEqual(["error"]);
    expect(await severities({ rows: () => null }, index)).toEqual(["error"]);
  });
});

describe("comments that set findings aside", () => {
  test.each([
    [
      "above, with a reason",
      "-- dbwright-ignore create-index-blocks-writes: the table is empty\nCREATE INDEX i ON t (a)",
      [],
      0,
    ],
    ["behind", "CREATE INDEX i ON t (a); -- dbwright-ignore create-index-blocks-writes: empty\nSELECT 1", [], 0],
    [
      "without a reason",
      "-- dbwright-ignore create-index-blocks-writes\nCREATE INDEX i ON t (a)",
      ["2:1 create-index-blocks-writes"],
      1,
    ],
    [
      "of a rule that does not exist",
      "-- dbwright-ignore no-such: x\nCREATE INDEX i ON t (a)",
      ["2:1 create-index-blocks-writes"],
      1,
    ],
    [
      "of the statement before",
      "SELECT 1; -- dbwright-ignore create-index-blocks-writes: x\nCREATE INDEX i ON t (a)",
      ["2:1 create-index-blocks-writes"],
      0,
    ],
    [
      "in a string",
      "SELECT '-- dbwright-ignore create-index-blocks-writes: x';\nCREATE INDEX i ON t (a)",
      ["2:1 create-index-blocks-writes"],
      0,
    ],
    ["of eugene", "-- eugene: ignore E5, E6\nCREATE INDEX i ON t (a)", [], 0],
    ["of squawk", "-- squawk-ignore require-concurrent-index-creation\nCREATE INDEX i ON t (a)", [], 0],
    ["of squawk, for a file", "-- squawk-ignore-file\nSELECT 1;\nCREATE INDEX i ON t (a)", [], 0],
    [
      "of Atlas, for another rule",
      "-- atlas:nolint DS102\nCREATE INDEX i ON t (a)",
      ["2:1 create-index-blocks-writes"],
      0,
    ],
  ] as const)("%s", async (_name, text, expected, misdirected) => {
    await check(text, { ...INDEX, known: LINT_RULES.map(({ id }) => id) }, expected);
    const result = await lintScripts(scriptsIn("a.sql", text), { ...INDEX, known: LINT_RULES.map(({ id }) => id) });
    expect(result.misdirected).toHaveLength(misdirected);
  });
});

test.each([
  ["", ["1:1 empty-migration"]],
  ["\n-- nothing yet\n;;\n/* nor here */", ["1:1 empty-migration"]],
  // One part of several holds something.
  ["-- 1.sql\n-- nothing\n-- 2.sql\nSELECT 1;", []],
  ["-- +goose Up\n-- +goose Down\nDROP TABLE t;", ["1:1 empty-migration"]],
  ["-- dbwright-ignore empty-migration\n", ["1:1 empty-migration"]],
  // What does not parse is something.
  ["SELEC", []],
] as const)("a file without any statement: %j", (text, expected) => check(text, rules("empty-migration"), expected));

describe("a constraint that is dropped", () => {
  const DROP = "ALTER TABLE t DROP CONSTRAINT t_a_fkey;";
  const ADD = "ALTER TABLE t ADD CONSTRAINT t_a_fkey FOREIGN KEY (a) REFERENCES u (id) NOT VALID;";
  test.each([
    ["for good", DROP, "warning", /rows that it kept out may come in$/],
    ["and comes back in the file's one transaction", `${DROP}\n${ADD}`, "info", /again by line 2, in the same transac/],
    ["and comes back before COMMIT", `BEGIN;\n${DROP}\n${ADD}\nCOMMIT;`, "info", /by line 3, in the same transaction/],
    ["and comes back after COMMIT", `BEGIN;\n${DROP}\nCOMMIT;\n${ADD}`, "warning", /only by line 4, .* in between$/],
    ["and comes back, each by itself", `${DROP}\n${ADD}\nVACUUM;`, "warning", /only by line 2, in another transaction/],
    ["in the statement that adds it", `${DROP.slice(0, -1)}, ${ADD.slice(14)}`, "info", /again by the same statement/],
    [
      "and comes back under the server's name",
      `${DROP}\nALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u;`,
      "info",
      /line 2/,
    ],
    ["for another of that name", `${DROP}\nALTER TABLE t RENAME CONSTRAINT n TO t_a_fkey;`, "info", /again by line 2/],
    ["and comes to another table", `${DROP}\n${ADD.replace("t ADD", "v ADD")}`, "warning", /kept out may come in$/],
    ["and had stood before", `${ADD.replace("t_a_fkey", "n")}\n${DROP}`, "warning", /kept out may come in$/],
    ["after the grammar lost its way", `SELEC;\n${DROP}\n${ADD}`, "info", /again by line 3/],
  ] as const)("%s", async (_name, text, severity, message) => {
    const { findings } = await lintScripts(scriptsIn("a.sql", text), rules("drop-constraint"));
    expect(findings).toMatchObject([{ severity, message: expect.stringMatching(message) as string }]);
  });
});

test("a rule that throws is named, and the others go on", async () => {
  const [first] = INDEX.rules;
  if (first === undefined) throw new Error("the rule is gone");
  const broken = {
    ...first,
    id: "broken",
    check: () => {
      throw new Error("oh");
    },
  };
  const { findings, failed } = await lintScripts(scriptsIn("a.sql", "CREATE INDEX i ON t (a)"), {
    rules: [broken, first],
  });
  expect(findings).toHaveLength(1);
  expect(failed).toEqual([{ rule: "broken", why: "oh" }]);
});

test("two thousand statements take time in proportion", async () => {
  const text = Array.from({ length: 2000 }, (_, index) => `ALTER TABLE t${index % 50} ADD COLUMN c${index} int;`).join(
    "\n",
  );
  const { statements, errors } = await lintScripts(scriptsIn("a.sql", text), { rules: LINT_RULES });
  expect([statements, errors]).toEqual([2000, []]);
}, 60_000);
