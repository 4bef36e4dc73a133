import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { abandoned } from "./leftovers.ts";
import { claim } from "./owner.ts";

/**
 * Makes a folder of this process's own, readable by nobody else, in the temporary directory, and removes
 * those of the same purpose that killed processes of this user left there. The caller removes the folder.
 * `purpose` is a word for its name; `parent` is the system's temporary directory unless stated.
 */
export async function scratchFolder(purpose: string, parent: string = tmpdir()): Promise<string> {
  const prefix = `dbwright-${purpose}-`;
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(prefix))) {
    const dir = join(parent, name);
    if ((await ours(dir)) && (await abandoned(dir))) {
      // Busy, or already gone: the next run tries again.
      await rm(dir, { recursive: true, force: true }).catch(() => {});
    }
  }
  const dir = await mkdtemp(join(parent, prefix));
  await claim(dir);
  return dir;
}

// Anybody may put names into the temporary directory; only our own directories are looked into.
async function ours(dir: string): Promise<boolean> {
  const found = await lstat(dir).catch(() => null);
  return found !== null && found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid());
}
