import { spawn } from "node:child_process";
import type { Account } from "./account.ts";

/** What a program left behind. */
export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a program. */
export interface ProgramOptions {
  readonly cwd?: string;
  /** The whole environment of the program; without it, dbwright's own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly account?: Account | null;
  /** Ends the program with SIGTERM; the promise rejects with the signal's reason once it has ended. */
  readonly signal?: AbortSignal;
  readonly timeout_ms?: number;
  /** Its standard input; nothing unless given. */
  readonly input?: string;
}

const OUTPUT_CHARACTERS_MAX = 1_000_000;

/** Runs a program to its end. Rejects only when it could not be started or was aborted. */
export async function run(program: string, args: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
  options.signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.account == null ? {} : { uid: options.account.uid, gid: options.account.gid }),
      ...(options.timeout_ms === undefined ? {} : { timeout: options.timeout_ms }),
      // npm is a command file on Windows, which only a shell can start.
      shell: program.endsWith(".cmd"),
    });
    const abort = (): void => void child.kill("SIGTERM");
    options.signal?.addEventListener("abort", abort, { once: true });
    // A program that ends without reading its input is no failure of ours.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    const kept = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (kept.stdout.length < OUTPUT_CHARACTERS_MAX) kept.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (kept.stderr.length < OUTPUT_CHARACTERS_MAX) kept.stderr += text;
    });
    child.on("error", (error) => {
      options.signal?.removeEventListener("abort", abort);
      reject(error);
    });
    child.on("close", (code) => {
      options.signal?.removeEventListener("abort", abort);
      if (options.signal?.aborted === true) reject(options.signal.reason as Error);
      else resolve({ code, ...kept });
    });
  });
}
