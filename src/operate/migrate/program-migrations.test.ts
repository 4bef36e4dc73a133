import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { programMigrations } from "./program-migrations.ts";

let place: string;
beforeAll(() => void (place = mkdtempSync(join(tmpdir(), "dbwright-programs-"))));
afterAll(() => rmSync(place, { recursive: true, force: true }));

async function read(files: Readonly<Record<string, string>>) {
  const dir = mkdtempSync(join(place, "m-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return await programMigrations(dir, { cwd: place, signal: new AbortController().signal });
}

test("what programs send are migrations with their steps, transactions, lines and ways down", async () => {
  const migrations = await read({
    "1_a.js": `exports.up = async (knex) => {
  await knex.raw("CREATE TABLE a ()");
  await knex.raw("CREATE TABLE b ()");
};
exports.down = (knex) => knex.raw("DROP TABLE a, b");
`,
    "2_b.js": `exports.config = { transaction: false };
exports.up = async (knex) => {
  await knex.raw("CREATE INDEX CONCURRENTLY c ON a (id)");
  await knex.raw("SELECT 1");
};
`,
  });
  expect(
    migrations?.map(({ id, file, format, steps, down }) => ({
      id,
      file,
      format,
      steps: steps.map(({ sql, line, transaction }) => `${line} ${transaction ?? "-"} ${sql}`),
      down: down?.includes("DROP TABLE a, b") ?? null,
    })),
  ).toEqual([
    {
      id: "1_a",
      file: "1_a.js",
      format: "knex",
      steps: ["2 1 CREATE TABLE a ()", "3 1 CREATE TABLE b ()"],
      down: true,
    },
    {
      id: "2_b",
      file: "2_b.js",
      format: "knex",
      steps: ["3 - CREATE INDEX CONCURRENTLY c ON a (id)", "4 - SELECT 1"],
      down: null,
    },
  ]);
});

test("what would fail in the tool's transaction, or needs rows, is refused with its place", async () => {
  await expect(
    read({
      "1_a.js": 'exports.up = async (knex) => {\n  await knex.raw("CREATE INDEX CONCURRENTLY c ON a (id)");\n};',
    }),
  ).rejects.toThrow(/^1_a\.js:2: this statement may not run inside a transaction/);
  await expect(
    read({ "1_a.js": 'exports.up = async (knex) => {\n  const [row] = await knex("a");\n  row.b();\n};' }),
  ).rejects.toThrow(/^1_a\.js:3: the migration cannot be run without a database/);
});

test("a folder without programs, or that is not there, is none", async () => {
  expect(await read({ "1_a.sql": "SELECT 1;" })).toBeNull();
  expect(
    await programMigrations(join(place, "nowhere"), { cwd: place, signal: new AbortController().signal }),
  ).toBeNull();
});
