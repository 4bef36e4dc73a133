import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { afterAll, describe, expect, test } from "vitest";
import { viewOf } from "../../model/catalog-view.ts";
import { silentProgress } from "../../model/progress.ts";
import { readSource } from "../source.ts";
import type { ReadSource, ReadSourceOptions } from "../source.ts";
import { sqliteCatalog, sqliteStatistics } from "./catalog.ts";
import { scratchFile } from "./scratch.ts";

const cwd = mkdtempSync(join(tmpdir(), "dbwright-sqlite-source-"));
afterAll(() => rmSync(cwd, { recursive: true }));

const { signal } = new AbortController();

function make(file: string, sql: string): void {
  const database = new DatabaseSync(join(cwd, file));
  database.exec(sql);
  database.close();
}

async function read(source: string, options: Partial<ReadSourceOptions> = {}): Promise<ReadSource> {
  return await readSource(source, {
    server: () => Promise.reject(new Error("no server is needed")),
    cwd,
    signal,
    progress: silentProgress,
    ...options,
  });
}

const tablesOf = ({ catalog }: ReadSource): string[] => viewOf(catalog).tables.map(({ table }) => table.name);

describe("files", () => {
  test("any name, by scheme and by ending, without a trace", async () => {
    const names = ["a.db", "b.sqlite3", "what? #1 100%41 é.db"];
    for (const name of names) make(name, "create table t (a)");
    make("no ending", "create table t (a)");
    const before = readdirSync(cwd);
    for (const source of [...names, "sqlite:a.db", `sqlite://${join(cwd, "a.db")}`, "sqlite:no ending"])
      expect(tablesOf(await read(source))).toEqual(["t"]);
    await expect(read("sqlite:gone.db")).rejects.toMatchObject({ exitCode: 2 });
    await expect(read("a.db", { schemas: ["public"] })).rejects.toMatchObject({ exitCode: 2 });
    expect(readdirSync(cwd)).toEqual(before);
  });

  test("an empty file is an empty database", async () => {
    writeFileSync(join(cwd, "empty.db"), "");
    expect((await read("empty.db")).catalog.objects).toEqual([]);
    expect(statSync(join(cwd, "empty.db")).size).toBe(0);
  });

  test("a write-ahead log: closed, in use, and left behind by a crash", async () => {
    make("closed.db", "pragma journal_mode = wal; create table t (a)");
    expect(tablesOf(await read("closed.db"))).toEqual(["t"]);
    const inUse = new DatabaseSync(join(cwd, "in-use.db"));
    inUse.exec("pragma journal_mode = wal; create table in_log (a)");
    expect(tablesOf(await read("in-use.db"))).toEqual(["in_log"]);
    inUse.close();
    const code = `const { DatabaseSync } = require("@photostructure/sqlite");
      new DatabaseSync(process.argv[1]).exec("pragma journal_mode = wal; create table in_log (a)");
      process.kill(process.pid, "SIGKILL")`;
    const crash = spawn(process.execPath, ["--eval", code, join(cwd, "crashed.db")], { stdio: "ignore" });
    await new Promise((resolve) => crash.on("close", resolve));
    rmSync(join(cwd, "crashed.db-shm"), { force: true });
    const before = readdirSync(cwd);
    expect(before).toContain("crashed.db-wal");
    expect(tablesOf(await read("crashed.db"))).toEqual(["in_log"]);
    expect(readdirSync(cwd)).toEqual(before);
  });

  test("a file that may not be written is read", async () => {
    make("read-only.db", "pragma journal_mode = wal; create table t (a)");
    chmodSync(join(cwd, "read-only.db"), 0o444);
    expect(tablesOf(await read("read-only.db"))).toEqual(["t"]);
  });

  test("a locked database says so", async () => {
    make("locked.db", "create table t (a)");
    const other = new DatabaseSync(join(cwd, "locked.db"));
    other.exec("begin exclusive");
    await expect(read("locked.db")).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining("locked by another process"),
    });
    other.close();
  });

  test("a damaged page says so", async () => {
    make("damaged.db", `create table t (a); ${"create table long_enough_for_pages".padEnd(3000, "x")} (a)`);
    const { size } = statSync(join(cwd, "damaged.db"));
    const header = new Uint8Array(size).fill(255);
    const intact = new DatabaseSync(join(cwd, "damaged.db"));
    intact.close();
    const { openSync, writeSync, closeSync } = await import("node:fs");
    const file = openSync(join(cwd, "damaged.db"), "r+");
    writeSync(file, header, 0, size - 100, 100);
    closeSync(file);
    await expect(sqliteCatalog(join(cwd, "damaged.db"), "damaged.db", signal)).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining("damaged"),
    });
  });
});

