import type { Style } from "../../model/action.ts";
import type { Progress, ProgressTask } from "../../model/progress.ts";

/** What the progress needs of standard error. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A {@link Progress} drawn on a stream, to be stopped when the command ends. */
export interface DrawnProgress extends Progress {
  /** Clears the line under way and stops redrawing. */
  stop(): void;
}

interface Running {
  readonly title: string;
  readonly total: number | undefined;
  readonly startedAt_ms: number;
  finished: number;
  detail: string;
}

// Below two seconds a remaining time is noise; the issue with estimates is that they jump early on.
const REMAINING_AFTER_MS = 2_000;
// Without a terminal, long tasks still say that they live, but not so often as to fill a CI log.
const PLAIN_HEARTBEAT_MS = 10_000;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** Seconds for people: `0.4 s`, `12 s`, `3 min 20 s`. */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** The state of a task in words: share done, remaining time, what is at hand. */
function stateOf(task: Running, now_ms: number): string {
  const elapsed_ms = now_ms - task.startedAt_ms;
  const parts: string[] = [];
  if (task.total !== undefined && task.total > 0) {
    const share = Math.min(1, task.finished / task.total);
    parts.push(`${Math.floor(share * 100)} %`);
    if (elapsed_ms > REMAINING_AFTER_MS && share > 0 && share < 1) {
      parts.push(`about ${duration((elapsed_ms * (1 - share)) / share)} left`);
    }
  }
  if (elapsed_ms > REMAINING_AFTER_MS) parts.push(duration(elapsed_ms));
  if (task.detail !== "") parts.push(task.detail);
  return parts.join(" · ");
}

/** Text for a terminal: names of files and objects are somebody else's, and none of their control characters gets there. */
export function shown(text: string): string {
  return text.replaceAll(/(?!\n)\p{Cc}/gu, " ");
}

/** Draws progress: one living line on a terminal, one line per finished task elsewhere; nothing when `quiet`. */
export function drawProgress(stream: ProgressStream, style: Style, quiet: boolean): DrawnProgress {
  const running = new Set<Running>();
  const living = stream.isTTY === true && !quiet;
  let frame = 0;
  const say = (line: string): void => {
    if (quiet) return;
    stream.write(living ? `\r\u001B[K${line}\n` : `${line}\n`);
  };
  const redraw = (): void => {
    const task = [...running].at(-1);
    if (task === undefined) return;
    frame = (frame + 1) % FRAMES.length;
    const line = `${FRAMES[frame]} ${task.title}  ${stateOf(task, Date.now())}`;
    stream.write(`\r\u001B[K${line.slice(0, (stream.columns ?? 80) - 1)}`);
  };
  const heartbeat = (): void => {
    for (const task of running) say(`  ${task.title}: ${stateOf(task, Date.now())}`);
  };
  const timer = quiet ? undefined : setInterval(living ? redraw : heartbeat, living ? 80 : PLAIN_HEARTBEAT_MS);
  timer?.unref();
  const end = (task: Running, mark: string, summary: string | undefined): void => {
    if (!running.delete(task)) return;
    const took = duration(Date.now() - task.startedAt_ms);
    say(`${mark} ${task.title}${summary === undefined ? "" : `: ${summary}`} ${style.dim(took)}`);
  };
  return {
    start: (title, total): ProgressTask => {
      const task: Running = { title: shown(title), total, startedAt_ms: Date.now(), finished: 0, detail: "" };
      running.add(task);
      if (living) redraw();
      return {
        update: (finished, detail) => {
          task.finished = finished;
          // It stands in one line.
          task.detail = shown(detail ?? "").replaceAll("\n", " ");
        },
        done: (summary) => end(task, style.green("✔"), summary),
        failed: (summary) => end(task, style.red("✘"), summary),
      };
    },
    note: (message) => say(`${style.yellow("›")} ${shown(message)}`),
    stop: () => {
      clearInterval(timer);
      if (living && running.size > 0) stream.write("\r\u001B[K");
      running.clear();
    },
  };
}
