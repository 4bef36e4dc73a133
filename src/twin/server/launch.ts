import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chownSync } from "node:fs";
import { chmod, mkdir, readFile, statfs, writeFile } from "node:fs/promises";
import { randomBytes, randomInt } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connect } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { unavailable } from "../../model/error.ts";
import type { TwinRequest } from "../server.ts";
import { give, reachable } from "./account.ts";
import type { Workplace } from "./account.ts";
import { hrefOf } from "./database.ts";
import type { Engine } from "./engine.ts";
import { copyFile, copyTree, diskProblem, fullDiskOr } from "./files.ts";
import { SOCKET_DIR_PREFIX, SOCKET_FILE, removeServer } from "./leftovers.ts";
import { OWNER_FILE, claim } from "./owner.ts";
import { supervise } from "./supervisor.ts";
import type { Supervision } from "./supervisor.ts";
import { ADMIN, SERVER_ENV } from "./template.ts";
import type { Template } from "./template.ts";

/** A server of dbwright's own, ready for connections. */
export interface RunningServer {
  /** Host (a socket directory, or the loopback address) and port. */
  readonly address: { readonly host: string; readonly port: number };
  readonly dataDir: string;
  readonly adminPassword: string;
  /** Stops it and removes its files. Idempotent. */
  stop(): Promise<void>;
}

/** The connection string for a server of dbwright's own, as the `pg` package and libpq both read it. */
export function localUrl(
  address: RunningServer["address"],
  as: { readonly user: string; readonly password: string; readonly database: string; readonly options?: string },
): string {
  const { host, port } = address;
  const target = new URL(`postgresql://localhost:${port}`);
  target.username = as.user;
  target.password = as.password;
  target.pathname = `/${as.database}`;
  if (host.startsWith("/")) target.searchParams.set("host", host);
  else target.hostname = host;
  // Said outright, lest PGSSLMODE in the user's environment asks for what a socket does not have.
  target.searchParams.set("sslmode", "disable");
  if (as.options !== undefined) target.searchParams.set("options", as.options);
  return hrefOf(target);
}

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 12_000;

/**
 * Starts a server on a copy of the template, under a supervisor that stops it when dbwright ends in
 * whatever way. Throws a `DbwrightError` (exit 3) with the end of the server's log when it does not
 * start, and the signal's reason when aborted; either way nothing is left.
 */
export async function launch(
  engine: Engine,
  template: Template,
  place: Workplace,
  request: Pick<TwinRequest, "signal" | "preload">,
): Promise<RunningServer> {
  const { signal, preload = [] } = request;
  const dir = join(place.dir, "servers", randomBytes(6).toString("hex"));
  const supervisor = startSupervisor();
  const watch = watchServer(supervisor);
  try {
    signal.throwIfAborted();
    const address = await prepare(dir, template, place);
    signal.throwIfAborted();
    supervisor.stdin?.write(`${JSON.stringify(await supervision(engine, dir, { address, preload }, place))}\n`);
    const adminPassword = randomBytes(24).toString("base64url");
    await firstSession(address, template.password, adminPassword, { signal, watch, dir, engine });
    unref(supervisor);
    let stopped: Promise<void> | null = null;
    return {
      address,
      dataDir: join(dir, "data"),
      adminPassword,
      stop: () => (stopped ??= stop(supervisor, dir)),
    };
  } catch (error) {
    await stop(supervisor, dir);
    throw error;
  }
}

// Directory, data and socket directory, each noted in the one before it exists, so that a crash at any
// moment leaves only what the next run can find.
async function prepare(dir: string, template: Template, place: Workplace): Promise<RunningServer["address"]> {
  const { account } = place;
  try {
    await mkdir(dir, { recursive: true });
    await claim(dir);
    await chmod(dir, 0o755);
    await chmod(join(place.dir, "servers"), 0o755);
    const own = (path: string): void => {
      if (account !== null) chownSync(path, account.uid, account.gid);
    };
    const file = (source: string, target: string): void => {
      copyFile(source, target);
      own(target);
    };
    copyTree(template.dataDir, join(dir, "data"), { file, directory: own });
  } catch (error) {
    throw diskProblem(error, dir, "copy the template of the data directory");
  }
  if (process.platform === "win32") return { host: "127.0.0.1", port: randomInt(49_152, 65_536) };
  // A socket's path may hold 107 bytes at most (103 on macOS), and a cache directory may be long.
  const temporary = tmpdir();
  const plain = /^[\w/.-]{1,60}$/.test(temporary) && (await reachable(temporary, account));
  const socketDir = join(plain ? temporary : "/tmp", `${SOCKET_DIR_PREFIX}${randomBytes(6).toString("hex")}`);
  try {
    await writeFile(join(dir, SOCKET_FILE), socketDir, { mode: 0o600 });
    await mkdir(socketDir, { mode: 0o700 });
    await give(socketDir, account);
  } catch (error) {
    throw diskProblem(error, socketDir, "create the socket directory");
  }
  return { host: socketDir, port: 5432 };
}

