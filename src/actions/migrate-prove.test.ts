import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ActionContext } from "../model/action.ts";
import type { Proof } from "../model/proof.ts";
import { listening, playground } from "../twin/server/testing.test-data.ts";
import { migrateProveAction } from "./migrate-prove.ts";

const place = playground();
beforeAll(() => {
  mkdirSync(join(place.temporary, "migrations"));
  writeFileSync(join(place.temporary, "migrations", "1_task.sql"), "CREATE TABLE task (id bigint PRIMARY KEY);\n");
  mkdirSync(join(place.temporary, "none"));
});
afterAll(() => place.remove());

const context = (): ActionContext => ({
  cwd: place.temporary,
  cacheDir: place.cacheDir,
  searchPath: [],
  signal: new AbortController().signal,
  progress: listening(),
  stdin: async () => "",
});

async function run(options: Readonly<Record<string, unknown>>): Promise<Proof> {
  return (await migrateProveAction.run(migrateProveAction.input.parse(options), context())) as Proof;
}

// No server is started for any of these.
const WRONG: readonly [name: string, options: Readonly<Record<string, unknown>>, message: RegExp][] = [
  ["another engine", { engine: "sqlite" }, /migrations are proved for PostgreSQL/],
  ["no folder", { dir: "nowhere" }, /nowhere: there is no such folder/],
  ["a block of no length", { maxBlock: "long" }, /--max-block/],
  ["a migration that is not there", { from: "7" }, /--from: there is no migration "7"/],
  ["a database that is none", { database: "shop" }, /no URL of a PostgreSQL database/],
  ["a database and a place in the folder", { database: "postgres://app@localhost/shop", from: "1_task" }, /--from/],
];

test.each(WRONG)("%s is refused", async (_name, options, message) => {
  await expect(run(options)).rejects.toThrow(message);
});

test("where nothing is pending nothing is proved, and nothing is wrong", async () => {
  const proof = await run({ from: "1_task" });
  expect(proof).toMatchObject({ verdict: "not-run", steps: [] });
  expect(migrateProveAction.exitCode(proof)).toBe(0);
});
