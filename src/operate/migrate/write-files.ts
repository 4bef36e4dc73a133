import { mkdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { unavailable } from "../../model/error.ts";

const BESIDE = ".dbwright-new";

/**
 * Writes files below a folder, all or none: beside their places first, then into them. Where that fails, at a full disk
 * or a folder that may not be written, what was there is as it was. Throws `unavailable` (exit 3).
 *
 * @param files texts by path, relative to the folder.
 */
export async function writeFiles(dir: string, files: ReadonlyMap<string, string>): Promise<void> {
  const prepared: string[] = [];
  const made: string[] = [];
  const placed: { readonly target: string; readonly before: Buffer | null }[] = [];
  try {
    for (const [path, text] of files) {
      const target = join(dir, path);
      // The first folder that was not there; those below it go with it.
      const first = await mkdir(dirname(target), { recursive: true });
      if (first !== undefined)
        for (let at = dirname(target); at.length >= first.length; at = dirname(at)) made.push(at);
      prepared.push(target);
      await writeFile(`${target}${BESIDE}`, text, { flag: "wx" });
    }
    for (const target of prepared) {
      const before = await readFile(target).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return null;
        throw error;
      });
      await rename(`${target}${BESIDE}`, target);
      placed.push({ target, before });
    }
  } catch (error) {
    for (const { target, before } of placed)
      await (before === null ? rm(target, { force: true }) : writeFile(target, before)).catch(() => {});
    for (const target of prepared) await rm(`${target}${BESIDE}`, { force: true }).catch(() => {});
    for (const folder of made) await rmdir(folder).catch(() => {});
    const { code, message } = error as NodeJS.ErrnoException;
    throw unavailable({ what: `the migration cannot be written: ${code ?? message}`, where: dir }, { cause: error });
  }
}