async function supervision(
  engine: Engine,
  dir: string,
  { address, preload }: { readonly address: RunningServer["address"]; readonly preload: readonly string[] },
  place: Workplace,
): Promise<Supervision> {
  const dataDir = join(dir, "data");
  const local = address.host.startsWith("/");
  const settings: Readonly<Record<string, string | number>> = {
    listen_addresses: local ? "" : address.host,
    port: address.port,
    ...(local ? { unix_socket_directories: `"${address.host}"`, unix_socket_permissions: "0700" } : {}),
    // Durability is worth nothing here. Planner settings stay as they are: plans must be production's.
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    wal_init_zero: "off",
    max_wal_size: "4GB",
    // A checkpoint removes the log instead of keeping it for later use.
    min_wal_size: "4MB",
    wal_recycle: "off",
    checkpoint_timeout: "1h",
    // Files may be extended sparsely to stand for large tables; nothing may scan them unasked.
    autovacuum: "off",
    ...(preload.length === 0 ? {} : { shared_preload_libraries: preload.join(",") }),
    shared_buffers: "128MB",
    max_connections: 50,
    // A schema of 5,000 tables is dropped or copied in one transaction.
    max_locks_per_transaction: 1024,
    dynamic_shared_memory_type: await sharedMemoryType(),
    timezone: "UTC",
    log_timezone: "UTC",
    lc_messages: "C",
    // The server's own events, but no failed statement: those hold values.
    log_min_messages: "log",
    log_min_error_statement: "panic",
  };
  return {
    program: join(engine.binDir, process.platform === "win32" ? "postgres.exe" : "postgres"),
    args: ["-D", dataDir, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    env: SERVER_ENV,
    uid: place.account?.uid ?? null,
    gid: place.account?.gid ?? null,
    logFile: join(dir, "server.log"),
    remove: local ? [address.host, dir] : [dir],
    heartbeatFile: join(dir, OWNER_FILE),
    pgCtl: join(engine.binDir, "pg_ctl"),
    dataDir,
  };
}

// Containers often come with 64 MB of /dev/shm, too little for a parallel hash join.
async function sharedMemoryType(): Promise<"posix" | "mmap" | "windows"> {
  if (process.platform === "win32") return "windows";
  if (process.platform !== "linux") return "posix";
  const room = await statfs("/dev/shm").catch(() => null);
  return room !== null && room.bavail * room.bsize >= 256 * 1024 * 1024 ? "posix" : "mmap";
}

// Detached: Ctrl-C in the terminal reaches dbwright alone, which then stops the server in order.
function startSupervisor(): ChildProcess {
  // Some TypeScript runners wrap inner functions in a call of __name.
  const program = `const __name = (f) => f; (${supervise.toString()})()`;
  return spawn(process.execPath, ["--eval", program], {
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
    windowsHide: true,
    cwd: "/",
    env: {},
  });
}

/** Why the server is not running any more; null while it may be. */
interface Watch {
  ended: string | null;
}

function watchServer(supervisor: ChildProcess): Watch {
  const watch: Watch = { ended: null };
  supervisor.on("exit", (code, signal) => (watch.ended ??= `its supervisor ended (${signal ?? code})`));
  supervisor.on("error", (error) => (watch.ended ??= error.message));
  supervisor.stdin?.on("error", () => {});
  supervisor.stdout?.setEncoding("utf8").on("data", (text: string) => {
    const reason = /^(?:failed|ended) (.*)$/m.exec(text);
    if (reason !== null) watch.ended ??= reason[0];
  });
  return watch;
}

interface Start {
  readonly signal: AbortSignal;
  readonly watch: Watch;
  readonly dir: string;
  readonly engine: Engine;
}

// Ready is what answers: tries to connect until it does, and changes the template's password at once.
async function firstSession(
  address: RunningServer["address"],
  templatePassword: string,
  password: string,
  start: Start,
): Promise<void> {
  const url = localUrl(address, { user: ADMIN, password: templatePassword, database: "postgres" });
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let session: Session | null = null;
  while (session === null) {
    start.signal.throwIfAborted();
    session = await connect({ url, connectTimeout_ms: 5000 }).catch(() => null);
    if (session !== null) break;
    if (start.watch.ended !== null || Date.now() > deadline) throw await startProblem(start);
    await delay(10);
  }
  try {
    // Letters, digits, - and _ only: no quoting needed.
    await session.execute(`alter role ${ADMIN} password '${password}'`);
  } finally {
    await session.close();
  }
}

async function startProblem({ watch, dir, engine }: Start): Promise<unknown> {
  const log = await readFile(join(dir, "server.log"), "utf8").catch(() => "");
  const lines = log.trim().split("\n").slice(-4).join("; ");
  return fullDiskOr(dir, "start the server", () =>
    unavailable({
      what: `PostgreSQL ${engine.version} did not start: ${watch.ended ?? "no answer within a minute"}`,
      where: engine.binDir,
      mend: `${lines === "" ? "mend what keeps it from starting" : `mend what its last words name (${lines})`}, or name a server with --twin URL`,
    }),
  );
}

// So that a caller who forgets to close the server does not hang at its end.
function unref(supervisor: ChildProcess): void {
  supervisor.unref();
  for (const pipe of [supervisor.stdin, supervisor.stdout]) (pipe as unknown as { unref(): void } | null)?.unref();
}

async function stop(supervisor: ChildProcess, dir: string): Promise<void> {
  if (supervisor.exitCode === null && supervisor.signalCode === null && supervisor.pid !== undefined) {
    supervisor.ref();
    const ended = new Promise<void>((resolve) => supervisor.once("exit", () => resolve()));
    supervisor.stdin?.end();
    const patience = new AbortController();
    const late = delay(STOP_TIMEOUT_MS, undefined, { signal: patience.signal }).then(
      () => supervisor.kill("SIGKILL"),
      () => {},
    );
    await Promise.race([ended, late]);
    patience.abort();
  }
  supervisor.stdout?.destroy();
  // Nothing to do, unless the supervisor was killed.
  await removeServer(dir).catch(() => {});
}
