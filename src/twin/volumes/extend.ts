import { open, stat } from "node:fs/promises";
import { isAbsolute, join, normalize } from "node:path";
import { unavailable } from "../../model/error.ts";
import { segmentSizes } from "./size.ts";

/**
 * Extends a relation's main file to `pages` as a sparse file, which takes no room on the disk; never
 * shortens one. `path` is what `pg_relation_filepath` gives, relative to the data directory. New segments
 * get the owner and mode of the first, so that the server may open them.
 *
 * Throws `unavailable` when the file system refuses files of that size.
 */
export async function extendRelation(dataDir: string, path: string, pages: number): Promise<void> {
  const relative = normalize(path);
  if (isAbsolute(relative) || relative.startsWith("..")) throw new Error("a relation's path leaves the data directory");
  const main = join(dataDir, relative);
  const owner = await stat(main);
  for (const [index, bytes] of segmentSizes(pages).entries()) {
    const file = await open(index === 0 ? main : `${main}.${index}`, index === 0 ? "r+" : "a", owner.mode & 0o777);
    try {
      if (index > 0 && process.getuid?.() === 0) await file.chown(owner.uid, owner.gid);
      if ((await file.stat()).size < bytes) await file.truncate(bytes);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === undefined) throw error;
      throw unavailable(
        {
          what: `a scratch table's file cannot be extended to ${pages} pages (${code})`,
          expected: "a cache directory on a file system with sparse files",
        },
        { cause: error },
      );
    } finally {
      await file.close();
    }
  }
}
