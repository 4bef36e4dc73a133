/** One measured figure, beside a peer measured in the same run where there is one. */
export interface Figure {
  /** What was measured: `dbwright --version, whole process`. */
  readonly what: string;
  readonly seconds: number;
  /** What it is compared with, measured under the same load. */
  readonly peer: { readonly what: string; readonly seconds: number } | null;
  /** What it should stay under: seconds, or times the peer. Null where nothing is promised. */
  readonly goal: { readonly seconds: number } | { readonly timesPeer: number } | null;
}

/** What a bench hands back. One that prints its own figures hands back nothing. */
export interface BenchResult {
  /** How it was measured, in a sentence. */
  readonly method: string;
  readonly figures: readonly Figure[];
}

/** The middle of several measurements (the lower of the two middle ones where they are even). */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new Error("nothing was measured");
  return middle;
}

const time = (seconds: number): string =>
  seconds < 1 ? `${(seconds * 1000).toFixed(0)} ms` : `${seconds.toFixed(2)} s`;

/** A figure as a line: time, ratio to the peer, and whether the goal holds. */
export function figureText({ what, seconds, peer, goal }: Figure): string {
  const ratio =
    peer === null ? "" : `  ${(seconds / peer.seconds).toFixed(2)}× of ${peer.what} (${time(peer.seconds)})`;
  return `  ${what.padEnd(44)} ${time(seconds).padStart(9)}${ratio}${goalText(seconds, peer, goal)}`;
}

function goalText(seconds: number, peer: Figure["peer"], goal: Figure["goal"]): string {
  if (goal === null) return "";
  const limit_s = "seconds" in goal ? goal.seconds : goal.timesPeer * (peer?.seconds ?? Number.NaN);
  const goalName = "seconds" in goal ? time(goal.seconds) : `${goal.timesPeer.toFixed(1)}×`;
  return `  goal ${goalName}: ${seconds <= limit_s ? "met" : "MISSED"}`;
}
