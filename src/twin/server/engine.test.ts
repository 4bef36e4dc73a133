import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workplace } from "./account.ts";
import { findEngine, pathEngine } from "./engine.ts";
import { openServer } from "./open.ts";
import { PACKAGE_VERSIONS, bundledPackage } from "./package.ts";
import { listening, playground, remains, requestFor } from "./testing.test-data.ts";
import type { Playground } from "./testing.test-data.ts";

let place: Playground;
const before = { ...process.env };
const ABSENT_REGISTRY = { npm_config_registry: "http://127.0.0.1:9/", npm_config_fetch_retries: "0" };

beforeAll(() => {
  place = playground();
  process.env["TMPDIR"] = place.temporary;
});
afterAll(() => {
  process.env = before;
  place.remove();
});

describe("where binaries come from", () => {
  it("the bundled package is the pinned one", () => {
    const bundled = bundledPackage();
    expect(bundled?.version).toBe(PACKAGE_VERSIONS[18]);
  });

  it("without package, path and registry, all three ways on are named, and nothing is left", async () => {
    Object.assign(process.env, ABSENT_REGISTRY);
    const progress = listening();
    const error: unknown = await openServer(requestFor(place.cacheDir, { major: 16, progress })).catch(
      (e: unknown) => e,
    );
    for (const key of Object.keys(ABSENT_REGISTRY)) delete process.env[key];
    expect(error).toMatchObject({ exitCode: 3 });
    for (const part of [
      /PostgreSQL 16/,
      /ECONNREFUSED/,
      /install a PostgreSQL 16 server/,
      /--twin URL/,
      /npm registry/,
    ]) {
      expect((error as Error).message).toMatch(part);
    }
    expect(progress.notes).toEqual([expect.stringMatching(/fetching PostgreSQL 16 .*16\.14/)]);
    expect(remains(place)).toEqual([]);
  });

  it("an abort while fetching leaves nothing", async () => {
    const controller = new AbortController();
    const reason = new Error("Ctrl-C");
    const progress = listening();
    const request = requestFor(place.cacheDir, {
      major: 16,
      signal: controller.signal,
      progress: { ...progress, note: () => setTimeout(() => controller.abort(reason), 100) },
    });
    await expect(openServer(request)).rejects.toBe(reason);
    expect(remains(place)).toEqual([]);
    expect(existsSync(join(place.cacheDir, "engines", PACKAGE_VERSIONS[16] ?? ""))).toBe(false);
  });

  it("another major is fetched once, and said so", async ({ skip }) => {
    const progress = listening();
    const opened: unknown = await openServer(requestFor(place.cacheDir, { major: 16, progress })).catch(
      (e: unknown) => e,
    );
    if (opened instanceof Error) {
      expect(opened).toMatchObject({ exitCode: 3 });
      skip("the npm registry cannot be reached: connect to it");
    }
    const server = opened as Awaited<ReturnType<typeof openServer>>;
    expect(server).toMatchObject({ origin: "embedded", major: 16, version: "16.14" });
    await server.close();
    expect(progress.notes).toHaveLength(1);
    Object.assign(process.env, ABSENT_REGISTRY);
    const again = await findEngine(
      requestFor(place.cacheDir, { major: 16, progress }),
      await workplace(place.cacheDir),
    );
    for (const key of Object.keys(ABSENT_REGISTRY)) delete process.env[key];
    expect(again).toMatchObject({ origin: "embedded", build: PACKAGE_VERSIONS[16] });
    expect(progress.notes).toHaveLength(1);
  });

  it("binaries of this machine are of exactly the major asked for, or not taken", async () => {
    for (const major of [15, 16, 17, 18]) {
      const found = await pathEngine(major, [place.temporary, "/usr/bin"], { account: null });
      if (found !== null)
        expect(found).toMatchObject({ origin: "path", major, version: expect.stringMatching(`^${major}`) as string });
    }
  });
});
