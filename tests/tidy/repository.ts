import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { treeOf } from "./tree.ts";
import type { Tree } from "./tree.ts";

/** The root of the repository. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

const TEXT =
  /(?:\.(?:ts|js|mjs|cjs|json|md|yaml|yml|sql|sh|html|css|svg|txt)|(?:^|\/)(?:\.gitignore|LICENSE|run|install|services))$/;
const NOT_OURS = new Set(["node_modules", "dist", ".git", "coverage"]);

function walkFolder(folder: string, prefix: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) return walkFolder(join(folder, entry.name), `${path}/`);
    return entry.isFile() ? [path] : [];
  });
}

// What is committed or about to be. A copy without git (an unpacked archive) is walked instead.
function listPaths(): string[] {
  try {
    const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: ROOT,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      maxBuffer: 64 * 1024 * 1024,
    });
    return listed.split("\0").filter((path) => path !== "" && existsSync(join(ROOT, path)));
  } catch {
    return walkFolder(ROOT, "");
  }
}

/** The repository as it lies on disk. */
export function readRepository(): Tree {
  const files: Record<string, string> = {};
  const others: string[] = [];
  for (const path of listPaths()) {
    if (TEXT.test(path)) files[path] = readFileSync(join(ROOT, path), "utf8");
    else others.push(path);
  }
  return treeOf(files, others);
}
