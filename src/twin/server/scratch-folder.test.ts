import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { OWNER_FILE, ownerOf } from "./owner.ts";
import { scratchFolder } from "./scratch-folder.ts";

let parent: string;

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), "scratch-test-"));
});

afterAll(() => {
  rmSync(parent, { recursive: true, force: true });
});

function left(name: string, owner: object | null): string {
  const dir = join(parent, name);
  mkdirSync(dir);
  writeFileSync(join(dir, "rows.sql"), "SELECT 1");
  if (owner !== null) writeFileSync(join(dir, OWNER_FILE), JSON.stringify(owner));
  return dir;
}

it("clears what killed processes left, and nothing else", async () => {
  const gone = Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
  const dead = left("dbwright-trial-dead", { ...ownerOf(), pid: gone, started: "1" });
  const old = left("dbwright-trial-old", null);
  utimesSync(old, 1, 1);
  const fresh = left("dbwright-trial-fresh", null);
  const alive = left("dbwright-trial-alive", ownerOf());
  const other = left("dbwright-other-dead", { ...ownerOf(), pid: gone, started: "1" });
  const target = left("elsewhere", { ...ownerOf(), pid: gone, started: "1" });
  const link = join(parent, "dbwright-trial-link");
  symlinkSync(target, link);

  const dir = await scratchFolder("trial", parent);

  const there = Object.fromEntries(
    Object.entries({ dead, old, fresh, alive, other, target, link, dir }).map(([name, path]) => [
      name,
      existsSync(path),
    ]),
  );
  expect(there).toEqual({
    dead: false,
    old: false,
    fresh: true,
    alive: true,
    other: true,
    target: true,
    link: true,
    dir: true,
  });
});
