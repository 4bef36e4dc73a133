import type { Execution } from "../../model/workload.ts";
import type { MeasuredTrial } from "../../tune/measurements.ts";
import type { Run, Stopwatch } from "./stopwatch.ts";

/** One way of running a query. */
export interface Side {
  /** Statements that make the database what it is on this side, e.g. DROP INDEX. They are rolled back. */
  readonly prelude: readonly string[];
  readonly executions: readonly Execution[];
}

/** A query that is timed in two ways, in turns. Both have as many executions. */
export interface Trial {
  readonly id: string;
  readonly before: Side;
  readonly after: Side;
}

/** Limits of a trial. */
export interface TrialLimits {
  /** Of one run, in milliseconds. */
  readonly limit_ms: number;
  /** When to begin no further run, on the clock of `performance.now()`. */
  readonly until_ms: number;
  readonly signal: AbortSignal;
}

/** Each draw is run so often on each side where time allows; the median counts, so that a cold first run does not. */
const RUNS = 3;
/** Short ones are run more often, as long as all runs together take no longer than this. */
const SHORT_MS = 300;
const RUNS_MAX = 9;

interface Draw {
  readonly before: number[];
  readonly after: number[];
  cutBefore: boolean;
  cutAfter: boolean;
}

/** Runs a trial. Its statements come from outside: they run as the scratch database's owner and are rolled back. */
export async function runTrial(watch: Stopwatch, trial: Trial, limits: TrialLimits): Promise<MeasuredTrial> {
  const draws = trial.after.executions.map((): Draw => ({ before: [], after: [], cutBefore: false, cutAfter: false }));
  const uses = new Set<string>();
  const started = performance.now();
  let refused: string | null = draws.length === 0 ? "no values of its parameters are known" : null;
  let rounds = 0;
  while (rounds < RUNS_MAX && refused === null && performance.now() < limits.until_ms) {
    if (rounds >= RUNS && performance.now() - started > SHORT_MS) break;
    // The side that comes first finds colder caches: it is not always the same one.
    for (const side of rounds % 2 === 0 ? (["before", "after"] as const) : (["after", "before"] as const)) {
      await watch.begin(trial[side].prelude, limits.limit_ms);
      for (const [place, draw] of draws.entries()) {
        limits.signal.throwIfAborted();
        const execution = trial[side].executions[place];
        if (execution === undefined || isOver(draw, side) || performance.now() > limits.until_ms) continue;
        const run = await watch.run(execution);
        refused ??= take(draw, side, run);
        if (run.ok && side === "after") for (const id of run.uses) uses.add(id);
      }
      await watch.rest();
    }
    rounds++;
  }
  return summary(trial.id, draws, uses, limits.limit_ms, refused);
}

// What did not end once would not the next time.
const isOver = (draw: Draw, side: "before" | "after"): boolean => (side === "before" ? draw.cutBefore : draw.cutAfter);

function take(draw: Draw, side: "before" | "after", run: Run): string | null {
  if (run.ok) draw[side].push(run.ms);
  else if (run.reason === "refused") return run.why;
  else if (side === "before") draw.cutBefore = true;
  else draw.cutAfter = true;
  return null;
}

function summary(
  id: string,
  draws: readonly Draw[],
  uses: ReadonlySet<string>,
  limit_ms: number,
  refused: string | null,
): MeasuredTrial {
  const ended = refused === null ? draws.filter(({ before, after }) => before.length > 0 && after.length > 0) : [];
  const cut = draws.filter(({ cutBefore, cutAfter }) => cutBefore || cutAfter);
  const mean = (side: "before" | "after"): number | null => meanOf(ended.map((draw) => median(draw[side])));
  const runs = [...ended, ...cut].flatMap(({ before, after }) => [before.length, after.length]).filter((n) => n > 0);
  const isCut = cut.length > 0 && ended.length === 0;
  if (refused !== null) for (const draw of draws) draw.after.length = 0;
  const why =
    refused ??
    (isCut && cut.every(({ cutBefore, cutAfter }) => cutBefore && cutAfter)
      ? `it was cut off after ${limit_ms / 1000} s, with the new indexes and without`
      : ended.length === 0 && !isCut
        ? "the time for measuring was over before its turn"
        : null);
  return {
    id,
    draws: ended.length,
    runs: runs.length === 0 ? 0 : Math.min(...runs),
    msBefore: mean("before"),
    // Where it never ended before, it has a time only now.
    msAfter: mean("after") ?? meanOf(draws.flatMap(({ after }) => (after.length > 0 ? [median(after)] : []))),
    cutOff: {
      before: draws.filter(({ cutBefore }) => cutBefore).length,
      after: draws.filter(({ cutAfter }) => cutAfter).length,
      limit_ms,
    },
    uses: [...uses],
    why,
  };
}

const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

/** The middle one; of an even number the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}
