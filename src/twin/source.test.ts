import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeJson } from "../formats/json/write.ts";
import { writePack } from "../formats/pack/write.ts";
import { silentProgress } from "../model/progress.ts";
import { planBetween } from "./make-plan/between.ts";
import type { TwinServer } from "./server.ts";
import { openServer } from "./server/open.ts";
import { contextIn, listening, playground, requestFor } from "./server/testing.test-data.ts";
import { readSource } from "./source.ts";
import type { ReadSource, ReadSourceOptions } from "./source.ts";

const place = playground();
const cwd = mkdtempSync(join(tmpdir(), "dbwright-source-"));
let server: TwinServer;
beforeAll(async () => {
  server = await openServer(requestFor(place.cacheDir));
});
afterAll(async () => {
  await server.close();
  place.remove();
  rmSync(cwd, { recursive: true });
});

function put(files: Readonly<Record<string, string | Buffer>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), content);
  }
}

const NO_STATISTICS = {
  versionNumber: 180_004,
  masked: true,
  settings: {},
  relations: [],
  columns: [],
  extended: [],
  unseen: [],
};

async function read(source: string, options: Partial<ReadSourceOptions> = {}): Promise<ReadSource> {
  const result = await readSource(source, {
    server: () => Promise.resolve(server),
    cwd,
    signal: new AbortController().signal,
    progress: silentProgress,
    ...options,
  });
  await result.database?.drop();
  return result;
}

function tablesOf({ catalog }: ReadSource): string[] {
  return catalog.objects.flatMap((object) => (object.kind === "table" ? [object.name] : []));
}

