import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { LintReport } from "../lint/report.ts";
import type { TracedStatement } from "../specialist/lint/trace.ts";
import type { TwinServer } from "../twin/server.ts";
import { lintAction } from "./lint.ts";
import { putIn, playgroundWithServer, told } from "./testing.test-data.ts";
import type { Told } from "./testing.test-data.ts";

let server: TwinServer;
const place = playgroundWithServer((opened) => (server = opened));

type Linted = Told<LintReport & { readonly trace?: readonly TracedStatement[]; readonly fixed?: readonly string[] }>;

const lint = (files: readonly string[], options: Readonly<Record<string, unknown>> = {}): Promise<Linted> =>
  told(lintAction, place, { files, ...options }, { stdin: async () => "CREATE INDEX i ON t (a)" });

const put = (name: string, text: string): string => putIn(place, name, text);

const loud = ({ report }: Linted): string[] =>
  report.findings
    .filter(({ severity }) => severity === "error")
    .map(({ rule, file, line, column }) => `${file}:${line}:${column} ${rule}`);

test("a file in another encoding is looked at, and not rewritten", async () => {
  const bytes = Buffer.from("\uFEFFCREATE INDEX i ON t (a);\n", "utf16le");
  writeFileSync(join(place.temporary, "wide.sql"), bytes);
  const linted = await lint(["wide.sql"], { fix: true });
  expect(linted.report.findings.map(({ rule }) => rule)).toContain("create-index-blocks-writes");
  expect(linted.report.fixed).toEqual([]);
  expect(linted.said.join("\n")).toContain("wide.sql: it is not rewritten, since it is not in UTF-8");
  expect(readFileSync(join(place.temporary, "wide.sql")).equals(bytes)).toBe(true);
});

describe("what the project says", () => {
  const rulesOf = ({ report }: Linted): string[] =>
    report.findings.filter(({ severity }) => severity !== "info").map(({ rule, severity }) => `${severity} ${rule}`);

  test("the configuration switches off, gives severities, makes exceptions; it may name rules of schemas, too", async () => {
    put("p/a.sql", "SET lock_timeout = '1s';\nCREATE INDEX i ON t (a);\nCREATE INDEX j ON audit_log (a);\n");
    expect(rulesOf(await lint(["p/a.sql"]))).toContain("error create-index-blocks-writes");
    put(
      "dbwright.config.yaml",
      `failOn: warning
rules:
  no-primary-key: off
  concurrently-in-transaction: info
  statements-under-access-exclusive: off
  create-index-blocks-writes:
    severity: warning
    ignore: [{ object: "public.audit_*", reason: written at night only }]
`,
    );
    const linted = await lint(["p/a.sql"]);
    rmSync(join(place.temporary, "dbwright.config.yaml"));
    const index = linted.report.findings.filter(({ rule }) => rule === "create-index-blocks-writes");
    expect(index.map(({ line, severity }) => `${line} ${severity}`)).toEqual(["2 warning"]);
    expect(linted.report.summary).toMatchObject({
      suppressed: 1,
      notRun: [{ rule: "statements-under-access-exclusive", why: "switched off in dbwright.config.yaml" }],
    });
    expect(linted.exitCode).toBe(1);
  });

  test("a baseline takes over what is there", async () => {
    const file = put("p/b.sql", "CREATE INDEX i ON t (a);\n");
    const first = await lint([file], { writeBaseline: "p/base.json" });
    expect(first.exitCode).toBe(0);
    put("p/b.sql", "SELECT 1;\nCREATE INDEX i ON t (a);\nDROP TABLE u;\n");
    const second = await lint([file], { baseline: "p/base.json" });
    expect(rulesOf(second)).not.toContain("error create-index-blocks-writes");
    expect(second.report.findings.map(({ rule }) => rule)).toContain("drop-table");
    expect(second.report.summary.baselined).toBeGreaterThan(0);
  });

  test("comments may speak of rules of schemas; one that has nothing to set aside is told", async () => {
    const file = put(
      "p/c.sql",
      `-- dbwright-ignore no-primary-key: a log
CREATE TABLE visit (page text);
-- dbwright-ignore create-index-blocks-writes, drop-table: forty rows
CREATE INDEX i ON t (a);
-- dbwright-ignore no-such-rule: because
SELECT 1;
-- dbwright-ignore drop-table: below all
`,
    );
    const { findings } = (await lint([file])).report;
    expect(
      findings.filter(({ rule }) => rule === "suppression").map(({ line, message }) => `${line} ${message}`),
    ).toEqual([
      "5 the comment names a rule that does not exist: no-such-rule",
      "7 the comment has no statement below it",
      "3 drop-table has nothing to say here: the comment can go",
    ]);
  });
});

