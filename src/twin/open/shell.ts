import { spawn } from "node:child_process";

/**
 * Runs psql on this process's own terminal until it ends; what it ends with, null when a signal ended it. When `signal`
 * is aborted psql is ended, and the promise rejects with the reason. Rejects when it cannot be started.
 */
export async function runShell(psql: string, url: string, signal: AbortSignal): Promise<number | null> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(psql, [url], { stdio: "inherit" });
    const abort = (): void => void child.kill("SIGTERM");
    signal.addEventListener("abort", abort, { once: true });
    child.on("error", (error) => {
      signal.removeEventListener("abort", abort);
      reject(error);
    });
    child.on("close", (code) => {
      signal.removeEventListener("abort", abort);
      if (signal.aborted) reject(signal.reason as Error);
      else resolve(code);
    });
  });
}
