import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ReviewReport } from "../model/review.ts";
import type { TwinServer } from "../twin/server.ts";
import { reviewAction } from "./review.ts";
import { putIn, playgroundWithServer, told } from "./testing.test-data.ts";
import type { Told } from "./testing.test-data.ts";

let server: TwinServer;
const place = playgroundWithServer((opened) => (server = opened));

type Reviewed = Told<ReviewReport>;

const review = (source: string, options: Readonly<Record<string, unknown>> = {}): Promise<Reviewed> =>
  told(reviewAction, place, { source, ...options });

const put = (name: string, text: string): string => putIn(place, name, text);

const found = ({ report }: Reviewed): string[] =>
  report.findings.map(({ rule, object, file, line }) => `${rule} ${object ?? ""} ${file ?? ""}:${line ?? ""}`);

const ONLY = { rules: ["no-primary-key", "duplicate-index"] };
const SCHEMA = `CREATE TABLE visit (page text NOT NULL);
CREATE TABLE task (
  id bigint PRIMARY KEY,
  title text
);
CREATE INDEX one ON task (title);
CREATE INDEX two ON task (title);
`;
const FOUND = ["duplicate-index index public.task.two schema.sql:7", "no-primary-key table public.visit schema.sql:1"];

describe("review", () => {
  test("prints what others rely on, with file, line, and fixes that were tried", async () => {
    const reviewed = await review(put("schema.sql", SCHEMA), ONLY);
    expect(found(reviewed)).toEqual(FOUND);
    expect(Object.keys(reviewed.report)).toEqual(["findings", "summary"]);
    const { report } = reviewed;
    expect(report.summary).toMatchObject({ errors: 0, warnings: 2, infos: 0, rulesRun: 2, notRun: [], failed: [] });
    expect(report.findings[0]).toMatchObject({
      severity: "warning",
      equivalents: expect.arrayContaining(["splinter:0009"]),
      fixes: [{ safety: "safe", sql: ["DROP INDEX CONCURRENTLY public.two"], proof: { verdict: "proved" } }],
      fingerprint: "duplicate-index@index public.task.two",
    });
    expect(reviewed.exitCode).toBe(0);
    expect(reviewed.shown).toMatch(
      /2 warnings[\s\S]*public\.task\n[\s\S]*schema\.sql:7[\s\S]*DROP INDEX CONCURRENTLY public\.two;/,
    );
    expect(reviewed.shown).toMatch(/0 errors · 2 warnings · 0 infos · 2 rules run$/);
  });

  test("the same source gives the same findings; files are named from where it was started", async () => {
    put("db/migrations/1.sql", SCHEMA);
    put("db/migrations/10.sql", "CREATE TABLE late (a int);");
    const once = await review("db/migrations", ONLY);
    expect(found(once)).toEqual([
      "duplicate-index index public.task.two db/migrations/1.sql:7",
      "no-primary-key table public.late db/migrations/10.sql:1",
      "no-primary-key table public.visit db/migrations/1.sql:1",
    ]);
    const twice = await review("db/migrations", ONLY);
    const prints = ({ report }: Reviewed): string[] => report.findings.map(({ fingerprint }) => fingerprint);
    expect(prints(twice)).toEqual(prints(once));
  });

  test.each([
    [{ failOn: "warning" }, 1],
    [{ failOn: "info" }, 1],
    [{ failOn: "error" }, 0],
    [{ failOn: "never" }, 0],
  ])("%o", async (options, exitCode) => {
    const reviewed = await review(put("schema.sql", SCHEMA), { ...ONLY, ...options, proveFixes: false });
    expect(reviewed.exitCode).toBe(exitCode);
    expect(reviewed.report.findings[0]?.fixes[0]?.proof).toBeUndefined();
  });

  test("a baseline takes over what is there; only what is new fails", async () => {
    const options = { ...ONLY, failOn: "warning", proveFixes: false };
    const first = await review(put("schema.sql", SCHEMA), { ...options, writeBaseline: "baseline.json" });
    expect([first.exitCode, first.report.findings.length]).toEqual([0, 2]);
    const file = readFileSync(join(place.temporary, "baseline.json"), "utf8");
    const second = await review("schema.sql", { ...options, baseline: "baseline.json" });
    expect([second.exitCode, second.report.findings, second.report.summary.baselined]).toEqual([0, [], 2]);
    put("schema.sql", `${SCHEMA.replace("CREATE INDEX two ON task (title);", "")}CREATE TABLE more (a int);`);
    const third = await review("schema.sql", { ...options, baseline: "baseline.json" });
    expect(third.exitCode).toBe(1);
    expect(found(third)).toEqual(["no-primary-key table public.more schema.sql:8"]);
    expect(third.said).toContainEqual(expect.stringContaining("1 of its findings are gone"));
    await review("schema.sql", { ...options, writeBaseline: "baseline.json" });
    expect(readFileSync(join(place.temporary, "baseline.json"), "utf8")).not.toBe(file);
  });

  test("findings are set aside with a reason, in SQL, in comments and in the configuration", async () => {
    put(
      "aside/dbwright.config.yaml",
      "rules:\n  duplicate-index:\n    ignore: [{ object: public.task, reason: being measured }]\n",
    );
    put(
      "aside/schema.sql",
      `-- dbwright-ignore no-primary-key: a log\n${SCHEMA}COMMENT ON TABLE task IS 'dbwright-ignore no-primary-key: never';`,
    );
    const reviewed = await review("aside/schema.sql", { ...ONLY, config: "aside/dbwright.config.yaml" });
    expect(reviewed.report.summary).toMatchObject({ suppressed: 2, warnings: 0, infos: 1 });
    expect(reviewed.report.findings).toMatchObject([
      { rule: "suppression", severity: "info", object: "table public.task" },
    ]);
  });

  test("the configuration changes severities and switches rules off", async () => {
    put("c.json", '{"failOn":"error","rules":{"no-primary-key":"error","duplicate-index":"off"}}');
    const reviewed = await review(put("schema.sql", SCHEMA), { area: ["integrity", "index"], config: "c.json" });
    expect(found(reviewed).filter((one) => /^(?:no-primary|duplicate)/.test(one))).toEqual([FOUND[1]]);
    expect(reviewed.exitCode).toBe(1);
    expect(reviewed.report.summary.notRun).toContainEqual({
      rule: "duplicate-index",
      why: "switched off in c.json",
    });
  });

  test("a rule asked for by name that is for another engine is said not to have run", async () => {
    const { report } = await review(put("schema.sql", SCHEMA), { rules: ["double-quoted-string"] });
    expect(report.summary).toMatchObject({
      rulesRun: 0,
      notRun: [{ rule: "double-quoted-string", why: "is a rule for sqlite; the source is postgres" }],
    });
  });

  test.each([
    [{ rules: ["no-primary-kye"] }, /no rule "no-primary-kye"[\s\S]*did you mean no-primary-key/],
    [{ notRules: ["x"] }, /--not-rules/],
    [{ rules: ["money-type"], area: ["security"] }, /--rules, --area: together they leave no rule/],
    [{ baseline: "none.json" }, /no such baseline/],
    [{ config: "none.yaml" }, /no such configuration/],
    [{ engine: "postgres@9" }, /--engine/],
    [{ twin: "mysql://x" }, /--twin/],
  ])("%o is refused", async (options, message) => {
    await expect(review(put("schema.sql", SCHEMA), options)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(message),
    });
  });

  test("formats", async () => {
    put("schema.sql", SCHEMA.replace("TABLE visit", 'TABLE "odd, name: 100%"'));
    const github = await review("schema.sql", { ...ONLY, format: "github", proveFixes: false });
    expect(github.shown).toMatch(/^::warning file=schema\.sql,line=7,title=duplicate-index::/);
    expect(github.shown).toMatch(/^::warning file=schema\.sql,line=1,title=no-primary-key::.*odd, name: 100%25/m);
    const markdown = await review("schema.sql", { ...ONLY, format: "markdown", proveFixes: false });
    expect(markdown.shown).toMatch(/## Review of the schema[\s\S]*2 warnings[\s\S]*```sql\n {2}DROP INDEX/);
    const sarif = JSON.parse((await review("schema.sql", { ...ONLY, format: "sarif", proveFixes: false })).shown);
    expect(sarif).toMatchObject({
      version: "2.1.0",
      runs: [
        {
          tool: { driver: { name: "dbwright", rules: [{ id: "duplicate-index" }, { id: "no-primary-key" }] } },
          results: [
            {
              ruleId: "duplicate-index",
              ruleIndex: 0,
              level: "warning",
              partialFingerprints: { "dbwright/v1": "duplicate-index@index public.task.two" },
              locations: [
                {
                  physicalLocation: { artifactLocation: { uri: "schema.sql" }, region: { startLine: 7 } },
                  logicalLocations: [{ fullyQualifiedName: "public.task.two", kind: "index" }],
                },
              ],
            },
            { ruleId: "no-primary-key" },
          ],
        },
      ],
    });
  });
});

