import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgres } from "../../engines/postgres/dialect.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import { alter } from "../../model/change.ts";
import type { Change } from "../../model/change.ts";
import { unavailable } from "../../model/error.ts";
import type { Fix } from "../../model/finding.ts";
import { silentProgress } from "../../model/progress.ts";
import type { ReviewReport } from "../../model/review.ts";
import { rule } from "../../rules/rule.ts";
import type { Rule, RuleInput } from "../../rules/rule.ts";
import { openServer } from "../../twin/server/open.ts";
import { playground, requestFor } from "../../twin/server/testing.test-data.ts";
import type { TwinDatabase, TwinServer } from "../../twin/server.ts";
import { proveFixes } from "./prove-fixes.ts";
import { reviewSchema } from "./review-schema.ts";

const place = playground();
let server: TwinServer;
let source: TwinDatabase;

const SCHEMA = `
  CREATE TABLE a (id bigint PRIMARY KEY, x text, y text);
  CREATE TABLE b (id bigint PRIMARY KEY, x text, y text);
  CREATE TABLE c (id bigint PRIMARY KEY, x text, y text);
  CREATE VIEW v AS SELECT x FROM c;
  CREATE INDEX ai ON a (x); CREATE INDEX bi ON b (x); CREATE INDEX ci ON c (x);
`;

beforeAll(async () => {
  server = await openServer(requestFor(place.cacheDir));
  source = await server.createDatabase();
  const session = await source.connect("owner");
  await session.execute(SCHEMA);
  await session.close();
});
afterAll(async () => {
  await server.close();
  place.remove();
});

/** A rule that finds every column `x` without NOT NULL, with a fix that is called safe. */
function ruleWith(changes: (table: string, input: RuleInput) => readonly Change[], id = "x-nullable"): Rule {
  return rule({
    id,
    area: "schema",
    severity: "warning",
    engines: ["postgres"],
    equivalents: [],
    summary: "",
    why: "",
    remedy: "",
    fails: [],
    passes: [],
    *check(input) {
      for (const column of input.view.of("column")) {
        if (column.name !== "x" || column.notNull) continue;
        const fix: Fix = { title: "mend it", safety: "safe", changes: changes(column.table, input) };
        yield { ref: column, message: `${column.table}.x`, fixes: [fix] };
      }
    },
  });
}

const columnOf = (input: RuleInput, table: string, name: string) => {
  const found = input.view.of("column").find((one) => one.table === table && one.name === name);
  if (found === undefined) throw new Error(`no column ${table}.${name}`);
  return found;
};
const indexOf = (input: RuleInput, name: string) => {
  const found = input.view.of("index").find((one) => one.name === name);
  if (found === undefined) throw new Error(`no index ${name}`);
  return found;
};

const mend = (table: string, input: RuleInput): Change[] => [alter(columnOf(input, table, "x"), { notNull: true })];

/** Reviews the schema with some rules; the verdict and reason of each table's fix. */
async function check(
  rules: readonly Rule[],
  more: { readonly timeMax_ms?: number; readonly noServer?: boolean } = {},
): Promise<{ readonly verdicts: Readonly<Record<string, string>>; readonly report: ReviewReport }> {
  const session = await source.connect("owner");
  const catalog = await introspect(session);
  const { report } = await reviewSchema({
    catalog,
    dialect: postgres,
    statistics: null,
    withoutStatistics: "none",
    chosen: { rules, off: [] },
    all: rules,
    configuration: {},
    configurationFile: null,
    places: null,
    baseline: null,
    unseen: [],
    prove: (trials, input) =>
      proveFixes(trials, {
        server: () =>
          more.noServer === true ? Promise.reject(unavailable({ what: "no server here" })) : Promise.resolve(server),
        database: null,
        rules,
        input,
        signal: new AbortController().signal,
        progress: silentProgress,
        ...(more.timeMax_ms === undefined ? {} : { timeMax_ms: more.timeMax_ms }),
      }),
  });
  // The source is never touched.
  expect(await introspect(session)).toEqual(catalog);
  await session.close();
  const own = report.findings.filter((one) => one.fixes.length > 0);
  const verdicts = own.map(({ message, fixes }) => {
    const proof = fixes[0]?.proof;
    return [message, proof?.verdict === "proved" ? "proved" : `${proof?.verdict}: ${proof?.reason}`] as const;
  });
  return { verdicts: Object.fromEntries(verdicts), report };
}

