import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { sqlite } from "../../engines/sqlite/dialect.ts";
import { openMemory } from "../../engines/sqlite/driver.ts";
import { introspect } from "../../engines/sqlite/introspect.ts";
import { alter } from "../../model/change.ts";
import type { Change } from "../../model/change.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import { silentProgress } from "../../model/progress.ts";
import { rule } from "../../rules/rule.ts";
import type { Rule } from "../../rules/rule.ts";
import { proveSqliteFixes } from "./prove-sqlite-fixes.ts";
import { reviewSchema } from "./review-schema.ts";

const SCHEMA = `
  CREATE TABLE a (id integer PRIMARY KEY, x text, y text, z text AS (lower(y)));
  CREATE TABLE b (id integer PRIMARY KEY, x text, y text REFERENCES a);
  CREATE INDEX ai ON a (x); CREATE INDEX bi ON b (x);
  CREATE TRIGGER at AFTER INSERT ON a BEGIN UPDATE b SET y = new.y; END;
  CREATE VIEW v AS SELECT x FROM b;
`;

/** A rule that finds nullable columns `x` and `y`, with a fix that is called safe. */
function ruleWith(changes: (column: string, view: CatalogView) => readonly Change[]): Rule {
  return rule({
    id: "nullable",
    area: "schema",
    severity: "warning",
    engines: ["sqlite"],
    equivalents: [],
    summary: "",
    why: "",
    remedy: "",
    fails: [],
    passes: [],
    *check({ view }) {
      for (const column of view.of("column")) {
        if (column.notNull || (column.name !== "x" && column.name !== "y")) continue;
        const key = `${column.table}.${column.name}`;
        yield { ref: column, message: key, fixes: [{ title: "mend", safety: "safe", changes: changes(key, view) }] };
      }
    },
  });
}

/** What comes of each fix, by the column it is for. */
async function check(own: Rule, timeMax_ms = 30_000): Promise<Readonly<Record<string, string>>> {
  const session = await openMemory();
  session.execute(SCHEMA);
  const catalog = introspect(session);
  await session.close();
  const { report } = await reviewSchema({
    catalog,
    dialect: sqlite,
    statistics: null,
    withoutStatistics: "none",
    chosen: { rules: [own], off: [] },
    all: [own],
    configuration: {},
    configurationFile: null,
    places: null,
    baseline: null,
    unseen: [],
    prove: (trials, input) =>
      proveSqliteFixes(trials, {
        rules: [own],
        input,
        signal: new AbortController().signal,
        progress: silentProgress,
        timeMax_ms,
      }),
  });
  const verdicts = report.findings.map(({ message, fixes }) => {
    const proof = fixes[0]?.proof;
    expect(proof?.twin.engine).toBe("sqlite");
    return [message, proof?.verdict === "proved" ? "proved" : `${proof?.verdict}: ${proof?.reason}`] as const;
  });
  return Object.fromEntries(verdicts);
}

const columnOf = (key: string, view: CatalogView) => {
  const found = view.of("column").find(({ table, name }) => `${table}.${name}` === key);
  if (found === undefined) throw new Error(`no column ${key}`);
  return found;
};
const indexOf = (name: string, view: CatalogView) => {
  const found = view.of("index").find((index) => index.name === name);
  if (found === undefined) throw new Error(`no index ${name}`);
  return found;
};
const mend = (key: string, view: CatalogView): Change => alter(columnOf(key, view), { notNull: true });

test("tables are built anew, two fixes for one table each by itself", async () => {
  const all = { "a.x": "proved", "a.y": "proved", "b.x": "proved", "b.y": "proved" };
  expect(await check(ruleWith((key, view) => [mend(key, view)]))).toEqual(all);
});

test("only the fix that does more than it says, does not cure, or is refused, falls", async () => {
  const found = await check(
    ruleWith((key, view) => {
      if (key === "a.x") return [{ type: "drop", object: { ...indexOf("ai", view), name: "bi", table: "b" } }];
      if (key === "a.y") return [{ type: "create", object: indexOf("ai", view) }];
      return [mend(key, view)];
    }),
  );
  expect(found).toEqual({
    "a.x": "refuted: the rule still says it",
    "a.y": "refuted: it was refused: index ai already exists",
    "b.x": "proved",
    "b.y": "proved",
  });
});

test("a rule that breaks on the mended schema has not fallen silent", async () => {
  const found = await check(
    ruleWith((key, view) => (key === "b.x" ? [{ type: "drop", object: indexOf("bi", view) }] : [mend(key, view)])),
  );
  expect(found).toMatchObject({ "a.x": "proved", "b.x": "not-run: on the mended schema a rule broke: nullable" });
});

test("an error ends a fix where it stands, and the next one starts afresh", async () => {
  const found = await check(
    ruleWith((key, view) =>
      key === "a.x" ? [mend(key, view), { type: "create", object: indexOf("ai", view) }] : [mend(key, view)],
    ),
  );
  expect(found["a.x"]).toMatch(/^refuted: it was refused: index ai already exists/);
  expect(found["b.x"]).toBe("proved");
});

test("what is not reached in time is not proved, and nothing stays behind", async () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith("dbwright-sqlite-"));
  const late = await check(
    ruleWith((key, view) => [mend(key, view)]),
    0,
  );
  expect(new Set(Object.values(late))).toEqual(new Set(["not-run: the time for trying fixes ran out"]));
  const after = readdirSync(tmpdir()).filter((name) => name.startsWith("dbwright-sqlite-"));
  expect(after.filter((name) => !before.includes(name))).toEqual([]);
});
