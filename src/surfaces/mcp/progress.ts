import type { Progress, ProgressTask } from "../../model/progress.ts";

/** Sends one progress notification. */
export type Notify = (progress: number, message: string) => void;

// A client draws it for a person: four a second are enough.
const INTERVAL_MS = 250;

/**
 * Tells a client how far a call is. MCP wants a number that only grows; tasks run one after another and side by
 * side with totals of their own, so the number counts what was told, and the message says how far each is.
 */
export function notifyingProgress(notify: Notify): Progress {
  let told = 0;
  let toldAt_ms = -Infinity;
  const tell = (message: string): void => {
    toldAt_ms = performance.now();
    notify(++told, message);
  };
  return {
    start: (title, total): ProgressTask => {
      tell(title);
      return {
        update: (finished, detail) => {
          if (performance.now() - toldAt_ms < INTERVAL_MS) return;
          const share =
            total === undefined || total <= 0 ? "" : ` ${Math.floor(Math.min(1, finished / total) * 100)} %`;
          tell(`${title}:${share}${detail === undefined ? "" : ` ${detail}`}`);
        },
        done: (summary) => tell(`${title}: ${summary ?? "done"}`),
        failed: (summary) => tell(`${title}: ${summary ?? "failed"}`),
      };
    },
    note: (message) => tell(message),
  };
}
