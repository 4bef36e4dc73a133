import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ActionContext } from "../model/action.ts";
import { silentProgress } from "../model/progress.ts";
import { playground } from "../twin/server/testing.test-data.ts";
import type { Playground } from "../twin/server/testing.test-data.ts";
import { doctorAction } from "./doctor.ts";
import { PLAIN } from "./testing.test-data.ts";

let place: Playground;
const shared = playground();
beforeEach(() => {
  place = playground();
  // Binaries are copied once for all tests of this file.
  mkdirSync(join(shared.cacheDir, "engines"), { recursive: true });
  symlinkSync(join(shared.cacheDir, "engines"), join(place.cacheDir, "engines"));
});
afterAll(() => shared.remove());
afterEach(() => place.remove());

async function check(
  options: { readonly start: boolean; readonly searchPath?: readonly string[] },
  expected: { readonly exitCode: 0 | 1; readonly output: object; readonly text: readonly RegExp[] },
): Promise<void> {
  const context: ActionContext = {
    cwd: place.temporary,
    cacheDir: place.cacheDir,
    searchPath: options.searchPath ?? (process.env["PATH"] ?? "").split(delimiter),
    signal: new AbortController().signal,
    progress: silentProgress,
    stdin: async () => "",
  };
  const output = await doctorAction.run({ start: options.start }, context);
  const text = doctorAction.render(output, PLAIN);
  expect(output).toMatchObject(expected.output);
  for (const pattern of expected.text) expect(text).toMatch(pattern);
  expect(doctorAction.exitCode(output)).toBe(expected.exitCode);
  expect(JSON.parse(JSON.stringify(output))).toEqual(output);
}

describe("doctor", () => {
  it("starts the default server and says how long that took", async () => {
    await check(
      { start: true },
      {
        exitCode: 0,
        output: {
          works: true,
          start: { standing: "measured", server: "embedded PostgreSQL 18.4", start_ms: expect.any(Number) as number },
          cache: { dir: place.cacheDir, leftoversCleared: [] },
        },
        text: [
          /works: embedded PostgreSQL 18\.4, started in \d+ ms \(measured\)/,
          /18 \(default\) +18\.4\S+ /,
          /Node \d+/,
        ],
      },
    );
    expect(readdirSync(join(place.cacheDir, "servers"))).toEqual([]);
  });

  it("claims nothing that it did not try", async () => {
    await check(
      { start: false },
      {
        exitCode: 0,
        output: { works: true, start: { standing: "not proved" } },
        text: [/not proved: the server was not/],
      },
    );
    expect(readdirSync(place.cacheDir)).toEqual(["engines"]);
  });

  it("says that the twin does not work, why, and what to do", async () => {
    // A template that is no data directory: the server cannot start from it.
    const template = join(place.cacheDir, "templates", "18.4.0-beta.17-2");
    mkdirSync(join(template, "data"), { recursive: true });
    writeFileSync(join(template, "password"), "x");
    await check(
      { start: true },
      {
        exitCode: 1,
        output: {
          works: false,
          start: { standing: "measured", failure: [{ what: expect.stringMatching(/did not start/) as string }] },
        },
        text: [/does not work: PostgreSQL 18\.4 did not start/, /to mend it: .*--twin URL/],
      },
    );
  });

  it("says what is missing, and for which action", async () => {
    await check(
      { start: false, searchPath: [place.temporary] },
      {
        exitCode: 0,
        output: { missing: [{ name: "psql", neededFor: expect.stringContaining("design") as string }] },
        text: [/Missing\n {2}psql: .*design.*; install a PostgreSQL client/],
      },
    );
  });

  it("clears what a killed run left, and says so", async () => {
    const dead = join(place.cacheDir, "servers", "0123456789ab");
    mkdirSync(dead, { recursive: true });
    const { ownerOf } = await import("../twin/server/owner.ts");
    writeFileSync(join(dead, "owner.json"), JSON.stringify({ ...ownerOf(), started: "1" }));
    await check(
      { start: false },
      { exitCode: 0, output: { cache: { leftoversCleared: [dead] } }, text: [/leftovers cleared: 1/] },
    );
    expect(readdirSync(join(place.cacheDir, "servers"))).toEqual([]);
  });
});
