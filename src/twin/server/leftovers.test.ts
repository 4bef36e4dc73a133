import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { clearLeftovers } from "./leftovers.ts";
import { ownerOf, parseOwner, standingOf } from "./owner.ts";
import { playground } from "./testing.test-data.ts";

const place = playground();
afterAll(() => place.remove());

const me = ownerOf();
const DAY_MS = 24 * 3_600_000;

describe("whether an owner lives", () => {
  const cases: readonly [string, object, string][] = [
    ["this process", {}, "alive"],
    ["this process number, of a process that started before", { started: "1" }, "dead"],
    ["a process number that nobody has", { pid: 2 ** 30 }, "dead"],
    ["a process of this machine before it started anew", { boot: "another" }, "dead"],
    ["a process of another container", { space: "pid:[1]" }, "unknown"],
    ["a process of another machine", { host: "elsewhere", started: "1" }, "unknown"],
  ];
  it.each(cases)("%s", (_, difference, standing) => {
    expect(standingOf({ ...me, ...difference })).toBe(standing);
  });

  it("an owner is read back as written, and nothing else is one", () => {
    expect(parseOwner(JSON.stringify(me))).toEqual(me);
    for (const part of ["host", "pid", "boot", "space", "started"]) {
      expect(parseOwner(JSON.stringify({ ...me, [part]: [] }))).toBeNull();
    }
    for (const pid of [0, -1, 1.5, "1"]) expect(parseOwner(JSON.stringify({ ...me, pid }))).toBeNull();
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => parseOwner(text) === null));
  });
});

describe("what is cleared", () => {
  const cases: readonly [string, string, object | null, number, boolean][] = [
    ["a living process's server", "servers/a", me, 0, false],
    ["a living process's server, however old", "servers/b", me, 30 * DAY_MS, false],
    ["a dead process's server", "servers/c", { ...me, started: "1" }, 0, true],
    ["a dead process's half-made template", "templates/.new-d", { ...me, started: "1" }, 0, true],
    ["a living process's half-made template", "templates/.new-e", me, 0, false],
    ["a finished template", "templates/18", null, 30 * DAY_MS, false],
    ["finished binaries", "engines/18", null, 30 * DAY_MS, false],
    [
      "another machine's server with a fresh sign of life",
      "servers/f",
      { ...me, host: "elsewhere" },
      DAY_MS / 2,
      false,
    ],
    ["another machine's server without one for two days", "servers/g", { ...me, host: "elsewhere" }, 2 * DAY_MS, true],
    ["a directory just made and not yet claimed", "servers/h", null, 0, false],
    ["a directory that nobody claimed for an hour", "servers/i", null, 3_600_000, true],
  ];
  it.each(cases)("%s", async (_, path, owner, age_ms, cleared) => {
    const dir = join(place.cacheDir, path);
    mkdirSync(dir, { recursive: true });
    const then = new Date(Date.now() - age_ms);
    if (owner !== null) {
      writeFileSync(join(dir, "owner.json"), JSON.stringify(owner));
      utimesSync(join(dir, "owner.json"), then, then);
    }
    utimesSync(dir, then, then);
    const removed = await clearLeftovers({ dir: place.cacheDir, account: null });
    expect(removed).toEqual(cleared ? [dir] : []);
    expect(existsSync(dir)).toBe(!cleared);
  });

  it("a process that has got a dead server's number is not touched", async () => {
    const dir = join(place.cacheDir, "servers", "j");
    mkdirSync(join(dir, "data"), { recursive: true });
    writeFileSync(join(dir, "owner.json"), JSON.stringify({ ...me, started: "1" }));
    // Were it touched, this test run would end here.
    writeFileSync(join(dir, "data", "postmaster.pid"), `${process.pid}\n${join(dir, "data")}\n`);
    expect(await clearLeftovers({ dir: place.cacheDir, account: null })).toEqual([dir]);
  });

  it("a socket directory is removed only if it is named as one of ours", async () => {
    const dirs = ["dbw-0123", "precious"].map((name) => join(place.temporary, name));
    for (const [index, socketDir] of dirs.entries()) {
      const dir = join(place.cacheDir, "servers", `k${index}`);
      mkdirSync(dir, { recursive: true });
      mkdirSync(socketDir);
      writeFileSync(join(dir, "owner.json"), JSON.stringify({ ...me, started: "1" }));
      writeFileSync(join(dir, "socket"), socketDir);
    }
    await clearLeftovers({ dir: place.cacheDir, account: null });
    expect(dirs.map((dir) => existsSync(dir))).toEqual([false, true]);
  });
});