describe("scripts", () => {
  async function check(sql: string, tables: readonly string[], notes: readonly string[] = []): Promise<void> {
    writeFileSync(join(cwd, "s.sql"), sql);
    const result = await read("s.sql", { engine: "sqlite" });
    expect(tablesOf(result)).toEqual(tables);
    expect(result.notes).toEqual(notes.map((note) => expect.stringContaining(note)));
  }

  test("a dump of the sqlite3 shell", async () => {
    await check(
      `PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE IF NOT EXISTS "a" (id INTEGER PRIMARY KEY AUTOINCREMENT);
INSERT INTO a VALUES(1);\nDELETE FROM sqlite_sequence;\nINSERT INTO sqlite_sequence VALUES('a',1);
CREATE TRIGGER x AFTER INSERT ON a BEGIN SELECT 1; END;\nCOMMIT;`,
      ["a"],
    );
  });

  test("what SQLite makes by itself, as .schema prints it", async () => {
    await check(
      `CREATE VIRTUAL TABLE f USING fts5(t)\n/* f(t) */;\nCREATE TABLE IF NOT EXISTS 'f_data'(id INTEGER PRIMARY KEY, block BLOB);
CREATE TABLE sqlite_sequence(name,seq); CREATE TABLE t (a)`,
      ["t"],
      ["left out: table f_data (s.sql:3); table sqlite_sequence (s.sql:4): SQLite makes it by itself"],
    );
  });

  test("shell commands, and a transaction that is not closed", async () => {
    await check('.mode csv\n.print "x;"\nBEGIN; CREATE TABLE t (a);', ["t"], ["a command of the sqlite3 shell"]);
  });

  test("a rebuild of a table, as migrations do it", async () => {
    await check(
      `create table t (a); create table t_new (a, b); insert into t_new (a) select a from t; drop table t;
       alter table t_new rename to t; pragma user_version = 3`,
      ["t"],
    );
  });

  const hostile: readonly (readonly [string, string])[] = [
    ["attach 'pwned.db' as p", "opens another file"],
    ["create table t as select load_extension('x')", "not authorized"],
    ["vacuum into 'pwned.db'", "writes another file"],
    ["vacuum main into 'pwned.db'", "writes another file"],
    ["create virtual table t using dbstat", "not authorized"],
    ["create virtual table t using nonsense(x)", "not authorized"],
    ["create table t (a); insert into sqlite_schema values (1, 2, 3, 4, 5); nonsense", "syntax error"],
  ];
  test.each(hostile)("%s is refused", async (sql, message) => {
    const before = readdirSync(cwd).filter((name) => name !== "s.sql");
    await expect(check(sql, [])).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(message) });
    expect(readdirSync(cwd).filter((name) => name !== "s.sql")).toEqual(before);
  });

  test("the schema table cannot be written", async () => {
    await check("pragma writable_schema = on; create table t (a)", ["t"], ["past SQLite's checks"]);
  });

  test("a statement without an end is ended", async () => {
    const text =
      "create table t as with recursive c (x) as (select 1 union all select x + 1 from c) select max(x) from c";
    const scripts = [{ file: "slow.sql", text, line: 1, continues: false }];
    await expect(scratchFile(scripts, { rows: false, signal, statementTimeout_ms: 300 })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("slow.sql:1: the statement takes longer"),
    });
    const soon = AbortSignal.timeout(300);
    await expect(scratchFile(scripts, { rows: false, signal: soon })).rejects.toThrow(/aborted/);
  });

  test("too much memory is refused", async () => {
    await expect(check("create table t as select hex(zeroblob(900000000))", [])).rejects.toMatchObject({ exitCode: 2 });
  });
});

test("statistics: counted, analysed, and unknown where it is too much", async () => {
  make(
    "stats.db",
    `create table counted (id integer primary key autoincrement, a unique); insert into counted (a) values (1), (2), (null);
     create table analysed (a); create index i on analysed (a); insert into analysed values (1), (2);
     analyze analysed; insert into analysed values (3)`,
  );
  const { catalog } = await read("stats.db");
  const statistics = await sqliteStatistics("stats.db", cwd, catalog, signal);
  const rows = Object.fromEntries(statistics.tables.map((table) => [table.table, table.rows]));
  expect(rows).toEqual({ counted: 3, analysed: 2 });
  expect(statistics.tables.every(({ bytes }) => bytes !== null && bytes >= 8192)).toBe(true);
  expect(statistics.indexes).toEqual([{ schema: "main", index: "i", bytes: 4096, scans: null }]);
  expect(statistics.sequences).toEqual([
    {
      schema: "main",
      sequence: "counted",
      lastValue: "3",
      feeds: [{ schema: "main", table: "counted", column: "id" }],
    },
  ]);
});
