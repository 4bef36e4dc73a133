import type { PauseSwitch } from "../../model/action.ts";

/** The signals by which a run is asked to rest and to go on. */
export interface PauseSignals {
  /** Begins to listen; undefined where the system has no such signals (Windows). */
  readonly listen: (() => PauseSwitch) | undefined;
  /** Leaves the signals to what they do otherwise. */
  release(): void;
}

/**
 * SIGUSR1 pauses, SIGUSR2 goes on. Nothing listens before an action asks for it: without a listener SIGUSR1 starts
 * Node's inspector and SIGUSR2 ends the process, which are its own business. `say` is told what was asked for.
 */
export function pauseSignals(
  say: (text: string) => void,
  platform: NodeJS.Platform = process.platform,
  from: Pick<NodeJS.Process, "on" | "off"> = process,
): PauseSignals {
  let paused = false;
  let listening = false;
  const waiting = new Set<() => void>();
  const pause = (): void => {
    if (!paused) say("SIGUSR1: resting after the batch or step at hand, until SIGUSR2");
    paused = true;
  };
  const goOn = (): void => {
    if (paused) say("SIGUSR2: going on");
    paused = false;
    for (const wake of waiting) wake();
  };
  const listen = (): PauseSwitch => {
    if (!listening) {
      from.on("SIGUSR1", pause);
      from.on("SIGUSR2", goOn);
      listening = true;
    }
    return {
      get paused(): boolean {
        return paused;
      },
      ended: (signal) =>
        new Promise<void>((resolve) => {
          if (!paused || signal.aborted) return resolve();
          const wake = (): void => {
            waiting.delete(wake);
            signal.removeEventListener("abort", wake);
            resolve();
          };
          waiting.add(wake);
          signal.addEventListener("abort", wake, { once: true });
        }),
    };
  };
  return {
    listen: platform === "win32" ? undefined : listen,
    release: () => {
      from.off("SIGUSR1", pause);
      from.off("SIGUSR2", goOn);
    },
  };
}
