/*
 * Compiles `src` to `dist`, and bundles the command line into `dist/cli`. The old `dist` stays in place until the new
 * one is whole, so that a failed or concurrent build never leaves a checkout without a command.
 *
 * `--if-stale` (how `prepare` calls it) does nothing where `dist` is younger than all it is made from:
 * npm runs `prepare` again when `npx dbwright` is used in a checkout for the first time.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleCommandLine } from "./build/bundle.ts";
import { buildExplainPage } from "./build/explain-page.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "src");
const dist = join(root, "dist");
const next = join(root, `dist.next-${process.pid}`);
const old = join(root, `dist.old-${process.pid}`);
const startedAt = new Date();

// A folder's time tells of files that went.
function isCurrent(): boolean {
  const builtAt_ms = statSync(dist, { throwIfNoEntry: false })?.mtimeMs;
  if (builtAt_ms === undefined) return false;
  const entries = readdirSync(source, { recursive: true, encoding: "utf8" }).map((name) => join(source, name));
  const settings = [
    "package.json",
    "tsconfig.json",
    "tsconfig.build.json",
    "scripts/build.ts",
    "scripts/build/bundle.ts",
    "scripts/build/explain-page.ts",
    "scripts/build/explain-page/main.js",
  ];
  const inputs = [source, ...entries, ...settings.map((name) => join(root, name))];
  return inputs.every((path) => (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < builtAt_ms);
}

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
  // The time of the sources that were compiled: what changes while the compiler runs is younger.
  utimesSync(next, startedAt, startedAt);
  try {
    renameSync(dist, old);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  renameSync(next, dist);
}

async function build(): Promise<void> {
  try {
    if (compile() === 0) {
      copyAssets();
      await bundleCommandLine(root, next);
      await buildExplainPage(root, join(next, "specialist/explain/page.html"));
      swap();
    } else {
      process.stderr.write("build: the types do not hold; dist is as it was\n");
      process.exitCode = 1;
    }
  } finally {
    rmSync(next, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}

if (!process.argv.includes("--if-stale") || !isCurrent()) await build();
