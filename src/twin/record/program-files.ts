import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createJiti } from "jiti";
import type { RecordTask } from "./recorded.ts";

/** A migration that was loaded: what its file exports. */
export interface LoadedProgram {
  /** Relative to the folder. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  readonly exports: object;
}

/** A migration whose file does not load. */
export interface UnloadedProgram {
  readonly file: string;
  readonly error: unknown;
}

/** Loads a folder's migrations as their tools do: TypeScript and both kinds of modules. */
export async function loadPrograms(
  task: RecordTask,
): Promise<{ readonly loaded: readonly LoadedProgram[]; readonly unloaded: readonly UnloadedProgram[] }> {
  const jiti = createJiti(join(task.dir, "migrations.js"), { fsCache: false, interopDefault: false });
  const loaded: LoadedProgram[] = [];
  const unloaded: UnloadedProgram[] = [];
  for (const file of task.files) {
    const path = join(task.dir, file);
    const text = readFileSync(path, "utf8");
    if (file.endsWith(".sql")) {
      loaded.push({ file, path, text, exports: {} });
      continue;
    }
    try {
      loaded.push({ file, path, text, exports: withoutDefault(await jiti.import<object>(path)) });
    } catch (error) {
      unloaded.push({ file, error });
    }
  }
  return { loaded, unloaded };
}

// CommonJS through import(), and `export default { up, down }`: what counts lies below `default`.
function withoutDefault(exports: object): object {
  const inner = (exports as { readonly default?: unknown }).default;
  if (typeof inner !== "object" || inner === null) return exports;
  return { ...inner, ...exports };
}
