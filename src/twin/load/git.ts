import { execFile } from "node:child_process";
import { invalid, unavailable } from "../../model/error.ts";

const BYTES_MAX = 512 * 1024 * 1024;

/**
 * The bytes of a file as a commit holds it, `path` relative to the repository's root (or to `cwd` when it
 * begins with `./`). Reads the object itself: no filter or program that the repository configures is run.
 * Throws `invalid` (exit 2) when there is no such revision or file, `unavailable` (exit 3) without git.
 */
export async function gitFile(rev: string, path: string, cwd: string, signal: AbortSignal): Promise<Buffer> {
  const where = `git:${rev}:${path}`;
  if (rev.startsWith("-")) throw invalid({ what: "a revision cannot begin with a dash", where });
  return await new Promise((resolve, reject) => {
    const options = { cwd, signal, encoding: "buffer" as const, maxBuffer: BYTES_MAX, windowsHide: true };
    execFile("git", ["cat-file", "blob", `${rev}:${path}`], options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      if (signal.aborted) return reject(signal.reason as Error);
      const { code } = error as { code?: unknown };
      if (code === "ENOENT") {
        return reject(
          unavailable({ what: "git is not installed, or the working directory is gone", where, mend: "install git" }),
        );
      }
      const reason =
        stderr
          .toString()
          .trim()
          .split("\n")[0]
          ?.replace(/^fatal: /, "") ?? "";
      const expected =
        "a revision and a path from the repository's root, e.g. git:main:db/schema.sql (./ for a path from here)";
      return reject(
        invalid({ what: `git cannot read it: ${reason === "" ? "no reason given" : reason}`, where, expected }),
      );
    });
  });
}
