import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./program.ts";

/** A program found on the search path. */
export interface FoundTool {
  readonly path: string;
  /** The first version number it prints; null when it prints none. */
  readonly version: string | null;
}

/** Finds a program by the first of its names that is on the search path, and asks it for its version. */
export async function findTool(
  names: readonly string[],
  searchPath: readonly string[],
  signal: AbortSignal,
): Promise<FoundTool | null> {
  const suffix = process.platform === "win32" ? ".exe" : "";
  for (const name of names) {
    for (const dir of searchPath) {
      const path = join(dir, `${name}${suffix}`);
      const runnable = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (!runnable) continue;
      const said = await run(path, ["--version"], { timeout_ms: 10_000, signal }).catch(() => null);
      signal.throwIfAborted();
      return { path, version: /\d+(?:\.\d+)+/.exec(said?.stdout ?? "")?.[0] ?? null };
    }
  }
  return null;
}