describe("files", () => {
  test("a file, a folder without what undoes, and standard input", async () => {
    put("m/2_b.up.sql", "CREATE INDEX i ON t (a);");
    put("m/2_b.down.sql", "DROP INDEX i;");
    put("m/10_c.sql", "-- migrate:up\nSELECT 1;\nCREATE INDEX j ON t (a);\n-- migrate:down\nDROP TABLE t;\n");
    const linted = await lint(["m"]);
    expect(loud(linted)).toEqual([
      "m/2_b.up.sql:1:1 create-index-blocks-writes",
      "m/10_c.sql:3:1 create-index-blocks-writes",
    ]);
    expect(linted.exitCode).toBe(1);
    expect(linted.said.join("\n")).toContain("1 files that undo others were left out");
    expect(loud(await lint(["-"]))).toEqual(["<stdin>:1:1 create-index-blocks-writes"]);
    const down = await lint(["m"], { down: true });
    expect(down.report.findings.map(({ rule }) => rule)).toContain("drop-table");
    // An empty file is told among others, and one that takes nothing back is fine.
    put("n/1_a.sql", "SELECT 1;");
    put("n/2_b.sql", "-- to be written\n");
    put("n/3_c.sql", "-- migrate:up\nSELECT 1;\n-- migrate:down\n");
    const empty = await lint(["n"]);
    expect([empty.exitCode, empty.report.findings.filter(({ rule }) => rule === "empty-migration")]).toEqual([
      0,
      [expect.objectContaining({ file: "n/2_b.sql", line: 1, severity: "warning" })],
    ]);
    expect((await lint(["n"], { down: true })).report.findings).toEqual([]);
  });

  test.each([
    [["none.sql"], {}, "there is no such file"],
    [["ok.sql"], { pgVersion: "soon" }, "no version of PostgreSQL"],
    [["ok.sql"], { rules: ["no-such"] }, "there is no rule"],
    [["-"], { fix: true }, "standard input cannot be rewritten"],
  ] as const)("%j %j is refused: %s", async (files, options, message) => {
    put("ok.sql", "SELECT 1");
    await expect(lint(files, options)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(message) as string,
    });
  });

  test("a statement that does not parse is told, with exit code 2, and hides nothing else", async () => {
    const bad = "CREATE INDEX i ON t (a);\n  SELEC 2;\nCREATE INDEX j ON t (a);";
    const files = [put("bad.sql", bad), put("good.sql", "CREATE INDEX k ON t (a)")];
    const linted = await lint(files, { fix: true, failOn: "never" });
    // The file is left as it is, for nobody knows what its statements do together.
    expect(loud(linted)).toEqual([
      "bad.sql:2:3 syntax-error",
      "bad.sql:1:1 create-index-blocks-writes",
      "bad.sql:3:1 create-index-blocks-writes",
    ]);
    expect(linted.exitCode).toBe(2);
    expect(linted.report.summary).toMatchObject({ errors: 3, syntaxErrors: 1, statements: 3 });
    expect(linted.report.fixed).toEqual(["good.sql"]);
    expect(readFileSync(join(place.temporary, "bad.sql"), "utf8")).toBe(bad);
    expect(linted.said.join("\n")).toContain("bad.sql: it is not rewritten");
    expect(linted.shown).toContain('syntax error at or near "SELEC": the statement was not looked at');
    // A baseline takes over what was found, and not that.
    await lint(["bad.sql"], { writeBaseline: "base.json" });
    const known = await lint(["bad.sql"], { baseline: "base.json" });
    expect([loud(known), known.exitCode]).toEqual([["bad.sql:2:3 syntax-error"], 2]);
    for (const format of ["sarif", "github", "markdown"])
      expect((await lint(["bad.sql"], { format })).shown).toContain("syntax-error");
  });

  test.each(["sarif", "github", "markdown", "text"] as const)("written as %s", async (format) => {
    const { shown } = await lint([put("f.sql", "CREATE INDEX i ON t (a)")], { format });
    expect(shown).toContain("create-index-blocks-writes");
  });
});

test("a file that is fixed is silent, and fixing it again changes nothing", async () => {
  const file = put("fix.sql", "BEGIN;\nALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);\nCOMMIT;\n");
  const first = await lint([file], { fix: true });
  expect(first.report.fixed).toEqual([file]);
  expect(loud(first)).toEqual([]);
  const text = readFileSync(join(place.temporary, file), "utf8");
  expect(text).toContain("NOT VALID;\nCOMMIT;\nBEGIN;\nALTER TABLE t VALIDATE CONSTRAINT c;");
  const again = await lint([file], { fix: true });
  expect(again.report.fixed).toEqual([]);
  expect(readFileSync(join(place.temporary, file), "utf8")).toBe(text);
});

