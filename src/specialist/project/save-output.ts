import { writeFile } from "node:fs/promises";
import { unavailable } from "../../model/error.ts";

const MENDS: Readonly<Record<string, string>> = {
  ENOENT: "make the folder first",
  EACCES: "choose a place that you may write to",
  EROFS: "choose a place that can be written to",
  EISDIR: "name a file, not a folder",
  ENOSPC: "free some space",
};

/**
 * Writes what the user asked for to the file that they named; `shown` is that name as they gave it. Throws
 * `unavailable` (exit 3) with what to do about it.
 */
export async function saveOutput(path: string, shown: string, data: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, data);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw unavailable(
      {
        what: `the output cannot be written (${code})`,
        where: shown,
        ...(MENDS[code] === undefined ? {} : { mend: MENDS[code] }),
      },
      { cause: error },
    );
  }
}
