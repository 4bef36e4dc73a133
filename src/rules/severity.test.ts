import { describe, expect, test } from "vitest";
import { sqlite } from "../engines/sqlite/dialect.ts";
import { openMemory } from "../engines/sqlite/driver.ts";
import { introspect } from "../engines/sqlite/introspect.ts";
import { viewOf } from "../model/catalog-view.ts";
import type { Severity } from "../model/finding.ts";
import { foreignKeyNeedsIndex } from "./foreign-key-needs-index.ts";
import { noPrimaryKey } from "./no-primary-key.ts";
import { review } from "./review.ts";
import type { Rule } from "./rule.ts";

/* Rules that are milder where the schema itself says that little hangs on it: a file tells no number of rows. */

async function check(rule: Rule, ddl: string, severities: readonly Severity[]): Promise<void> {
  const session = await openMemory();
  try {
    session.execute(ddl);
    const settings = { tenantColumn: null, classified: {} };
    const view = viewOf(introspect(session));
    const { findings } = review([rule], { view, dialect: sqlite, statistics: null, settings });
    expect(findings.map(({ severity }) => severity)).toEqual(severities);
  } finally {
    await session.close();
  }
}

const AUTHOR = "CREATE TABLE author (id integer PRIMARY KEY, name text NOT NULL);";
const TIMED = "CREATE TABLE login (id integer PRIMARY KEY, at timestamp NOT NULL);";
const HOOK = "CREATE TABLE hook (code text PRIMARY KEY, said text);";
const book = (rest: string): string =>
  `CREATE TABLE book (id integer PRIMARY KEY, author_id integer NOT NULL REFERENCES author ${rest});`;

describe("a foreign key without an index, rows unknown", () => {
  const cases: readonly (readonly [string, string, Severity])[] = [
    ["children are deleted", `${AUTHOR} ${book("ON DELETE CASCADE")}`, "warning"],
    ["children lose their parent", `${AUTHOR} ${book("ON DELETE SET NULL")}`, "warning"],
    ["children stand in the way", `${AUTHOR} ${book("ON DELETE RESTRICT")}`, "info"],
    ["nothing is said", `${AUTHOR} ${book("")}`, "info"],
    ["both ends are lists, where others have times", `${AUTHOR} ${book("ON DELETE CASCADE")} ${TIMED}`, "info"],
    ["the referring rows have times", `${AUTHOR} ${book("ON DELETE CASCADE, at timestamp")} ${TIMED}`, "warning"],
    [
      "the parent tells what codes mean",
      `${HOOK} CREATE TABLE event (id integer PRIMARY KEY, hook text REFERENCES hook ON DELETE CASCADE, at timestamp);`,
      "info",
    ],
  ];
  test.each(cases)("%s", async (_, ddl, severity) => {
    await check(foreignKeyNeedsIndex, ddl, [severity]);
  });
});

describe("a table without a primary key", () => {
  const cases: readonly (readonly [string, string, Severity])[] = [
    ["unique and never null", "CREATE TABLE t (lock text NOT NULL UNIQUE);", "warning"],
    ["a single row by its check", "CREATE TABLE t (lock text NOT NULL UNIQUE CHECK (lock = 'X'));", "info"],
    ["a check of several values", "CREATE TABLE t (a text NOT NULL UNIQUE CHECK (a = 'X' OR a = 'Y'));", "warning"],
  ];
  test.each(cases)("%s", async (_, ddl, severity) => {
    await check(noPrimaryKey, ddl, [severity]);
  });
});