describe("with a server", () => {
  test("a source tells types, and a live one sizes", async () => {
    const source = put("schema.sql", "CREATE TABLE t (a varchar(10)); CREATE TABLE u (id bigint PRIMARY KEY);");
    const file = put("type.sql", "ALTER TABLE t ALTER a TYPE text");
    expect(loud(await lint([file]))).toEqual(["type.sql:1:21 change-column-type"]);
    expect(loud(await lint([file], { source }))).toEqual([]);
    const live = await server.createDatabase();
    const session = await live.connect("owner");
    await session.execute("CREATE TABLE t (a int); INSERT INTO t SELECT 1 FROM generate_series(1, 200); ANALYZE t");
    await session.close();
    const index = put("index.sql", "CREATE INDEX i ON t (a)");
    expect(loud(await lint([index]))).toHaveLength(1);
    expect(loud(await lint([index], { source: live.url("owner") }))).toEqual([]);
  });

  test("what is claimed is held against what the server does", async () => {
    const source = put(
      "schema.sql",
      "CREATE TABLE t (id bigint PRIMARY KEY, a int); CREATE FUNCTION steady() RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';",
    );
    const file = put(
      "trace.sql",
      "CREATE INDEX i ON t (a);\nALTER TABLE t ALTER a TYPE bigint;\nALTER TABLE t ADD COLUMN b int DEFAULT steady();\nCREATE INDEX CONCURRENTLY j ON t (a);\nDROP TABLE none;\nSELECT 1;\n",
    );
    const { report, shown } = await lint([file], { source, trace: true });
    expect(report.trace).toMatchObject([
      {
        line: 1,
        seen: { locks: [{ relation: "public.t", mode: "SHARE" }], rewrites: [], scans: ["public.t"] },
        contradictions: [],
      },
      {
        line: 2,
        seen: { locks: [{ relation: "public.t", mode: "ACCESS EXCLUSIVE" }], rewrites: ["public.t"] },
        contradictions: [],
      },
      // Nobody could tell from the text that the function is immutable; the server knows.
      { line: 3, seen: { rewrites: [] }, contradictions: ["public.t was not written anew, as was claimed"] },
      {
        line: 4,
        seen: { locks: [{ relation: "public.t", mode: "SHARE UPDATE EXCLUSIVE" }], rewrites: [], scans: ["public.t"] },
        contradictions: [],
      },
      { line: 5, seen: null, why: expect.stringContaining("does not exist") as string },
      { line: 6, seen: null, why: expect.stringContaining("earlier statement") as string },
    ]);
    expect(shown).toContain("not as claimed: public.t was not written anew");
  });

  test("what may not run in a transaction is run outside of one, and none of its locks is missed", async () => {
    const source = put(
      "alone-schema.sql",
      `CREATE TABLE t (a int, b text); CREATE INDEX t_b ON t (b); CREATE TABLE p (k int) PARTITION BY RANGE (k);
       CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);`,
    );
    const SUE = "SHARE UPDATE EXCLUSIVE";
    const cases: readonly [sql: string, locks: readonly string[], more?: object][] = [
      ["CREATE INDEX CONCURRENTLY j ON t (a)", [`public.t ${SUE}`], { scans: ["public.t"] }],
      ["REINDEX TABLE CONCURRENTLY t", [`public.t ${SUE}`]],
      ["REINDEX INDEX CONCURRENTLY t_b", [`public.t ${SUE}`]],
      ["DROP INDEX CONCURRENTLY t_b", [`public.t ${SUE}`]],
      ["ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY", ["public.p1 ACCESS EXCLUSIVE", `public.p ${SUE}`]],
      ["VACUUM t", [`public.t ${SUE}`], { rewrites: [] }],
      ["VACUUM FULL t", ["public.t ACCESS EXCLUSIVE"], { rewrites: ["public.t"] }],
      ["CREATE INDEX CONCURRENTLY IF NOT EXISTS j ON t (a)", [`public.t ${SUE}`], { scans: [] }],
    ];
    // A timeout of the script's own is shorter than it is held up, and does not count.
    const text = ["SET lock_timeout = '1ms'", ...cases.map(([sql]) => sql), "CREATE INDEX CONCURRENTLY k ON gone (a)"];
    const { report } = await lint([put("alone.sql", `${text.join(";\n")};`)], { source, trace: true });
    const [, ...traced] = report.trace ?? [];
    expect(traced.at(-1)).toMatchObject({ seen: null, why: expect.stringContaining("does not exist") as string });
    for (const [index, [sql, locks, more = {}]] of cases.entries()) {
      const { seen, contradictions } = traced[index] ?? {};
      const shown = seen?.locks.map(({ relation, mode }) => `${relation} ${mode}`);
      expect([sql, shown, contradictions]).toEqual([sql, locks, []]);
      expect(seen).toMatchObject(more);
    }
  });
});
