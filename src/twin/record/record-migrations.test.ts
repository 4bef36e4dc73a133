import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../server/testing.test-data.ts";
import { programFolder } from "./program-folder.ts";
import { programScripts } from "./program-scripts.ts";
import { recordMigrations } from "./record-migrations.ts";
import type { RecordOptions } from "./record-migrations.ts";
import type { RecordedScript, RecordedWay } from "./recorded.ts";

let bare: string;
let place: string;
beforeAll(() => {
  bare = mkdtempSync(join(tmpdir(), "dbwright-record-"));
  place = join(bare, "project with packages");
  mkdirSync(place);
  symlinkSync(join(ROOT, "node_modules"), join(place, "node_modules"), "junction");
});
afterAll(() => rmSync(bare, { recursive: true, force: true }));

let folders = 0;

function put(files: Readonly<Record<string, string>>, below: string = place): string {
  const dir = join(below, `migrations ${folders++}`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

async function record(
  files: Readonly<Record<string, string>>,
  options: Partial<RecordOptions> & { readonly below?: string } = {},
): Promise<readonly RecordedScript[]> {
  const folder = await programFolder(put(files, options.below), false);
  if (folder === null) throw new Error("there are no programs");
  return await recordMigrations(folder, { cwd: place, signal: new AbortController().signal, ...options });
}

const shown = (way: RecordedWay | null): readonly string[] =>
  way === null ? [] : way.statements.map(({ sql, line }) => `${line} ${sql.replaceAll(/\s+/g, " ")}`);

const endOf = ([script]: readonly RecordedScript[]): string =>
  `${script?.up.broken?.line ?? ""} ${script?.up.broken?.why ?? "ran to its end"}`;

describe("Knex", () => {
  test("raw statements and builders come in order, each with its line, with their values, up and down", async () => {
    const [script] = await record(
      {
        "20240101000000_a.ts": `import type { Knex } from "knex";

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("task", (t) => {
    t.increments("id");
  });
  await knex.raw(
    "SELECT ?, '\\\\?', ?::jsonb", ["it's", { a: [1, null] }]);
  await Promise.all([
    knex.raw("CREATE INDEX a ON task (id)"),
    knex("task").insert({ id: 1 }),
  ]);
  for (const name of ["x", "y"]) await knex.raw("CREATE TABLE ?? ()", [name]);
}
export const down = (knex: Knex): Promise<void> => knex.schema.dropTable("task");
`,
      },
      { down: true },
    );
    expect(shown(script?.up ?? null)).toEqual([
      '4 create table "task" ("id" serial primary key)',
      `7 SELECT 'it''s', '?', '{"a":[1,null]}'::jsonb`,
      "10 CREATE INDEX a ON task (id)",
      '11 insert into "task" ("id") values (1)',
      '13 CREATE TABLE "x" ()',
      '13 CREATE TABLE "y" ()',
    ]);
    expect(shown(script?.down ?? null)).toEqual(['15 drop table "task"']);
    expect([script?.up.transaction, script?.up.asked]).toEqual([true, [7]]);
  });

  test("without Knex's transaction, those of the program are its own", async () => {
    const [script] = await record({
      "1_a.mjs": `export const config = { transaction: false };
export const up = async (knex) => {
  await knex.raw("CREATE INDEX CONCURRENTLY a ON t (a)");
  await knex.transaction(async (trx) => {
    await trx.raw("SELECT 1");
  });
};`,
    });
    expect(shown(script?.up ?? null)).toEqual([
      "3 CREATE INDEX CONCURRENTLY a ON t (a)",
      "4 BEGIN",
      "5 SELECT 1",
      expect.stringMatching(/^\d COMMIT$/),
    ]);
    expect(script?.up.transaction).toBe(false);
  });
});

describe("TypeORM", () => {
  const TABLES = {
    "1700000000000-A.ts": `import { MigrationInterface, QueryRunner, Table, TableColumn } from "typeorm";

export class A1700000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.createTable(new Table({ name: "task", columns: [{ name: "id", type: "int", isPrimary: true }] }));
    await queryRunner.query("INSERT INTO task VALUES ($1)", [1]);
  }
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable("task");
  }
}`,
    "1700000000001-B.ts": `import { MigrationInterface, QueryRunner, TableColumn } from "typeorm";

export class B1700000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.addColumn("task", new TableColumn({ name: "a", type: "text" }));
    await queryRunner.commitTransaction();
    await queryRunner.query("CREATE INDEX CONCURRENTLY a ON task (a)");
    await queryRunner.startTransaction();
    await queryRunner.dropColumn("elsewhere", "a");
  }
}`,
  };

  test("builders speak of tables that earlier migrations made; of others they know nothing, which is told", async () => {
    const [a, b] = await record(TABLES, { down: true });
    expect(shown(a?.up ?? null)).toEqual([
      expect.stringMatching(/^5 CREATE TABLE "task" \("id" int NOT NULL/),
      "6 INSERT INTO task VALUES (1)",
    ]);
    expect(shown(a?.down ?? null)).toEqual(['9 DROP TABLE "task"']);
    expect(shown(b?.up ?? null)).toEqual([
      "4 START TRANSACTION",
      '5 ALTER TABLE "task" ADD "a" text NOT NULL',
      "6 COMMIT",
      "7 CREATE INDEX CONCURRENTLY a ON task (a)",
      "8 START TRANSACTION",
    ]);
    expect(b?.up.broken).toEqual({ line: 9, why: 'Table "elsewhere" does not exist.' });
    expect(b?.down).toBeNull();
  });

  test("without the package, plain queries are read and all else is named", async () => {
    const query = `export class A1700000000000 {
  transaction = false;
  async up(queryRunner) {
    await queryRunner.query("SELECT $1::text", ["a"]);
    await queryRunner.createTable({});
  }
}`;
    const [script] = await record(
      { "1700000000000-A.ts": `import type {} from "typeorm";\n${query}` },
      { below: bare },
    );
    expect(shown(script?.up ?? null)).toEqual(["5 SELECT 'a'::text"]);
    expect(endOf([script as RecordedScript])).toBe(
      "6 queryRunner.createTable can only be read where TypeORM is installed beside the migrations",
    );
  });
});

describe("node-pg-migrate", () => {
  const PROGRAMS = {
    "1_a.js": `exports.up = (pgm) => {
  pgm.createTable("task", { id: "id" });
  pgm.addColumns("task", { a: "text" });
};`,
    "2_b.mjs": `export const up = (pgm) => {
  pgm.noTransaction();
  pgm.sql("CREATE INDEX CONCURRENTLY {name} ON task (a)", { name: "b" });
};
export const down = false;`,
    "3_c.sql": "-- Up Migration\nCREATE TABLE c ();\n-- Down Migration\nDROP TABLE c;\n",
    "10_d.js": "exports.up = (pgm, done) => { pgm.sql('SELECT 10'); done(); };",
  };

  test("builders, SQL files, ways down that are the way up in reverse, and numbers as numbers", async () => {
    const scripts = await record(PROGRAMS, { down: true });
    expect(scripts.map(({ file }) => file)).toEqual(["1_a.js", "2_b.mjs", "3_c.sql", "10_d.js"]);
    expect(scripts.map(({ up }) => up.transaction)).toEqual([true, false, true, true]);
    expect(scripts.flatMap(({ up }) => shown(up))).toEqual([
      '2 CREATE TABLE "task" ( "id" serial PRIMARY KEY )',
      '3 ALTER TABLE "task" ADD "a" text',
      '3 CREATE INDEX CONCURRENTLY "b" ON task (a)',
      "1 -- Up Migration CREATE TABLE c (); ",
      "1 SELECT 10",
    ]);
    expect(scripts.map(({ down }) => shown(down))).toEqual([
      ['3 ALTER TABLE "task" DROP "a"', '2 DROP TABLE "task"'],
      [],
      ["3 -- Down Migration DROP TABLE c; "],
      [],
    ]);
  });

  test("without the package, plain SQL is read and all else is named", async () => {
    const scripts = await record(PROGRAMS, { below: bare });
    expect(endOf(scripts)).toBe(
      "2 pgm.createTable can only be read where node-pg-migrate is installed beside the migrations",
    );
    expect(shown(scripts[1]?.up ?? null)).toEqual(["3 CREATE INDEX CONCURRENTLY b ON task (a)"]);
  });
});

describe("what a program may not do", () => {
  const program = (body: string): string => `exports.up = async (knex) => {\n${body}\n};`;
  const knex = (body: string): Readonly<Record<string, string>> => ({ "1_a.js": program(body) });

  test("connect to anything, write files, start processes, or see the environment", async () => {
    let connections = 0;
    const listener = createServer(() => void connections++);
    await new Promise<void>((done) => void listener.listen(0, "127.0.0.1", done));
    const { port } = listener.address() as AddressInfo;
    const file = join(bare, "written");
    try {
      const scripts = await record({
        "1.js": program(
          `const { Client } = require("pg"); await new Client({ host: "127.0.0.1", port: ${port} }).connect(); // knex`,
        ),
        "2.js": program(`await fetch("http://127.0.0.1:${port}").catch((error) => { throw error.cause; });`),
        "3.js": program(
          `await new Promise((done, failed) => require("http").get("http://127.0.0.1:${port}", done).on("error", failed));`,
        ),
        "4.js": program(`require("fs").writeFileSync(${JSON.stringify(file)}, "");`),
        "5.js": program('require("child_process").execSync("true");'),
        "6.js": program('await knex.raw("SELECT ?", [Object.keys(process.env).length]);'),
      });
      expect(scripts.map((script) => endOf([script]))).toEqual([
        ...[1, 2, 3].map(() => expect.stringMatching(/may not connect to anything$/) as string),
        ...[4, 5].map(() => expect.stringMatching(/wants to write a file or to start a process/) as string),
        " ran to its end",
      ]);
      expect(shown(scripts[5]?.up ?? null)).toEqual(["2 SELECT 0"]);
      expect([connections, existsSync(file)]).toEqual([0, false]);
    } finally {
      listener.close();
    }
  });

  test("run for ever, end the process, or leave its own output in the answer", async () => {
    await expect(record(knex("for (;;);"), { timeout_ms: 3000 })).rejects.toThrow(/did not end within 3 s/);
    await expect(record(knex("process.exit(0);"))).rejects.toThrow(/ended the process that read them/);
    const [script] = await record(knex('console.log("{}"); console.error("x"); await knex.raw("SELECT 1");'));
    expect(shown(script?.up ?? null)).toEqual(["2 SELECT 1"]);
  });

  test("stay when nobody waits any more", async () => {
    const controller = new AbortController();
    const waiting = record(knex("for (;;);"), { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("stopped by hand")), 500);
    await expect(waiting).rejects.toThrow("stopped by hand");
  });
});

test("a program that does not load, or throws, is named with its place", async () => {
  const scripts = await record({
    "1_a.js": "exports.up = (knex) => {",
    "2_b.js": 'exports.up = (knex) => {\n  throw new Error("no\\nmore");\n};',
  });
  expect(scripts.map((script) => `${script.file} ${endOf([script])}`).toSorted()).toEqual([
    expect.stringMatching(/^1_a\.js 1 it does not load: /),
    "2_b.js 2 no",
  ]);
});

test("only migrations are run: no tests, types, settings or other scripts beside them", async () => {
  const up = "exports.up = (knex) => knex.raw('SELECT 1');";
  const files = {
    "1_a.js": up,
    "1_a.test.js": up,
    "a.d.ts": up,
    "knexfile.js": "exports.knex = {};",
    "b.sql": "SELECT",
  };
  expect(await programFolder(put(files), false)).toMatchObject({ format: "knex", files: ["1_a.js"] });
  expect(await programFolder(put({ "a.sql": "SELECT 1;", "b.js": "let x;" }), false)).toBeNull();
});

test("as a script, each statement stands on its line", async () => {
  const dir = put({
    "1_a.js": `exports.up = async (knex) => {
  // dbwright-ignore drop-table: nobody has it
  await knex.raw("DROP TABLE a -- away");
  await knex.raw(\`
    CREATE TABLE b (
      id bigint
    )\`);
  await knex.raw("SELECT 1");
};`,
  });
  const scripts = await programScripts(dir, { cwd: place, signal: new AbortController().signal });
  expect(scripts?.scripts[0]?.text.split("\n")).toEqual([
    "",
    "-- dbwright-ignore drop-table: nobody has it",
    "DROP TABLE a -- away",
    ";",
    "CREATE TABLE b (",
    "      id bigint",
    "    );",
    "SELECT 1;",
  ]);
  expect(scripts?.notes).toEqual([
    "1 programs of knex were run without a database, for what they send",
    "1_a.js:8: asks for rows, and was answered with none: what hangs on them is not seen",
  ]);
});