describe("sources that are read", () => {
  async function check(
    source: string,
    tables: readonly string[],
    notes: readonly string[] = [],
    options: Partial<ReadSourceOptions> = {},
  ): Promise<void> {
    const result = await read(source, options);
    expect(tablesOf(result)).toEqual(tables);
    expect(result.notes).toEqual(notes.map((note) => expect.stringContaining(note)));
  }

  test("a file, in each encoding", async () => {
    put({
      "utf8.sql": "\ufeffcreate table grün (a int);",
      "utf16.sql": Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("create table grün (a int);", "utf16le")]),
      "latin1.sql": Buffer.from("set client_encoding = 'LATIN1';\ncreate table gr\u00fcn (a int);", "latin1"),
    });
    for (const file of ["utf8.sql", "utf16.sql", "latin1.sql", join(cwd, "utf8.sql")]) await check(file, ["grün"]);
  });

  test("a folder in natural order, without what undoes", async () => {
    put({
      "m/V10__c.sql": "alter table a rename to c;",
      "m/V2__b.sql": "alter table b rename to a;",
      "m/V1__a.sql": "create table b (id int);",
      "m/U2__b.sql": "broken",
      "m/V11/up.sql": "create table d (id int);",
      "m/V11/down.sql": "broken",
      "m/notes.txt": "broken",
    });
    await check("m", ["c", "d"], ["2 files that undo others were left out"]);
  });

  test("each file of a folder has a session of its own", async () => {
    put({
      "s/1.sql": "create schema x; set search_path = x; create table a (id int);",
      "s/2.sql": "create table a (id int);",
    });
    await check("s", ["a", "a"]);
    await check("s", ["a"], [], { schemas: ["x"] });
  });

  test("migrations with both directions in a file", async () => {
    put({
      "goose.sql": "-- +goose Up\ncreate table a (id int);\n-- +goose Down\ndrop table a;\n",
      "dbmate.sql": "-- migrate:up\ncreate table a (id int);\n\n-- migrate:down\nbroken",
    });
    await check("goose.sql", ["a"], ["goes up"]);
    await check("dbmate.sql", ["a"], ["goes up"]);
  });

  test("files that a script includes, inside its folder only", async () => {
    put({
      "i/main.sql":
        "set search_path = public;\n\\ir sub/a.sql\n\\i b.sql\n\\i ../utf8.sql\n\\i link.sql\ncreate table z (id int);",
      "i/sub/a.sql": "create table a (id int);\n\\ir ../b2.sql\n",
      "i/b.sql": "create table b (id int);",
      "i/b2.sql": "create table b2 (id int);",
    });
    symlinkSync(join(cwd, "utf8.sql"), join(cwd, "i/link.sql"));
    await check("i/main.sql", ["a", "b", "b2", "z"], ["\\i ../utf8.sql (main.sql:4); \\i link.sql (main.sql:5)"]);
  });

  test("a live database, and only some schemas of it", async () => {
    const database = await server.createDatabase();
    const session = await database.connect("owner");
    await session.execute("create schema x; create table x.a (id int); create table b (id int)");
    await session.close();
    await check(database.url("owner"), ["b", "a"]);
    await check(database.url("owner"), ["a"], [], { schemas: ["x"] });
    await expect(read(database.url("owner"), { schemas: ["pulbic"] })).rejects.toThrow("did you mean public?");
    await database.drop();
  });

  test("a live database beside itself is read once, and beside another each is read", async () => {
    const started: string[] = [];
    const context = { ...contextIn(place), progress: listening((title) => started.push(title)) };
    const database = await server.createDatabase();
    const session = await database.connect("owner");
    await session.execute("create table a (id int generated always as identity primary key, b int references a)");
    await session.close();
    const [own, other] = [database.url("owner"), (await server.createDatabase()).url("owner")];
    for (const [to, readings, steps] of [
      [own, 1, []],
      [other, 2, ["DROP TABLE public.a"]],
    ] as const) {
      started.length = 0;
      const { plan } = await planBetween({ from: own, to, direct: true, prove: false, rows: 0 }, context);
      expect(plan.steps.map(({ sql }) => sql)).toEqual(steps);
      expect(started).toEqual(Array.from({ length: readings }, () => "reading the catalog"));
    }
    await database.drop();
  });

  test("a saved catalog equals the source it was made from", async () => {
    put({ "c.sql": "create schema x; create table x.a (id int primary key); create table b (id int references x.a);" });
    const made = await read("c.sql");
    put({ "c.json": writeJson(made.catalog) });
    const again = await read("c.json");
    expect(again.catalog).toEqual(made.catalog);
    expect(again.kind).toBe("json");
    await check("c.json", ["a"], [], { schemas: ["x"] });
    const statistics = { ...NO_STATISTICS, readAt: "2030-01-01T00:00:00.000Z" };
    const pack = writePack({ catalog: made.catalog, statistics });
    put({ "p.json": pack, "p.json.gz": gzipSync(pack), "c.json.gz": gzipSync(writeJson(made.catalog)) });
    for (const name of ["p.json", "p.json.gz"]) {
      const found = await read(name);
      expect([found.catalog, found.statistics]).toEqual([again.catalog, statistics]);
    }
    expect((await read("c.json.gz")).catalog).toEqual(again.catalog);
    await check("p.json", ["a"], [], { schemas: ["x"] });
    await expect(read("c.json", { schemas: ["y"] })).rejects.toThrow('there is no schema "y"');
  });

  test("a file as a commit holds it", async () => {
    const git = (...args: string[]): void =>
      void execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
        cwd: join(cwd, "g"),
        stdio: "ignore",
      });
    put({ "g/db/a.sql": "create table old (id int);" });
    git("init", "-q");
    git("add", "db");
    git("commit", "-q", "-m", "a");
    put({ "g/db/a.sql": "create table new (id int);" });
    const at = { cwd: join(cwd, "g") };
    await check("git:HEAD:db/a.sql", ["old"], [], at);
    await check("git:HEAD:./a.sql", ["old"], [], { cwd: join(cwd, "g/db") });
    await expect(read("git:HEAD:db/b.sql", at)).rejects.toMatchObject({ exitCode: 2 });
    await expect(read("git:nowhere:db/a.sql", at)).rejects.toMatchObject({ exitCode: 2 });
    await expect(read("git:--help:db/a.sql", at)).rejects.toThrow("dash");
  });

  test("refused statements are an error, or notes when lenient", async () => {
    put({
      "bad.sql":
        Array.from({ length: 12 }, (_, index) => `create table t${index} (a nonsense);`).join("\n") +
        "create index on t3 (a);" +
        "create table good (id int);",
    });
    await expect(read("bad.sql")).rejects.toThrow(/^bad\.sql:1: type "nonsense" does not exist, in create table t0\n/);
    await expect(read("bad.sql")).rejects.toThrow(
      /13 statements were refused, 10 of them are shown, 1 because of others/,
    );
    const result = await read("bad.sql", { lenient: true });
    expect(tablesOf(result)).toEqual(["good"]);
    expect(result.notes.filter((note) => note.startsWith("refused: bad.sql:"))).toHaveLength(13);
  });
});

