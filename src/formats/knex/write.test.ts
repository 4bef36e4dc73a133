import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { createJiti } from "jiti";
import knexOf from "knex";
import type { Knex } from "knex";
import { afterAll, describe, expect, test } from "vitest";
import type { Statement } from "../../model/statement.ts";
import { HOSTILE } from "../samples.test-data.ts";
import { knexFileName, writeKnex } from "./write.ts";

const dir = mkdtempSync(join(tmpdir(), "knex-write-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Loaded {
  readonly up: (knex: Knex) => Promise<void>;
  readonly down: (knex: Knex) => Promise<void>;
  readonly config: { readonly transaction: boolean };
}

async function load(text: string): Promise<Loaded> {
  const file = join(dir, "migration.ts");
  writeFileSync(file, text);
  return await createJiti(dir, { fsCache: false, moduleCache: false }).import<Loaded>(file);
}

/*
 * Knex with its own compiler and placeholder step, stopped where it would send: the text that arrives there is
 * what the server would get. (src/twin/knex-run.test.ts sends it to one.)
 */
async function sent(migrate: (knex: Knex) => Promise<void>): Promise<string[]> {
  const texts: string[] = [];
  const original = knexOf({ client: "pg" });
  // Transactions get a client of the same class, so it is the class that must not send.
  const Recording = class extends (original.client as { constructor: new (config: object) => object }).constructor {
    acquireConnection(): Promise<object> {
      return Promise.resolve({ __knexUid: "1" });
    }
    releaseConnection(): Promise<void> {
      return Promise.resolve();
    }
    _query(
      _connection: unknown,
      query: { sql: string; bindings?: unknown[]; options?: { text?: string } },
    ): Promise<object> {
      expect(query.bindings ?? []).toEqual([]);
      texts.push(query.options?.text ?? query.sql);
      return Promise.resolve({ ...query, response: { rows: [] } });
    }
  };
  await original.destroy();
  const knex = knexOf({ client: Recording as unknown as typeof Knex.Client });
  await migrate(knex);
  await knex.destroy();
  return texts;
}

const inside = (sql: string): Statement => ({ sql, transactional: true });
const outside = (sql: string): Statement => ({ sql, transactional: false });

const SQL = [
  "SELECT '{\"a\": 1}'::jsonb ? 'a', '{}'::jsonb ?| ARRAY['x'], '{}'::jsonb ?& ARRAY['?']",
  "SELECT '\\?', '\\\\?', 'a\\\\\\?b', E'\\\\?'",
  "SELECT ':name', :x, '$1', $$ ${x} `y` $$",
  "SELECT 1 -- last line",
  ...HOSTILE,
];

describe("every statement reaches the server as it is", () => {
  test.each(SQL)("%j", async (sql) => {
    const loaded = await load(writeKnex({ up: [inside(sql)], down: [inside(`${sql} down`)], description: sql }));
    expect(await sent(loaded.up)).toEqual([sql]);
    expect(await sent(loaded.down)).toEqual([`${sql} down`]);
    expect(loaded.config).toEqual({ transaction: true });
  });

  test("whatever it holds", async () => {
    const word = fc.constantFrom(
      "?",
      "\\",
      "`",
      "${",
      "}",
      "$",
      ":",
      "\n",
      "\r",
      "\u2028",
      "'",
      '"',
      "a",
      " ",
      "é",
      "\t",
      "//",
    );
    const text = fc.string({ unit: word, minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 4 }), text, async (statements, description) => {
        const loaded = await load(writeKnex({ up: statements.map(inside), down: [], description }));
        expect(await sent(loaded.up)).toEqual(statements);
      }),
      { numRuns: 150 },
    );
  });
});

test("statements that refuse a transaction stand outside, the others keep theirs", async () => {
  const text = writeKnex({
    up: [inside("a"), inside("b"), outside("CREATE INDEX CONCURRENTLY i ON t (x)"), inside("c")],
    down: [outside("DROP INDEX CONCURRENTLY i")],
    description: "add an index",
  });
  const loaded = await load(text);
  expect(loaded.config).toEqual({ transaction: false });
  expect(await sent(loaded.up)).toEqual([
    "BEGIN;",
    "a",
    "b",
    "COMMIT;",
    "CREATE INDEX CONCURRENTLY i ON t (x)",
    "BEGIN;",
    "c",
    "COMMIT;",
  ]);
  expect(await sent(loaded.down)).toEqual(["DROP INDEX CONCURRENTLY i"]);
});

test("a migration without statements is still one", async () => {
  const loaded = await load(writeKnex({ up: [], down: [], description: "" }));
  expect(await sent(loaded.up)).toEqual([]);
});

test.each([
  ["Create the schema", "20260102030405_create_the_schema.ts"],
  ["../../etc/passwd; rm -rf", "20260102030405_etc_passwd_rm_rf.ts"],
  ["naïve Ünïcode", "20260102030405_naive_unicode.ts"],
  ["表", "20260102030405_migration.ts"],
  ["x".repeat(300), `20260102030405_${"x".repeat(80)}.ts`],
])("file name of %j", (description, name) => {
  expect(knexFileName(new Date("2026-01-02T03:04:05.678Z"), description)).toBe(name);
});
