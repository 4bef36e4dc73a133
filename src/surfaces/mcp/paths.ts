import { existsSync } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, normalize, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { invalid } from "../../model/error.ts";
import { looksLikeSql } from "../../sql/looks-like-sql.ts";

/** Throws `invalid` for a path or source that a tool may not reach. `where` is the input it stands in. */
export type Admit = (text: string, where: string) => Promise<void>;

/** The folder that tools work in, links followed; throws `invalid` when it is no folder. */
export async function rootFolder(root: string, cwd: string): Promise<string> {
  const path = resolve(cwd, root);
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() === true) return await realpath(path);
  throw invalid({
    what: found === null ? "there is no such folder" : "it is not a folder",
    where: `--root ${root}`,
    expected: "the folder that tools may read and write",
  });
}

/**
 * Keeps paths and sources inside `root`, an absolute path without links. Any text is taken for a path unless it is
 * the URL of a server, a JSON document or an SQL statement (no action looks for a file of such a name), so that an input nobody thought of is judged too. Links are followed.
 */
export function confinedTo(root: string): Admit {
  const refuse = (text: string, where: string): Error =>
    invalid({
      what: `${JSON.stringify(text)} is outside the folder that this server was started for`,
      where,
      expected: "a path inside it, relative to it",
      mend: "copy the file there, or start the server with --allow-outside",
    });
  const admitPath = async (path: string, text: string, where: string): Promise<void> => {
    const absolute = resolve(root, path);
    if (!path.includes("\0") && isInside(root, absolute) && isInside(root, await realPathOf(absolute))) return;
    throw refuse(text, where);
  };
  return async (text, where) => {
    if (isJsonDocument(text) || looksLikeSql(text)) return;
    const git = /^git:[^:]*:(.*)$/s.exec(text);
    if (git !== null) {
      if (!isGitPathInside(root, git[1] ?? "")) throw refuse(text, where);
      return;
    }
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
    if (scheme === "file") return await admitPath(pathOfFileUrl(text) ?? "..", text, where);
    if (scheme === "sqlite") return await admitPath(text.replace(/^sqlite:(?:\/\/)?/i, ""), text, where);
    if (scheme === undefined || !/^[a-z0-9+.-]+:\/\//i.test(text)) return await admitPath(text, text, where);
    for (const path of filesOfUrl(text)) await admitPath(path, "the certificate's path in the URL", where);
  };
}

function isJsonDocument(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Not JSON: a name with a brace.
    return false;
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

// Of a file that is not there yet, the real path of what is, with the rest as it was given.
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || parent === path) throw error;
    return join(await realPathOf(parent), basename(path));
  }
}

// A path in a commit counts from the top of the repository, which may lie above the root.
function isGitPathInside(root: string, path: string): boolean {
  if (existsSync(join(root, ".git"))) return true;
  return path.startsWith("./") && !/^\.\.(?:\/|$)/.test(normalize(path).replaceAll("\\", "/"));
}

function pathOfFileUrl(text: string): string | null {
  try {
    return fileURLToPath(text);
  } catch {
    // A host, or an encoded separator: nothing that lies inside.
    return null;
  }
}

// The files that a PostgreSQL URL has the driver read.
function filesOfUrl(text: string): readonly string[] {
  if (!URL.canParse(text)) return [];
  const { searchParams } = new URL(text);
  return ["sslcert", "sslkey", "sslrootcert", "passfile"].flatMap((name) => searchParams.getAll(name));
}