describe("a live database", () => {
  test("is only read, its fixes are tried elsewhere, and what may not be seen is said", async () => {
    const database = await server.createDatabase();
    const session = await database.connect("owner");
    await session.execute(`${SCHEMA} CREATE SCHEMA hidden; CREATE TABLE hidden.t (a int);
      CREATE VIEW again AS SELECT title FROM task; CREATE OR REPLACE VIEW again AS SELECT title FROM again;
      ANALYZE;`);
    const admin = await database.connect("admin");
    await admin.execute(`CREATE TEXT SEARCH PARSER public.odd (START = prsd_start, GETTOKEN = prsd_nexttoken,
      END = prsd_end, LEXTYPES = prsd_lextype)`);
    await admin.close();
    const before = await session.query("SELECT relname, relfilenode FROM pg_class WHERE oid > 16384 ORDER BY 1");
    const reviewed = await review(database.url("owner"), ONLY);
    const after = await session.query("SELECT relname, relfilenode FROM pg_class WHERE oid > 16384 ORDER BY 1");
    await session.close();
    expect(after).toEqual(before);
    expect(found(reviewed)).toContain("no-primary-key table hidden.t :");
    const proofs = new Map(reviewed.report.findings.map((one) => [one.object, one.fixes[0]?.proof]));
    expect(proofs.get("index public.task.two")?.verdict).toBe("proved");
    expect(reviewed.report.summary.unseen).toContainEqual(
      expect.objectContaining({ what: expect.stringContaining("text search parser") }),
    );
  });

  test("that may not be read everywhere is not taken for clean", async () => {
    const database = await server.createDatabase();
    await database.ensureRole("stranger_to_review");
    const admin = await database.connect("admin");
    await admin.execute("ALTER ROLE stranger_to_review LOGIN PASSWORD 'not secret'");
    const owner = await database.connect("owner");
    await owner.execute(`${SCHEMA} CREATE SCHEMA hidden; CREATE TABLE hidden.t (id bigint PRIMARY KEY, card text);`);
    const url = new URL(database.url("owner"));
    url.username = "stranger_to_review";
    url.password = "not secret";
    const reviewed = await review(url.href, { proveFixes: false });
    await owner.close();
    await admin.close();
    const unseen = reviewed.report.summary.unseen.map(({ what, why }) => `${what}: ${why}`);
    expect(unseen).toContainEqual(expect.stringMatching(/hidden\.t.*no USAGE on its schema/));
    expect(reviewed.shown).toMatch(/not looked at: .*hidden\.t/);
    expect(reviewed.shown).not.toContain("not secret");
  });

  test("that is empty has nothing to find", async () => {
    const database = await server.createDatabase();
    const reviewed = await review(database.url("owner"));
    expect(reviewed.report.findings).toEqual([]);
    expect(reviewed.report.summary.rulesRun).toBeGreaterThan(0);
    expect(reviewed.exitCode).toBe(0);
  });
});
