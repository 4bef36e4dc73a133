import { setTimeout as delay } from "node:timers/promises";
import type { Session } from "../../engines/postgres/driver.ts";

const LOOK_EVERY_MS = 5;

// Who waits for a lock, since when, and for whom. To ask who blocks costs something, so only those who wait are asked for.
const WAITS = `
  select pg_catalog.json_agg(pg_catalog.json_build_array(w.pid, w.since::pg_catalog.text, w.waited_ms,
           pg_catalog.to_json(pg_catalog.pg_blocking_pids(w.pid)))) as waits
    from (select l.pid, l.waitstart as since,
                 (extract(epoch from pg_catalog.clock_timestamp() - l.waitstart) * 1000)::pg_catalog.float8 as waited_ms
            from pg_catalog.pg_locks l where not l.granted and l.waitstart is not null) w`;

type Wait = readonly [pid: number, since: string, waited_ms: number, blockers: readonly number[]];

/** One wait of a client for a lock that the runner held, or had asked for before it. */
export interface LockWait {
  /** On the clock of `performance.now()`, when it was last seen. */
  readonly seenAt_ms: number;
  /** As the server counts it; up to a look's interval too short. */
  readonly waited_ms: number;
}

/** Looks again and again at who waits for a lock because of one session: the runner. */
export class WaitSampler {
  readonly #session: Session;
  readonly #waits = new Map<string, LockWait>();
  #over = false;
  #watching: Promise<void> | null = null;
  /** The runner's process; null while it is not known. */
  runner: number | null = null;

  /** The session is the sampler's alone, and must be allowed to see others' locks. */
  constructor(session: Session) {
    this.#session = session;
  }

  /** Begins to look. */
  start(): void {
    this.#watching = this.#watch();
    // Reported by stop().
    this.#watching.catch(() => {});
  }

  /** Ends it; gives all waits that were seen. Throws what the looking threw. */
  async stop(): Promise<readonly LockWait[]> {
    this.#over = true;
    await this.#watching;
    return [...this.#waits.values()];
  }

  async #watch(): Promise<void> {
    while (!this.#over) {
      const { rows } = await this.#session.query<{ waits: readonly Wait[] | null }>(WAITS);
      const seenAt_ms = performance.now();
      const waits = rows[0]?.waits ?? [];
      const held = heldUp(waits, this.runner);
      for (const [pid, since, waited_ms] of waits)
        if (held.has(pid)) this.#waits.set(`${pid} ${since}`, { seenAt_ms, waited_ms });
      await delay(LOOK_EVERY_MS);
    }
  }
}

/** Those who wait for a session, or for somebody who waits for it. */
export function heldUp(waits: readonly Wait[], by: number | null): ReadonlySet<number> {
  const held = new Set<number>();
  if (by === null) return held;
  for (let grown = true; grown;) {
    grown = false;
    for (const [pid, , , blockers] of waits) {
      if (pid === by || held.has(pid) || !blockers.some((one) => one === by || held.has(one))) continue;
      held.add(pid);
      grown = true;
    }
  }
  return held;
}
