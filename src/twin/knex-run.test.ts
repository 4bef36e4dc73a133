import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeKnex } from "../formats/knex/write.ts";
import { DbwrightError } from "../model/error.ts";
import type { Statement } from "../model/statement.ts";
import { runKnexMigration } from "./knex-run.ts";
import { openServer } from "./server/open.ts";
import { playground, requestFor } from "./server/testing.test-data.ts";
import type { Playground } from "./server/testing.test-data.ts";
import type { TwinDatabase, TwinServer } from "./server.ts";

let place: Playground;
let server: TwinServer;

beforeAll(async () => {
  place = playground();
  server = await openServer(requestFor(place.cacheDir));
});

afterAll(async () => {
  await server?.close();
  place?.remove();
});

const never = new AbortController().signal;
const inside = (sql: string): Statement => ({ sql, transactional: true });
const outside = (sql: string): Statement => ({ sql, transactional: false });

let files = 0;

function migration(up: readonly Statement[], down: readonly Statement[] = []): string {
  const dir = join(place.temporary, "migrations with a blank");
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `2026010203040${files++}_first.ts`);
  writeFileSync(file, writeKnex({ up, down, description: "first" }));
  return file;
}

async function rows(database: TwinDatabase, sql: string): Promise<readonly Record<string, unknown>[]> {
  const session = await database.connect("owner");
  try {
    return (await session.query(sql)).rows;
  } finally {
    await session.close();
  }
}

// Everything that a user of the database would call theirs.
const OBJECTS = `
  select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg_toast%'
  union all select nspname from pg_namespace where nspname !~ '^(pg_|information_schema|public$)'
  order by 1`;

describe("a written migration runs through Knex", () => {
  const up = [
    inside(
      `create table "we""ird \`t\`" (id bigint primary key, j jsonb check (j ? 'a\\?'), t text default '\${x} \\?')`,
    ),
    inside(`insert into "we""ird \`t\`" (id, j) values (1, '{"a\\\\?": "??"}')`),
    inside("create function f() returns text language sql as $$ select '\\?`'::text $$"),
  ];
  const down = [inside("drop function f()"), inside('drop table "we""ird `t`"')];

  it("up, then down to an empty database, and up again", async () => {
    const database = await server.createDatabase();
    const file = migration(up, down);
    for (const _ of [1, 2]) {
      await runKnexMigration(file, database.url("owner"), "up", never);
      expect(await rows(database, 'select j, t, f() from "we""ird `t`"')).toEqual([
        { j: { "a\\?": "??" }, t: "${x} \\?", f: "\\?`" },
      ]);
      expect((await rows(database, OBJECTS)).map((row) => row["name"])).toEqual([
        'public.we"ird `t`',
        'public.we"ird `t`_pkey',
      ]);
      await runKnexMigration(file, database.url("owner"), "down", never);
      expect(await rows(database, OBJECTS)).toEqual([]);
    }
    await database.drop();
  });

  it("statements that refuse a transaction run outside one", async () => {
    const database = await server.createDatabase();
    const file = migration(
      [
        inside("create table t (x int)"),
        outside("create index concurrently i on t (x)"),
        inside("comment on table t is 'x'"),
      ],
      [outside("drop index concurrently i"), inside("drop table t")],
    );
    await runKnexMigration(file, database.url("owner"), "up", never);
    expect((await rows(database, OBJECTS)).map((row) => row["name"])).toEqual(["public.i", "public.t"]);
    await runKnexMigration(file, database.url("owner"), "down", never);
    expect(await rows(database, OBJECTS)).toEqual([]);
    await database.drop();
  });
});

describe("a migration that fails", () => {
  it("leaves nothing, names the server's reason, and neither the statement nor the URL", async () => {
    const database = await server.createDatabase();
    const file = migration([inside("create table t (x int)"), inside("insert into t values ('secret value')")]);
    const url = database.url("owner");
    const error = await runKnexMigration(file, url, "up", never).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DbwrightError);
    expect((error as DbwrightError).exitCode).toBe(2);
    expect((error as Error).message).toContain("invalid input syntax for type integer");
    expect((error as Error).message).not.toContain("insert into");
    expect((error as Error).message).not.toContain("secret value");
    expect((error as Error).message).not.toContain(new URL(url).password);
    expect(await rows(database, OBJECTS)).toEqual([]);
    await database.drop();
  });

  it("a file that does not load is invalid input", async () => {
    const file = join(place.temporary, "broken.ts");
    writeFileSync(file, "export async function up( {");
    await expect(runKnexMigration(file, "postgres://nobody@localhost:1/x", "up", never)).rejects.toThrow(
      /does not load/,
    );
  });
});

it("ends a statement under way when it is told to stop, and rolls back", async () => {
  const database = await server.createDatabase();
  const stop = new AbortController();
  const file = migration([inside("create table t (x int)"), inside("select pg_sleep(600)")]);
  const running = runKnexMigration(file, database.url("owner"), "up", stop.signal);
  const outcome = running.then(
    () => "ran",
    (reason: unknown) => reason,
  );
  const watcher = await database.connect("admin");
  const sleeping = `select 1 from pg_stat_activity where query like 'select pg_sleep(600)%' and state = 'active'`;
  while ((await watcher.query(sleeping)).rows.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  stop.abort(new Error("stopped by the user"));
  expect(await outcome).toMatchObject({ message: "stopped by the user" });
  while ((await watcher.query(sleeping)).rows.length > 0) {
    await watcher.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep(600)%'`,
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await watcher.close();
  expect((await rows(database, OBJECTS)).filter((row) => row["name"] === "public.t")).toEqual([]);
  await database.drop();
});
