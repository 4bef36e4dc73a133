/*
 * Compiles `src` to `dist`. The old `dist` stays in place until the new one is whole, so that a failed or
 * concurrent build never leaves a checkout without a command.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "src");
const dist = join(root, "dist");
const next = join(root, `dist.next-${process.pid}`);
const old = join(root, `dist.old-${process.pid}`);

function compile(): number {
  const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
  const { status } = spawnSync(
    process.execPath,
    [join(typescript, "bin", "tsc"), "-p", join(root, "tsconfig.build.json"), "--outDir", next],
    { cwd: root, stdio: "inherit" },
  );
  return status ?? 1;
}

// What the code reads at run time beside itself (templates, grammars): everything in src that tsc does not compile.
function copyAssets(): void {
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || [".ts", ".md"].includes(extname(entry.name))) continue;
    const from = join(entry.parentPath, entry.name);
    const to = join(next, relative(source, from));
    mkdirSync(dirname(to), { recursive: true });
    cpSync(from, to);
  }
}

function swap(): void {
  try {
    renameSync(dist, old);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  renameSync(next, dist);
}

// `npx dbwright` in a checkout looks into node_modules/.bin first. Without a link there, npm would lay the checkout
// into its cache and build it once more. Where links are not to be had, that is what happens.
function linkCommand(): void {
  const link = join(root, "node_modules", ".bin", "dbwright");
  try {
    rmSync(link, { force: true });
    symlinkSync(join("..", "..", "bin", "dbwright.js"), link);
  } catch {
    process.stderr.write("build: no link to the command in node_modules/.bin; npx takes the long way\n");
  }
}

try {
  const status = compile();
  if (status === 0) {
    copyAssets();
    swap();
    linkCommand();
  } else {
    process.stderr.write("build: the types do not hold; dist is as it was\n");
    process.exitCode = 1;
  }
} finally {
  rmSync(next, { recursive: true, force: true });
  rmSync(old, { recursive: true, force: true });
}
