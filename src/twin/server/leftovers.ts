import { execFile } from "node:child_process";
import { readFile, readdir, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import type { Workplace } from "./account.ts";
import { OWNER_FILE, parseOwner, standingOf } from "./owner.ts";

/** The start of every socket directory's name. */
export const SOCKET_DIR_PREFIX = "dbw-";

/** The file in a server's directory that names its socket directory. */
export const SOCKET_FILE = "socket";

// A directory is claimed within moments of being made; one without an owner for this long lost it then.
const UNCLAIMED_AGE_MS = 10 * 60_000;
// The supervisor touches the owner file every ten minutes, wherever it runs.
const HEARTBEAT_AGE_MS = 24 * 3_600_000;

/**
 * Removes what dead dbwright processes left in a workplace: running servers, their directories, and
 * half-made templates and binaries. What belongs to a living process, or to one of another machine that
 * cannot be looked at, stays. Returns the directories removed; never throws.
 */
export async function clearLeftovers(place: Workplace): Promise<readonly string[]> {
  const candidates: string[] = [];
  for (const folder of ["servers", "templates", "engines"]) {
    const names = await readdir(join(place.dir, folder)).catch(() => []);
    const mine = folder === "servers" ? names : names.filter((name) => name.startsWith(".new-"));
    candidates.push(...mine.map((name) => join(place.dir, folder, name)));
  }
  const removed: string[] = [];
  for (const dir of candidates) {
    if (!(await abandoned(dir))) continue;
    await removeServer(dir).then(
      () => removed.push(dir),
      // Not ours to remove, or busy: the next run tries again.
      () => {},
    );
  }
  return removed;
}

/** Whether a directory's owner has died; one without an owner, or with one elsewhere, is judged by its age. */
export async function abandoned(dir: string): Promise<boolean> {
  const file = join(dir, OWNER_FILE);
  const owner = parseOwner(await readFile(file, "utf8").catch(() => ""));
  const standing = owner === null ? "unknown" : standingOf(owner);
  if (standing !== "unknown") return standing === "dead";
  const touched = await stat(owner === null ? dir : file).catch(() => null);
  if (touched === null) return false;
  return Date.now() - touched.mtimeMs > (owner === null ? UNCLAIMED_AGE_MS : HEARTBEAT_AGE_MS);
}

/** Stops the server of a directory, if one still runs, and removes the directory and its socket directory. */
export async function removeServer(dir: string): Promise<void> {
  await stopByFile(join(dir, "data"));
  const socketDir = await readFile(join(dir, SOCKET_FILE), "utf8").catch(() => "");
  const gone = { recursive: true, force: true, maxRetries: 5 } as const;
  if (basename(socketDir).startsWith(SOCKET_DIR_PREFIX)) await rm(socketDir, gone);
  await rm(dir, gone);
}

// postmaster.pid: the server's process number, then its data directory. The number may since have gone
// to another process, so that process's own command line must name the directory too.
async function stopByFile(dataDir: string): Promise<void> {
  const text = await readFile(join(dataDir, "postmaster.pid"), "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  if (!Number.isSafeInteger(pid) || pid <= 1 || !(await isServerOf(pid, dataDir))) return;
  process.kill(pid, "SIGQUIT");
  for (let waited_ms = 0; await isServerOf(pid, dataDir); waited_ms += 50) {
    if (waited_ms === 8000) process.kill(pid, "SIGKILL");
    if (waited_ms > 10_000) throw new Error(`the server with process number ${pid} does not end`);
    await delay(50);
  }
}

async function isServerOf(pid: number, dataDir: string): Promise<boolean> {
  const line = process.platform === "linux" ? await procCommand(pid) : await psCommand(pid);
  return line.includes(dataDir);
}

async function procCommand(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ");
}

async function psCommand(pid: number): Promise<string> {
  const listed = await promisify(execFile)("ps", ["-o", "command=", "-p", String(pid)]).catch(() => null);
  return listed?.stdout ?? "";
}
