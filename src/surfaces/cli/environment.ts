import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import type { ActionContext } from "../../model/action.ts";
import type { Progress } from "../../model/progress.ts";
import { confirmer } from "./confirm.ts";

/**
 * The user's cache directory for dbwright: DBWRIGHT_CACHE, else what the platform expects
 * (XDG base directories, ~/Library/Caches, %LOCALAPPDATA%), else a folder under the temporary directory.
 */
export function cacheDirOf(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): string {
  const own = env["DBWRIGHT_CACHE"];
  if (own !== undefined && own !== "") return own;
  const home = homedir();
  if (platform === "win32") return join(env["LOCALAPPDATA"] ?? join(home, "AppData", "Local"), "dbwright", "Cache");
  if (platform === "darwin") return join(home, "Library", "Caches", "dbwright");
  const xdg = env["XDG_CACHE_HOME"];
  if (xdg !== undefined && xdg.startsWith("/")) return join(xdg, "dbwright");
  return home === "" || home === "/" ? join(tmpdir(), "dbwright-cache") : join(home, ".cache", "dbwright");
}

/**
 * What an action gets when the command line runs it; `mayAsk`: questions may be put to the person at the terminal;
 * `pauses`: how it is asked to rest; `foreground`: how it gets the terminal to itself.
 */
export function contextOf(
  progress: Progress,
  signal: AbortSignal,
  mayAsk = false,
  pauses?: ActionContext["pauses"],
  foreground?: ActionContext["foreground"],
): ActionContext {
  const confirm = mayAsk
    ? confirmer({ input: process.stdin, output: process.stderr }, signal, () => process.kill(process.pid, "SIGINT"))
    : undefined;
  return {
    cwd: process.cwd(),
    cacheDir: cacheDirOf(process.env, process.platform),
    searchPath: (process.env["PATH"] ?? "").split(delimiter).filter((entry) => entry !== ""),
    signal,
    progress,
    stdin: () => text(process.stdin),
    ...(confirm === undefined ? {} : { confirm }),
    ...(pauses === undefined ? {} : { pauses }),
    ...(foreground === undefined ? {} : { foreground }),
  };
}

/** Thrown through an action when the user asks to stop. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly exitCode: number;

  constructor(signalName: "SIGINT" | "SIGTERM" | "SIGHUP") {
    super(`stopped by ${signalName}`);
    // 128 + signal number, as shells report it.
    this.exitCode = 128 + { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }[signalName];
  }
}

/**
 * A signal that aborts on Ctrl-C, SIGTERM and SIGHUP. The second time the process ends at once: servers
 * are still stopped, since their supervisor notices.
 */
export function interruptible(): {
  readonly signal: AbortSignal;
  readonly foreground: NonNullable<ActionContext["foreground"]>;
  release(): void;
} {
  const controller = new AbortController();
  let inFront: AbortController | null = null;
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const handlers = names.map((name) => {
    const handler = (): void => {
      const reason = new Interrupted(name);
      if (name === "SIGINT" && inFront !== null) {
        inFront.abort(reason);
        return;
      }
      if (controller.signal.aborted) process.exit(reason.exitCode);
      controller.abort(reason);
    };
    process.on(name, handler);
    return { name, handler };
  });
  return {
    signal: controller.signal,
    foreground: async (work) => {
      inFront = new AbortController();
      try {
        return await work(inFront.signal);
      } finally {
        inFront = null;
      }
    },
    release: () => {
      for (const { name, handler } of handlers) process.off(name, handler);
    },
  };
}
