import { chown, lstat, mkdir, readFile, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unavailable } from "../../model/error.ts";
import { diskProblem } from "./files.ts";

/** The operating-system account the server runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Where binaries, templates and data directories live, and as whom the server runs. */
export interface Workplace {
  readonly dir: string;
  /** Null: the account dbwright itself runs as. PostgreSQL refuses root, so root lends it to `nobody`. */
  readonly account: Account | null;
}

/**
 * Chooses the {@link Workplace}: the cache directory itself, unless dbwright runs as root and `nobody`
 * cannot reach it (a 0700 home); then a directory that it can.
 * Throws a `DbwrightError` (exit 3) when no directory can be used.
 */
export async function workplace(cacheDir: string): Promise<Workplace> {
  if (process.getuid?.() !== 0) {
    await mkdir(cacheDir, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw diskProblem(error, cacheDir, "create the cache directory");
    });
    return { dir: await realpath(cacheDir), account: null };
  }
  const account = await nobody();
  for (const dir of [cacheDir, "/var/cache/dbwright", join(tmpdir(), "dbwright-root")]) {
    const usable = await prepared(dir, account);
    if (usable !== null) return { dir: usable, account };
  }
  throw unavailable({
    what: "no directory for the twin's server that the account nobody can reach",
    where: cacheDir,
    expected: "a directory owned by root, writable by nobody else, whose parents everyone may enter",
    mend: "run dbwright as a normal user, name such a cache directory, or use --twin URL",
  });
}

/** Hands a path to the server's account; nothing to do when that is dbwright's own. */
export async function give(path: string, account: Account | null): Promise<void> {
  if (account !== null) await chown(path, account.uid, account.gid);
}

/** Whether an account may enter every directory on the way to `path`, and `path` itself. */
export async function reachable(path: string, account: Account | null): Promise<boolean> {
  if (account === null) return true;
  for (let dir = path; ; dir = dirname(dir)) {
    const { mode, uid, gid } = await lstat(dir);
    const needed = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & needed) === 0) return false;
    if (dir === dirname(dir)) return true;
  }
}

// initdb looks its user up by number, so the account must have an entry; `nobody` always has one.
async function nobody(): Promise<Account> {
  const passwd = await readFile("/etc/passwd", "utf8").catch(() => "");
  const entry = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(passwd);
  if (entry === null) {
    throw unavailable({
      what: "PostgreSQL refuses to run as root, and this machine has no account named nobody",
      where: "/etc/passwd",
      mend: "run dbwright as a normal user, or name a server with --twin URL",
    });
  }
  return { uid: Number(entry[1]) >>> 0, gid: Number(entry[2]) >>> 0 };
}

// A directory that somebody else can write to could hold somebody else's binaries.
async function prepared(dir: string, account: Account): Promise<string | null> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o755 });
    const real = await realpath(dir);
    const { uid, mode } = await lstat(real);
    return uid === 0 && (mode & 0o022) === 0 && (await reachable(real, account)) ? real : null;
  } catch {
    return null;
  }
}
