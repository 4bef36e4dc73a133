import type { PauseSwitch } from "../../model/action.ts";
import type { Progress } from "../../model/progress.ts";

/** What resting needs of a run. */
export interface Resting {
  /** Null where nobody can ask for it. */
  readonly pauses: PauseSwitch | null;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/**
 * Rests, between two transactions, for as long as the user wants it; an abort ends that. The session stays open and
 * keeps the lock of the one runner, and no lock on any table. True when it rested.
 */
export async function restWhilePaused({ pauses, signal, progress }: Resting): Promise<boolean> {
  if (pauses?.paused !== true || signal.aborted) return false;
  const task = progress.start("resting until SIGUSR2");
  await pauses.ended(signal);
  task.done();
  return true;
}
