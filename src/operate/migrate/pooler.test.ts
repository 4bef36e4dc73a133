import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../engines/postgres/driver.ts";
import { DbwrightError } from "../../model/error.ts";
import type { TwinDatabase, TwinServer } from "../../twin/server.ts";
import { openRunnerSession } from "./connection.ts";
import { openTestServer } from "./testing.test-data.ts";

const PROGRAM = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"].find((path) =>
  existsSync(path),
);

let server: TwinServer;
let database: TwinDatabase;
let folder: string;

beforeAll(async () => {
  server = await openTestServer();
  database = await server.createDatabase();
  folder = mkdtempSync(join(tmpdir(), "dbt-pool-"));
  chmodSync(folder, 0o755);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server.close();
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function pooled(
  mode: "transaction" | "statement" | "session",
  size: number,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const own = new URL(database.url("owner"));
  const port = await freePort();
  const host = own.searchParams.get("host") ?? own.hostname;
  const line = `host=${host} port=${own.port === "" ? (own.searchParams.get("port") ?? "5432") : own.port} user=${own.username} password=${decodeURIComponent(own.password)}`;
  const config = join(folder, `${mode}-${size}.ini`);
  const text = `[databases]\n${database.name} = ${line}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = any\npool_mode = ${mode}\ndefault_pool_size = ${size}\nignore_startup_parameters = extra_float_digits,options\n`;
  writeFileSync(config, text);
  chmodSync(config, 0o644);
  // It refuses to run as root.
  const account = process.getuid?.() === 0 ? nobody() : {};
  const child: ChildProcess = spawn(PROGRAM ?? "", ["-q", config], { stdio: "ignore", ...account });
  const url = `postgres://${own.username}@127.0.0.1:${port}/${database.name}`;
  for (let tries = 0; ; tries++) {
    const session = await connect({ url }).catch((error: unknown) => error);
    if (!(session instanceof Error) && typeof session === "object" && session !== null && "close" in session) {
      await (session as { close(): Promise<void> }).close();
      break;
    }
    if (tries > 100) throw session;
    await delay(50);
  }
  const gone = new Promise((resolve) => child.once("exit", resolve));
  return {
    url,
    stop: async () => {
      child.kill("SIGINT");
      await Promise.race([gone, delay(2000)]);
      child.kill("SIGKILL");
      await gone;
    },
  };
}

function nobody(): { readonly uid: number; readonly gid: number } {
  const id = (flag: string): number => Number(spawnSync("id", [flag, "nobody"], { encoding: "utf8" }).stdout);
  return { uid: id("-u"), gid: id("-g") };
}

describe.skipIf(PROGRAM === undefined)("through PgBouncer (skipped without it: apt-get install pgbouncer)", () => {
  test.each([
    [1, "transaction"],
    [5, "transaction"],
    [5, "statement"],
  ] as const)("a pool of %d whose sessions change with each %s is refused and explained", async (size, mode) => {
    const pool = await pooled(mode, size);
    try {
      const error = await openRunnerSession(pool.url, () => {}).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(DbwrightError);
      expect(error).toMatchObject({ exitCode: 3 });
      expect((error as Error).message).toContain("goes through a proxy that pools transactions");
    } finally {
      await pool.stop();
    }
  });

  test("a pool that keeps sessions apart is good enough, and said", async () => {
    const pool = await pooled("session", 5);
    try {
      const notes: string[] = [];
      const session = await openRunnerSession(pool.url, (text) => notes.push(text));
      await session.close();
      expect(notes).toEqual(["the connection goes through a proxy that keeps sessions apart"]);
    } finally {
      await pool.stop();
    }
  });
});

test("a connection to the server itself has no remark", async () => {
  const notes: string[] = [];
  const session = await openRunnerSession(database.url("owner"), (text) => notes.push(text));
  await session.close();
  expect(notes).toEqual([]);
});
