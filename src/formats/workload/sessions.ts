import type { WorkloadPattern } from "../../model/workload.ts";

/** Times in a row, without another transaction's pause, from which the same statement is a burst. */
export const BURST_MIN = 10;
/** A pause that ends a burst: what belongs to one request of an application follows faster. */
const PAUSE_MS = 1_000;
/** Statements after which a stretch is looked at anyway, so that memory is bounded. */
const STRETCH_MAX = 2_000;
const SESSIONS_MAX = 5_000;
const PATTERNS_MAX = 50;

interface Stretch {
  last_ms: number | null;
  readonly events: { readonly id: string; readonly values: string }[];
}

interface Burst {
  bursts: number;
  statements: number;
  longest: number;
  readonly parents: Map<string, number>;
}

interface Repeat {
  stretches: number;
  wasted: number;
}

/**
 * Watches each session's statements in order for what an application does in loops: one statement for each row of
 * another (N+1), and the same statement with the same values again and again. Bounded in memory.
 */
export class SessionWatch {
  readonly #stretches = new Map<string, Stretch>();
  readonly #bursts = new Map<string, Burst>();
  readonly #repeats = new Map<string, Repeat>();

  /** A statement that reads or writes rows. `values` null: not known, so that repeats cannot be told. */
  add(session: string, id: string, values: readonly (string | null)[] | null, at_ms: number | null): void {
    let stretch = this.#stretches.get(session);
    if (stretch === undefined) {
      if (this.#stretches.size >= SESSIONS_MAX) this.end();
      stretch = { last_ms: null, events: [] };
      this.#stretches.set(session, stretch);
    }
    const paused = at_ms !== null && stretch.last_ms !== null && at_ms - stretch.last_ms > PAUSE_MS;
    if (paused || stretch.events.length >= STRETCH_MAX) this.#close(stretch);
    stretch.last_ms = at_ms ?? stretch.last_ms;
    stretch.events.push({ id, values: values === null ? "?" : JSON.stringify(values) });
  }

  /** Looks at what is still open. */
  end(): void {
    for (const stretch of this.#stretches.values()) this.#close(stretch);
    this.#stretches.clear();
  }

  patterns(): WorkloadPattern[] {
    this.end();
    const bursts = [...this.#bursts].toSorted(([, a], [, b]) => b.statements - a.statements);
    const repeats = [...this.#repeats].toSorted(([, a], [, b]) => b.wasted - a.wasted);
    return [
      ...bursts.slice(0, PATTERNS_MAX).map(([id, burst]) => burstPattern(id, burst)),
      ...repeats.slice(0, PATTERNS_MAX).map(([id, repeat]) => repeatPattern(id, repeat)),
    ];
  }

  #close({ events }: Stretch): void {
    const counts = new Map<string, { count: number; first: number; readonly values: Map<string, number> }>();
    for (const [place, { id, values }] of events.entries()) {
      const known = counts.get(id) ?? { count: 0, first: place, values: new Map<string, number>() };
      known.count++;
      known.values.set(values, (known.values.get(values) ?? 0) + 1);
      counts.set(id, known);
    }
    for (const [id, { count, first, values }] of counts) {
      const differing = values.has("?") ? count : values.size;
      if (differing >= BURST_MIN)
        this.#burst(id, differing, events.slice(0, first).findLast((one) => one.id !== id)?.id);
      const wasted = values.has("?") ? 0 : count - values.size;
      if (wasted >= BURST_MIN) {
        const repeat = this.#repeats.get(id) ?? { stretches: 0, wasted: 0 };
        this.#repeats.set(id, { stretches: repeat.stretches + 1, wasted: repeat.wasted + wasted });
      }
    }
    events.length = 0;
  }

  #burst(id: string, count: number, parent: string | undefined): void {
    const burst = this.#bursts.get(id) ?? { bursts: 0, statements: 0, longest: 0, parents: new Map<string, number>() };
    burst.bursts++;
    burst.statements += count;
    burst.longest = Math.max(burst.longest, count);
    if (parent !== undefined) burst.parents.set(parent, (burst.parents.get(parent) ?? 0) + 1);
    this.#bursts.set(id, burst);
  }
}

function burstPattern(id: string, { bursts, statements, longest, parents }: Burst): WorkloadPattern {
  const [parent] = [...parents].toSorted(([, a], [, b]) => b - a);
  const known = parent !== undefined && parent[1] * 2 >= bursts ? [parent[0]] : [];
  return {
    kind: "n-plus-one",
    queries: [id, ...known],
    message: `the same statement with other values ran in ${bursts} ${bursts === 1 ? "burst" : "bursts"} of up to ${longest} within one session, ${statements} times together${known.length > 0 ? ", after the same statement each time or nearly so" : ""}`,
    remedy: "read all rows with one statement: join it to the one before, or pass the keys as an array (= ANY($1))",
  };
}

function repeatPattern(id: string, { stretches, wasted }: Repeat): WorkloadPattern {
  return {
    kind: "duplicate-round-trip",
    queries: [id],
    message: `${wasted} times within ${stretches} ${stretches === 1 ? "stretch" : "stretches"} of work a session sent it again with the same values`,
    remedy: "keep the answer for the time of the request",
  };
}
