import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** The room a directory takes on disk, in bytes; what cannot be read counts as nothing. Sparse files count as what they hold. */
export async function diskUsage_bytes(dir: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(dir, { recursive: true }).catch(() => [])) {
    const stats = await lstat(join(dir, entry)).catch(() => null);
    bytes += (stats?.blocks ?? 0) * 512;
  }
  return bytes;
}