describe("fixes are tried", () => {
  test("those that cure and change nothing else are proved, many at a time", async () => {
    const { verdicts, report } = await check([ruleWith(mend)]);
    expect(verdicts).toEqual({ "a.x": "proved", "b.x": "proved", "c.x": "proved" });
    const proof = report.findings[0]?.fixes[0]?.proof;
    expect(proof?.steps.map(({ id, verdict }) => [id, verdict])).toEqual([
      ["fires", "proved"],
      ["apply", "proved"],
      ["cured", "proved"],
      ["nothing-new", "proved"],
      ["rest", "proved"],
    ]);
    expect(proof?.steps[1]?.sql).toEqual(["ALTER TABLE public.a ALTER COLUMN x SET NOT NULL"]);
    expect(proof?.twin).toMatchObject({ depth: "schema", version: server.version });
  });

  test("those that run outside transactions, too", async () => {
    const { verdicts } = await check([
      ruleWith((table, input) => [...mend(table, input), { type: "drop", object: indexOf(input, `${table}i`) }]),
    ]);
    expect(verdicts).toEqual({ "a.x": "proved", "b.x": "proved", "c.x": "proved" });
  });

  test("one that does not cure is refuted, and the others are not", async () => {
    const { verdicts } = await check([
      ruleWith((table, input) =>
        table === "b" ? [alter(columnOf(input, "b", "y"), { notNull: true })] : mend(table, input),
      ),
    ]);
    expect(verdicts).toEqual({ "a.x": "proved", "b.x": "refuted: the rule still says it", "c.x": "proved" });
  });

  test("one whose table another one mends is judged by itself", async () => {
    const twice = ruleWith((_table, input) => [alter(columnOf(input, "a", "y"), { notNull: true })], "does-nothing");
    const { report } = await check([ruleWith(mend), twice]);
    const nothing = report.findings.find((one) => one.rule === "does-nothing" && one.message === "a.x");
    expect(nothing?.fixes[0]?.proof).toMatchObject({ verdict: "refuted", reason: "the rule still says it" });
    const cure = report.findings.find((one) => one.rule === "x-nullable" && one.message === "a.x");
    expect(cure?.fixes[0]?.proof?.verdict).toBe("proved");
  });

  test("one that the server refuses is refuted with what it said", async () => {
    const { verdicts } = await check([
      ruleWith((table, input) =>
        table === "c" ? [{ type: "drop", object: columnOf(input, "c", "x") }] : mend(table, input),
      ),
    ]);
    expect(verdicts).toMatchObject({ "a.x": "proved", "b.x": "proved" });
    expect(verdicts["c.x"]).toMatch(/^refuted: it was refused: cannot drop column x[\s\S]*SQLSTATE 2BP01/);
  });

  test("one that brings another finding is refuted, found among many by halving", async () => {
    const noIndex = rule({
      ...ruleWith(mend, "table-without-index"),
      *check({ view }) {
        for (const { table, indexes } of view.tables)
          if (indexes.length < 2) yield { ref: table, message: `${table.name} has no index` };
      },
    });
    const { verdicts } = await check([
      ruleWith((table, input) =>
        table === "b"
          ? [...mend(table, input), { type: "drop", object: indexOf(input, "bi") }]
          : [...mend(table, input), alter(indexOf(input, `${table}i`), { comment: "seen" })],
      ),
      noIndex,
    ]);
    expect(verdicts).toEqual({
      "a.x": "proved",
      "b.x": "refuted: new: table-without-index@table public.b",
      "c.x": "proved",
    });
  });

  test("one that changes more than it says is refuted", async () => {
    const { verdicts } = await check([
      ruleWith((table, input) =>
        // Dropping the column takes its index along, of which the fix says nothing.
        table === "b" ? [{ type: "drop", object: columnOf(input, "b", "x") }] : mend(table, input),
      ),
    ]);
    expect(verdicts).toEqual({
      "a.x": "proved",
      "b.x": "refuted: it also changed index public.b.bi",
      "c.x": "proved",
    });
  });

  test("what is not reached in time is not proved", async () => {
    const { verdicts } = await check([ruleWith(mend)], { timeMax_ms: 0 });
    expect(verdicts["a.x"]).toBe("not-run: the time for trying fixes ran out");
  });

  test("without a server nothing is proved, and the review goes on", async () => {
    const { verdicts } = await check([ruleWith(mend)], { noServer: true });
    expect(verdicts["a.x"]).toBe("not-run: there is no twin: no server here");
  });
});

test("a rule that throws is reported; the rest go on", async () => {
  const broken = rule({
    ...ruleWith(mend, "broken"),
    // oxlint-disable-next-line require-yield -- it breaks before it has anything to say
    *check() {
      throw new TypeError("cannot read it");
    },
  });
  const { report } = await check([broken, ruleWith(mend)]);
  expect(report.summary).toMatchObject({
    warnings: 3,
    rulesRun: 1,
    failed: [{ rule: "broken", why: "cannot read it" }],
  });
});
