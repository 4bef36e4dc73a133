import { constants, existsSync, copyFileSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DbwrightError, unavailable } from "../../model/error.ts";
import { claim } from "./owner.ts";

const MENDS: Readonly<Record<string, string>> = {
  ENOSPC: "free about 200 MB there, or name another cache directory",
  EDQUOT: "free about 200 MB of your quota, or name another cache directory",
  EACCES: "name a cache directory that you may write to",
  EPERM: "name a cache directory that you may write to",
  EROFS: "name a cache directory on a file system that can be written",
  ENOTDIR: "name a cache directory whose parents are directories",
};

/** A file-system error as a `DbwrightError` (exit 3) that says which path and how to mend it. */
export function diskProblem(error: unknown, where: string, task: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const mend = code === undefined ? undefined : MENDS[code];
  if (error instanceof DbwrightError || mend === undefined) return error;
  const why = code === "ENOSPC" || code === "EDQUOT" ? "no space is left" : `the system says ${code}`;
  return unavailable({ what: `cannot ${task}: ${why}`, where, mend }, { cause: error });
}

// Less than a server writes in its first moments.
const ROOM_BYTES_MIN = 32 * 1024 * 1024;

/**
 * What to say of a program that failed in `where`: that the disk is full, when it is (programs say it in many
 * ways, or abort), else `otherwise`.
 */
export async function fullDiskOr(where: string, task: string, otherwise: () => Error): Promise<unknown> {
  const room = await statfs(where).catch(() => null);
  const full = room !== null && room.bavail * room.bsize < ROOM_BYTES_MIN;
  return full ? diskProblem(Object.assign(new Error("full"), { code: "ENOSPC" }), where, task) : otherwise();
}

/** How {@link copyTree} makes each entry of the copy. */
interface Copying {
  file(source: string, target: string): void;
  /** Called when the directory is there and empty, with mode 0700. */
  directory(target: string): void;
}

/**
 * Copies a tree; symbolic links stay what they are. Synchronous on purpose: a thousand small files take half
 * the time that way.
 */
export function copyTree(from: string, to: string, copying: Copying): void {
  mkdirSync(to, { mode: 0o700 });
  copying.directory(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) copyTree(source, target, copying);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else copying.file(source, target);
  }
}

/** Copies one file; it shares blocks with its origin where the file system can. */
export function copyFile(source: string, target: string): void {
  copyFileSync(source, target, constants.COPYFILE_FICLONE);
}

/** Calls `visit` on a directory and all directories and files below it; symbolic links are left out. */
export function visitTree(dir: string, visit: (path: string, isDirectory: boolean) => void): void {
  visit(dir, true);
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) visitTree(path, visit);
    else if (entry.isFile()) visit(path, false);
  }
}

/**
 * Makes a directory all at once: `build` fills a private one beside it, which is then renamed. Of two
 * processes that build the same, the later one throws its own away. A failure leaves nothing.
 */
export async function buildOnce(target: string, task: string, build: (dir: string) => Promise<void>): Promise<void> {
  let work: string | null = null;
  try {
    await mkdir(dirname(target), { recursive: true });
    work = await mkdtemp(join(dirname(target), ".new-"));
    await claim(work);
    const made = join(work, "made");
    await mkdir(made);
    // Whatever the umask: the server's account must get through.
    await Promise.all([chmod(work, 0o755), chmod(made, 0o755)]);
    await build(made);
    await rename(made, target).catch((error: unknown) => {
      if (!existsSync(target)) throw error;
    });
  } catch (error) {
    throw diskProblem(error, dirname(target), task);
  } finally {
    if (work !== null) await rm(work, { recursive: true, force: true });
  }
}
