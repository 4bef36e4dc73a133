import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ActionContext } from "../../model/action.ts";
import { silentProgress } from "../../model/progress.ts";
import type { Progress } from "../../model/progress.ts";
import type { TwinRequest } from "../server.ts";

/** The repository's root. */
export const ROOT: string = fileURLToPath(new URL("../../..", import.meta.url));

/** A private place for a test file: a cache with spaces and non-ASCII in its path, and a temporary directory. */
export interface Playground {
  readonly cacheDir: string;
  readonly temporary: string;
  remove(): void;
}

/** Makes a {@link Playground} that every account can reach, and makes it this process's temporary directory. */
export function playground(owner?: { readonly uid: number; readonly gid: number }): Playground {
  const temporary = mkdtempSync(join(existsSync("/tmp") ? "/tmp" : tmpdir(), "dbt-"));
  chmodSync(temporary, 0o777);
  const cacheDir = join(temporary, "a cache für Zwillinge");
  if (owner === undefined) mkdirSync(cacheDir, { mode: 0o755 });
  return { cacheDir, temporary, remove: () => rmSync(temporary, { recursive: true, force: true, maxRetries: 5 }) };
}

/** A request with neutral parts. */
export function requestFor(cacheDir: string, parts: Partial<TwinRequest> = {}): TwinRequest {
  return {
    major: 18,
    url: null,
    cacheDir,
    searchPath: [],
    signal: new AbortController().signal,
    progress: silentProgress,
    ...parts,
  };
}

/** A progress that calls back at each task's start and keeps all notes. */
export function listening(onStart: (title: string) => void = () => {}): Progress & { readonly notes: string[] } {
  const notes: string[] = [];
  return {
    notes,
    start: (title) => {
      onStart(title);
      return silentProgress.start(title);
    },
    note: (message) => void notes.push(message),
  };
}

/** What an action may know in a playground; `parts` go before. */
export function contextIn(
  place: Pick<Playground, "cacheDir" | "temporary">,
  parts: Partial<ActionContext> = {},
): ActionContext & { readonly progress: ReturnType<typeof listening> } {
  return {
    cwd: place.temporary,
    cacheDir: place.cacheDir,
    searchPath: (process.env["PATH"] ?? "").split(delimiter),
    signal: new AbortController().signal,
    stdin: async () => "",
    ...parts,
    progress: listening(),
  };
}

/** What another dbwright process says about the server it opened. */
export interface Opened {
  readonly version: string;
  readonly dataDir: string;
  readonly server: number;
  readonly supervisor: number;
  readonly url: string;
}

/** Another process that opens a server, says so, and holds it until it is told to go on or is killed. */
export interface OtherProcess {
  readonly child: ChildProcess;
  readonly opened: Promise<Opened>;
  /** Lets it close the server and end; its exit code. */
  finish(): Promise<number | null>;
}

const PROGRAM = `
import { readFileSync } from "node:fs";
import { openServer } from ${JSON.stringify(pathToFileURL(join(ROOT, "src/twin/server/open.ts")).href)};
const silent = { start: () => ({ update() {}, done() {}, failed() {} }), note() {} };
const server = await openServer({ ...JSON.parse(process.env.REQUEST), signal: new AbortController().signal, progress: silent });
const database = await server.createDatabase();
const pid = Number.parseInt(readFileSync(server.dataDir + "/postmaster.pid", "utf8"), 10);
const stat = readFileSync("/proc/" + pid + "/stat", "utf8");
const supervisor = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
console.log(JSON.stringify({ version: server.version, dataDir: server.dataDir, server: pid, supervisor, url: database.url("owner") }));
await new Promise((resolve) => process.stdin.once("data", resolve));
await server.close();
process.exit(0);
`;

/** Starts an {@link OtherProcess}, as another account where one is given. */
export function otherProcess(
  place: Playground,
  account: { readonly uid: number; readonly gid: number } | null = null,
): OtherProcess {
  const { signal: _, progress: __, ...request } = requestFor(place.cacheDir);
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", PROGRAM], {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "inherit"],
    env: {
      PATH: process.env["PATH"],
      TMPDIR: place.temporary,
      HOME: place.temporary,
      REQUEST: JSON.stringify(request),
    },
    ...account,
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const opened = new Promise<Opened>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", (line) => resolve(JSON.parse(line) as Opened));
    void exited.then((code) => reject(new Error(`the other process ended with ${code}`)));
  });
  opened.catch(() => {});
  return {
    child,
    opened,
    finish: async () => {
      child.stdin.write("go on\n");
      return exited;
    },
  };
}

/** Waits until a condition holds; fails after half a minute with `what`. */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1500; tries += 1) {
    if (condition()) return;
    await delay(20);
  }
  throw new Error(`not so after 30 s: ${what}`);
}

/** Whether a process runs (a zombie does not). */
export function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** What a playground holds besides finished templates and binaries: must be nothing once all is closed. */
export function remains(place: Playground): readonly string[] {
  const list = (dir: string): string[] => (existsSync(dir) ? readdirSync(dir).map((name) => join(dir, name)) : []);
  return [
    ...list(join(place.cacheDir, "servers")),
    ...["engines", "templates"].flatMap((folder) =>
      list(join(place.cacheDir, folder)).filter((path) => path.includes(".new-")),
    ),
    ...list(place.temporary).filter((path) => path.includes("/dbw-")),
    ...processesOf(place),
  ];
}

// PostgreSQL processes whose command line names the playground.
function processesOf(place: Playground): readonly string[] {
  return (existsSync("/proc") ? readdirSync("/proc") : [])
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return command.includes(dirname(place.cacheDir)) && /postgres|initdb/.test(command)
          ? [`process ${command}`]
          : [];
      } catch {
        return [];
      }
    });
}