describe("sources that are not read say why", () => {
  const closed = "postgres://app:hunter2@127.0.0.1:1/shop";
  const cases: [string, string | RegExp][] = [
    ["", "the source is empty"],
    ["mysql://root:hunter2@h/d", /does not read MySQL[^]*PostgreSQL script/],
    ["postgers://h/d", "did you mean postgres://?"],
    ["ftp://h/d", "no scheme of a source"],
    ["sqlite:x.db", "no such file"],
    ["sqlite:", "a path is needed"],
    ["text.db", /no SQLite database, or it is encrypted/],
    ["cut.db", "no SQLite database"],
    ["git:main:x.db", "not read out of a commit"],
    ["schema.prisma", "prisma migrate diff"],
    ["brief.yaml", "dbwright design"],
    ["shcema.sql", "did you mean schema.sql?"],
    ["nowhere/at/all.sql", "no such file or folder"],
    ["git:main", "git:REV:PATH"],
    ["git::a.sql", "git:REV:PATH"],
    ["empty.sql", "the file is empty"],
    ["hollow", "holds no .sql file"],
    ["undo", "only scripts that undo others"],
    ["archive.sql", "pg_restore"],
    ["packed.sql", "gunzip"],
    ["binary.sql", "binary file"],
    ["bytes.sql", "not in UTF-8"],
    ["mysql.sql", "written for MySQL or MariaDB"],
    ["sqlite.sql", "written for SQLite"],
    ["cut.sql", "cut.sql:1: a string is not closed"],
    ["other.json", '"format": "dbwright.catalog"'],
    ["broken.json", "this is no JSON"],
    ["postgres://[bad:hunter2/d", "cannot be read"],
    ["postgres://app:hunter2#@127.0.0.1:1/d", "write @ as %40"],
    ["postgres://app:x@hunter2#1@127.0.0.1:1/d", "write @ as %40"],
    ["postgres://app:1/hunter2@127.0.0.1/d", "write @ as %40"],
    ["postgres://app:1?hunter2@127.0.0.1/d", "write @ as %40"],
    ["postgres:/app:hunter2@h/d", "no URL of a database"],
    ["app:hunter2@h:5432/d", "no URL of a database"],
    ["host=h user=app password=hunter2", "no URL of a database"],
    [closed, /cannot connect[^]*127\.0\.0\.1/],
  ];
  beforeAll(() => {
    put({
      "schema.sql": "select 1",
      "empty.sql": " \n",
      "hollow/readme.md": "",
      "undo/down.sql": "drop table x",
      "archive.sql": "PGDMP\x01\x0e",
      "packed.sql": gzipSync("select 1"),
      "binary.sql": Buffer.from([1, 2, 0, 3]),
      "bytes.sql": Buffer.from("select '\u00fc'", "latin1"),
      "mysql.sql": "CREATE TABLE `a` (`id` int NOT NULL AUTO_INCREMENT, PRIMARY KEY (`id`)) ENGINE=InnoDB;",
      "sqlite.sql": "PRAGMA foreign_keys = on;\nCREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT);",
      "cut.sql": "select 'a",
      "text.db": "select 1 as one",
      "cut.db": "SQLite format 3\0".padEnd(2048, "x"),
      "other.json": "{}",
      "broken.json": "{",
    });
  });
  test.each(cases)("%s", async (source, message) => {
    const error = await read(source).then(
      () => null,
      (reason: unknown) => reason as Error & { exitCode: number },
    );
    expect(error?.message).toMatch(
      typeof message === "string" ? new RegExp(message.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")) : message,
    );
    expect(error?.exitCode).toBe(source === closed ? 3 : 2);
    expect(error?.message).not.toContain("hunter2");
  });

  test("a wrong password is not repeated", async () => {
    const database = await server.createDatabase();
    const url = new URL(database.url("owner"));
    url.password = "hunter2";
    await expect(read(url.href)).rejects.toMatchObject({
      exitCode: 3,
      message: expect.not.stringContaining("hunter2"),
    });
    await database.drop();
  });
});
