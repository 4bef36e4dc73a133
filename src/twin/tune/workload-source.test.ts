import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
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
