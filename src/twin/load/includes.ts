import { readFile, realpath } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { scriptParts } from "../../sql/split.ts";
import type { ScriptText } from "./report.ts";
import { decodeText } from "./text.ts";

const INCLUDE = /^\\(?:i|ir|include|include_relative)[ \t]+(?:'([^']+)'|"([^"]+)"|(\S+))[ \t\r]*\n?$/;
const DEPTH_MAX = 20;

/**
 * A script as the texts that psql would run: `\i` and `\ir` of files in the script's own folder, or below it,
 * are replaced by those files. Others stay, and are reported by the load. `\i` is taken relative to the
 * including file first, then to the first one: psql's own rule hangs on where it was started.
 */
export async function withIncludes(path: string, shown: string, text: string): Promise<readonly ScriptText[]> {
  const whole = { file: shown, text, line: 1, continues: false };
  if (!/^\\i(?:r|nclude|nclude_relative)?[ \t]/m.test(text)) return [whole];
  const root = await realpath(dirname(path));
  const texts: ScriptText[] = [];
  const visit = async (file: string, name: string, content: string, depth: number): Promise<void> => {
    let pending = "";
    let line = 1;
    const flush = (): void => {
      if (pending !== "") texts.push({ file: name, text: pending, line, continues: texts.length > 0 });
      pending = "";
    };
    for (const part of scriptParts(content, name)) {
      const match = part.kind === "meta" ? INCLUDE.exec(part.text) : null;
      const target = match?.[1] ?? match?.[2] ?? match?.[3];
      const included = target === undefined || depth >= DEPTH_MAX ? null : await inside(root, dirname(file), target);
      if (included === null) {
        if (pending === "") line = part.line;
        pending += part.text;
        continue;
      }
      flush();
      const inner = relative(root, included);
      await visit(included, join(dirname(shown), inner), decodeText(await readFile(included), inner), depth + 1);
    }
    flush();
  };
  await visit(join(root, "script"), shown, text, 0);
  return texts;
}

// The real path of an included file when it lies in the folder, links followed; else null.
async function inside(root: string, from: string, target: string): Promise<string | null> {
  if (isAbsolute(target)) return null;
  for (const base of [from, root]) {
    try {
      const path = await realpath(join(base, target));
      if (path.startsWith(root + sep)) return path;
    } catch {
      // The next base may have it.
    }
  }
  return null;
}
