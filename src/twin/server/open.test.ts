import { chmodSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../engines/postgres/driver.ts";
import type { TwinServer } from "../server.ts";
import { reachable, workplace } from "./account.ts";
import { openServer } from "./open.ts";
import {
  ROOT,
  eventually,
  listening,
  otherProcess,
  playground,
  remains,
  requestFor,
  runs,
} from "./testing.test-data.ts";
import type { Playground } from "./testing.test-data.ts";

const NOBODY = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;

let place: Playground;
const temporaryBefore = process.env["TMPDIR"];

beforeAll(() => {
  place = playground();
  process.env["TMPDIR"] = place.temporary;
});

afterAll(() => {
  if (temporaryBefore === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = temporaryBefore;
  place.remove();
});

describe("two processes at once from an empty cache", () => {
  it("both get a server of their own, and nothing is left of either", async () => {
    const others = [otherProcess(place), otherProcess(place)];
    const [one, two] = await Promise.all(others.map((other) => other.opened));
    expect(one?.dataDir).not.toBe(two?.dataDir);
    expect(await Promise.all(others.map((other) => other.finish()))).toEqual([0, 0]);
    expect(remains(place)).toEqual([]);
  });
});

describe("a server of dbwright's own", () => {
  let server: TwinServer;

  beforeAll(async () => {
    server = await openServer(requestFor(place.cacheDir));
  });
  afterAll(() => server.close());

  it("runs PostgreSQL 18 without checksums, with the planner's settings as they are", async () => {
    expect(server).toMatchObject({ major: 18, version: "18.4", origin: "embedded" });
    const database = await server.createDatabase();
    const session = await database.connect("admin");
    const changed = await session.query<{ name: string }>(
      `select name from pg_settings where category like 'Query Tuning%' and setting is distinct from boot_val`,
    );
    expect(changed.rows).toEqual([]);
    const own = await session.query(
      "select name, setting from pg_settings where name in ('autovacuum', 'listen_addresses')",
    );
    expect(own.rows).toEqual([
      { name: "autovacuum", setting: "off" },
      { name: "listen_addresses", setting: "" },
    ]);
    const checksums = await session.query<{ data_checksums: string }>("show data_checksums");
    expect(checksums.rows[0]?.data_checksums).toBe("off");
    await session.close();
  });

  it("gives connection strings that libpq and pg read alike", async () => {
    const database = await server.createDatabase();
    for (const as of ["owner", "admin"] as const) {
      const url = new URL(database.url(as));
      expect(url.search).not.toContain("+");
      expect(url.searchParams.get("host")).toContain("/dbw-");
      const session = await connect({ url: url.href });
      const path = await session.query<{ search_path: string }>("show search_path");
      expect(path.rows).toEqual([{ search_path: as === "admin" ? "" : '"$user", public' }]);
      await session.close();
    }
  });

  it("copies a database, drops both", async () => {
    const first = await server.createDatabase();
    const session = await first.connect("owner");
    await session.execute("create table t as select g from generate_series(1, 100) g");
    await session.close();
    const second = await server.createDatabase(first);
    const other = await second.connect("owner");
    expect((await other.query("select count(*)::int as n from t")).rows).toEqual([{ n: 100 }]);
    const admin = await first.connect("admin");
    await admin.execute("create subscription s connection 'host=localhost' publication p with (connect = false)");
    await admin.close();
    await first.drop();
    // With a session still open.
    await second.drop();
    await other.close();
    await expect(second.connect("owner")).rejects.toThrow(/does not exist/);
  });

  it("refuses the password that its template was made with", async () => {
    const database = await server.createDatabase();
    const url = new URL(database.url("admin"));
    const templates = new URL(`file://${place.cacheDir}/templates/18.4.0-beta.17-2/password`);
    url.password = readFileSync(templates, "utf8");
    await expect(connect({ url: url.href })).rejects.toThrow(/refused the password/);
  });

  it("is left alone by other processes while its own lives", async () => {
    const other = otherProcess(place);
    await other.opened;
    expect(await other.finish()).toBe(0);
    const session = await (await server.createDatabase()).connect("owner");
    expect((await session.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await session.close();
  });

  it("is gone once closed, however often", async () => {
    await Promise.all([server.close(), server.close()]);
    await server.close();
    expect(remains(place)).toEqual([]);
  });
});

describe("a dbwright that is killed", () => {
  it("leaves no server: the supervisor stops it", async () => {
    const other = otherProcess(place);
    const { server, dataDir } = await other.opened;
    expect(runs(server)).toBe(true);
    other.child.kill("SIGKILL");
    await eventually(`server ${server} and ${dataDir} are gone`, () => !runs(server) && remains(place).length === 0);
  });

  it("leaves a server when its supervisor is killed too, which the next run clears", async () => {
    const other = otherProcess(place);
    const { server, supervisor } = await other.opened;
    process.kill(supervisor, "SIGKILL");
    await eventually("the supervisor is gone", () => !runs(supervisor));
    other.child.kill("SIGKILL");
    await eventually("dbwright is gone", () => !runs(other.child.pid ?? 0));
    expect(runs(server)).toBe(true);
    const next = await openServer(requestFor(place.cacheDir));
    await eventually("the leftover server is gone", () => !runs(server));
    await next.close();
    expect(remains(place)).toEqual([]);
  });

  it("stops its server itself when only the supervisor was killed", async () => {
    const other = otherProcess(place);
    const { server, supervisor } = await other.opened;
    process.kill(supervisor, "SIGKILL");
    expect(await other.finish()).toBe(0);
    await eventually("the server is gone", () => !runs(server));
    expect(remains(place)).toEqual([]);
  });
});

describe("an abort", () => {
  async function check(
    request: (abort: () => void) => Parameters<typeof requestFor>[1],
    in_ms?: number,
  ): Promise<void> {
    // So that each try also runs initdb.
    rmSync(join(place.cacheDir, "templates"), { recursive: true, force: true });
    const controller = new AbortController();
    const reason = new Error("Ctrl-C");
    const parts = { ...request(() => controller.abort(reason)), signal: controller.signal };
    if (in_ms !== undefined) setTimeout(() => controller.abort(reason), in_ms);
    const outcome = await openServer(requestFor(place.cacheDir, parts)).catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toBe(reason);
    else await (outcome as TwinServer).close();
    expect(remains(place)).toEqual([]);
  }

  it("before anything, during initdb and during the start leaves nothing behind", async () => {
    await check((abort) => (abort(), {}));
    for (const phase of [/^preparing/, /^starting/]) {
      await check((abort) => ({ progress: listening((title) => phase.test(title) && abort()) }));
    }
  });

  it("at any other moment leaves nothing behind", async () => {
    for (const in_ms of [20, 100, 250, 400, 500, 600, 700]) await check(() => ({}), in_ms);
  });
});

describe("accounts", () => {
  it.skipIf(!isRoot)("as root, the server runs as nobody, in a place that nobody can reach", async () => {
    const other = otherProcess(place);
    const { server } = await other.opened;
    expect(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${server}/status`, "utf8"))?.[1]).toBe("65534");
    await other.finish();
    const hidden = playground();
    chmodSync(hidden.temporary, 0o700);
    const chosen = await workplace(hidden.cacheDir);
    expect(chosen.dir.startsWith(hidden.temporary)).toBe(false);
    expect(await reachable(chosen.dir, chosen.account)).toBe(true);
    hidden.remove();
  });

  it.skipIf(!isRoot)("as a normal user, the server runs as that user", async ({ skip }) => {
    if (!(await reachable(ROOT, NOBODY))) skip("the account nobody cannot reach this repository");
    const users = playground(NOBODY);
    const other = otherProcess(users, NOBODY);
    const { server, version } = await other.opened;
    expect(version).toBe("18.4");
    expect(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${server}/status`, "utf8"))?.[1]).toBe("65534");
    expect(await other.finish()).toBe(0);
    expect(remains(users)).toEqual([]);
    users.remove();
  });
});

describe("a request that cannot be met", () => {
  const failures: readonly [string, number, (cacheDir: string) => string, RegExp, number][] = [
    ["a major that is not offered", 14, (dir) => dir, /PostgreSQL 14 is not offered/, 2],
    ["a cache directory below a file", 18, () => "/etc/passwd/cache", /\/etc\/passwd|cannot/, 3],
  ];
  it.each(failures)("%s", async (_, major, cacheDir, message, exitCode) => {
    if (isRoot && exitCode === 3) return;
    const error: unknown = await openServer(requestFor(cacheDir(place.cacheDir), { major })).catch(
      (problem: unknown) => problem,
    );
    expect(error).toMatchObject({ exitCode });
    expect((error as Error).message).toMatch(message);
  });
});
