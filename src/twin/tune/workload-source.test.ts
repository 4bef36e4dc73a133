import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { silentProgress } from "../../model/progress.ts";
import type { Workload } from "../../model/workload.ts";
import { readWorkload } from "./workload-source.ts";

const place = mkdtempSync(join(tmpdir(), "dbw-workload-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

function files(contents: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(place, name)), { recursive: true });
    writeFileSync(join(place, name), text);
  }
}

const read = (source: string): Promise<Workload> =>
  readWorkload(source, { cwd: place, signal: new AbortController().signal, progress: silentProgress, session: null });

test("a folder of SQL, a pgbench script and a log together", async () => {
  files({
    "all/a.sql": "-- weight: 3\nSELECT * FROM task WHERE id = 1;\nSELEC;\n",
    "all/deep/b.sql": "\\set id random(1, 9)\nSELECT * FROM task WHERE id = :id;\n",
    "all/server.log":
      "2026-11-20 17:11:54.314 UTC [23699] LOG:  duration: 3.0 ms  statement: DELETE FROM task WHERE id = 4\n",
    "all/other.log": "something else\n",
    "all/notes.md": "SELECT 1",
  });
  const { queries, leftOut } = await read("all");
  expect(queries.map(({ verb, calls, executions }) => [verb, calls, executions.length])).toEqual([
    ["delete", 1, 1],
    ["select", 4, 5],
  ]);
  expect(leftOut.map(({ what }) => what)).toEqual(["statement at a.sql:3", "statement at other.log:1"]);
});

test("a file can be given a weight", async () => {
  files({ "one.sql": "SELECT 1 FROM task;" });
  expect((await read("one.sql@5")).queries[0]?.calls).toBe(5);
});

test.each([
  ["nowhere.sql", /nowhere\.sql: there is no such file or folder/],
  ["stat-statements", /is a live server's, and the source is none/],
  ["empty", /the folder holds no workload/],
  ["set.sql", /holds no statement that reads or writes rows[^]*BEGIN, SET, DDL/],
  ["binary.bin", /neither SQL nor a server log/],
])("%s is refused", async (source, message) => {
  files({ "set.sql": "SET x = 1;", "empty/readme.md": "", "binary.bin": "\0\u0001" });
  await expect(read(source)).rejects.toThrow(message);
});

const LOG = [1, 2, 3]
  .map(
    (id) =>
      `2026-11-20 17:11:54.31${id} UTC:10.0.0.1(5432):app@shop:[23699]:LOG:  duration: 3.0 ms  statement: SELECT * FROM task WHERE name = 'é${id}'`,
  )
  .join("\r\n");

test.each([
  ["as it is", Buffer.from(LOG)],
  ["with a byte order mark", Buffer.from(`\uFEFF${LOG}`)],
  ["in UTF-16", Buffer.from(`\uFEFF${LOG}`, "utf16le")],
  ["packed", gzipSync(LOG)],
])("a log %s, with a prefix that ends in a colon", async (_, bytes) => {
  writeFileSync(join(place, "any.log"), bytes);
  const { queries } = await read("any.log");
  expect(queries.map(({ calls, executions }) => [calls, executions[0]?.sql])).toEqual([
    [3, "SELECT * FROM task WHERE name = 'é1'"],
  ]);
});

test("packed files of a folder are read, and one that is cut off is named", async () => {
  mkdirSync(join(place, "packed"), { recursive: true });
  writeFileSync(join(place, "packed/a.sql.gz"), gzipSync("SELECT 1 FROM task;"));
  expect((await read("packed")).queries).toHaveLength(1);
  const noise = Array.from({ length: 2_000 }, (__, at) => `SELECT ${at * 7919} FROM t${at};`).join("\n");
  writeFileSync(join(place, "cut.sql.gz"), gzipSync(noise).subarray(0, 2_000));
  await expect(read("cut.sql.gz")).rejects.toThrow("damaged or cut off");
});
