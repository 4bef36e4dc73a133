import { setTimeout as delay } from "node:timers/promises";
import { isSqlState } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { shareOf } from "./statements.ts";
import type { TableWork } from "./statements.ts";
import { WaitSampler } from "./waits.ts";
import { WrongRead, Worker } from "./worker.ts";
import type { Run } from "./worker.ts";

/** Which schema an application's code was written for. */
export type CodeVersion = "old" | "new";

/** An error, or a wrong read, that application code saw. */
export interface ClientError {
  readonly code: CodeVersion;
  /** Null for what no server says: a row that was not what had been written. */
  readonly sqlstate: string | null;
  readonly message: string;
  readonly sql: string;
  /** What was going on: the label of the period. */
  readonly during: string;
  readonly times: number;
}

/** What clients saw while one thing was going on. */
export interface Period {
  /** A step, or a time of calm. */
  readonly label: string;
  readonly duration_ms: number;
  /** How long the slowest statement of any client took: what it was blocked, and the machine's own delays; 0 for less than 2. */
  readonly block_ms: number;
  readonly blockedSql: string | null;
  readonly blockedCode: CodeVersion | null;
  /** The longest that a client waited for a lock because of the runner, as sampled from pg_locks. */
  readonly lockWait_ms: number;
  /** Statements that were begun in it. */
  readonly statements: number;
}

/** All that clients saw. */
export interface LoadReport {
  readonly periods: readonly Period[];
  readonly errors: readonly ClientError[];
  readonly statements: Readonly<Record<CodeVersion, number>>;
}

/** How much load is made. */
export interface LoadOptions {
  /** A new session as the application has it. */
  readonly connect: () => Promise<Session>;
  /** A session that sees the locks of all others; it is closed at the end. */
  readonly watcher: Session;
  /** Clients of each version that write (and read), and that read only. */
  readonly writers: number;
  readonly readers: number;
  /** What a client does nothing for between two statements. */
  readonly pause_ms: number;
}

interface Sample {
  readonly start_ms: number;
  readonly end_ms: number;
  readonly sql: string;
  readonly code: CodeVersion;
}

interface Mark {
  readonly label: string;
  readonly at_ms: number;
}

// Faster statements need not be kept one by one.
const SLOW_MS = 2;
const AFTER_ERROR_MS = 20;

interface Crew {
  stopping: boolean;
  readonly done: Promise<void>[];
}

/** Clients that read and write while something else is done to their tables. */
export class Load {
  readonly #options: LoadOptions;
  readonly #sampler: WaitSampler;
  readonly #crews = new Map<CodeVersion, Crew>();
  readonly #sessions: Session[] = [];
  readonly #marks: Mark[] = [];
  readonly #slow: Sample[] = [];
  readonly #counts = new Map<string, number>();
  readonly #errors = new Map<string, ClientError>();
  readonly #total: Record<CodeVersion, number> = { old: 0, new: 0 };

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#sampler = new WaitSampler(options.watcher);
    this.#sampler.start();
  }

  /** Names the session for whose locks clients wait. */
  set runner(pid: number) {
    this.#sampler.runner = pid;
  }

  /** From now on this is what goes on. */
  mark(label: string): void {
    if (this.#marks.at(-1)?.label !== label) this.#marks.push({ label, at_ms: performance.now() });
  }

  /** Whether code of that version is at work. */
  works(code: CodeVersion): boolean {
    return this.#crews.get(code)?.stopping === false;
  }

  /** Sets code of one version to work. */
  async start(code: CodeVersion, works: readonly TableWork[]): Promise<void> {
    const { writers, readers } = this.#options;
    const crew: Crew = { stopping: false, done: [] };
    this.#crews.set(code, crew);
    // Both versions write at a time: neither may bring the rows of the other.
    const shares = Math.max(1, writers) * 2;
    for (let client = 0; client < writers + readers; client += 1) {
      const session = await this.#options.connect();
      this.#sessions.push(session);
      const share = (client % Math.max(1, writers)) * 2 + (code === "old" ? 0 : 1);
      const own = works.map((work) => new Worker(shareOf(work, share, shares)));
      const done = this.#client(code, crew, session, own, client < writers);
      // Raised by stop(); until then somebody has to listen.
      done.catch(() => {});
      crew.done.push(done);
    }
  }

  /** Lets code of one version finish what it is at, and end. */
  async stop(code: CodeVersion): Promise<void> {
    const crew = this.#crews.get(code);
    if (crew === undefined) return;
    crew.stopping = true;
    await Promise.all(crew.done);
  }

  /** Ends all clients and says what they saw. */
  async finish(): Promise<LoadReport> {
    for (const code of this.#crews.keys()) await this.stop(code);
    const waits = await this.#sampler.stop();
    const end_ms = performance.now();
    const periods = this.#marks.map(({ label, at_ms }, index): Period => {
      const empty = { block_ms: 0, blockedSql: null, blockedCode: null, lockWait_ms: 0 };
      const duration_ms = (this.#marks[index + 1]?.at_ms ?? end_ms) - at_ms;
      return { label, duration_ms, statements: this.#counts.get(label) ?? 0, ...empty };
    });
    for (const sample of this.#slow) {
      const period = periods[this.#mostIn(sample.start_ms, sample.end_ms)];
      const took_ms = sample.end_ms - sample.start_ms;
      if (period === undefined || took_ms <= period.block_ms) continue;
      Object.assign(period, { block_ms: took_ms, blockedSql: sample.sql, blockedCode: sample.code });
    }
    for (const { seenAt_ms, waited_ms } of waits) {
      const period = periods[this.#mostIn(seenAt_ms - waited_ms, seenAt_ms)];
      if (period !== undefined) Object.assign(period, { lockWait_ms: Math.max(period.lockWait_ms, waited_ms) });
    }
    return { periods, errors: [...this.#errors.values()], statements: this.#total };
  }

  /** Closes every session. Never throws. */
  async close(): Promise<void> {
    for (const crew of this.#crews.values()) crew.stopping = true;
    await this.#sampler.stop().catch(() => []);
    for (const session of [...this.#sessions, this.#options.watcher]) await session.close().catch(() => {});
    await Promise.allSettled([...this.#crews.values()].flatMap(({ done }) => done));
  }

  // The period with the greatest share of a stretch of time.
  #mostIn(start_ms: number, end_ms: number): number {
    let best = -1;
    let most_ms = -1;
    for (const [index, { at_ms }] of this.#marks.entries()) {
      const until_ms = this.#marks[index + 1]?.at_ms ?? Number.POSITIVE_INFINITY;
      const share_ms = Math.min(end_ms, until_ms) - Math.max(start_ms, at_ms);
      if (share_ms > most_ms) [best, most_ms] = [index, share_ms];
    }
    return best;
  }

  async #client(
    code: CodeVersion,
    crew: Crew,
    session: Session,
    workers: readonly Worker[],
    writes: boolean,
  ): Promise<void> {
    const run: Run = async (sql, parameters) => {
      const start_ms = performance.now();
      const label = this.#marks.at(-1)?.label ?? "";
      try {
        const { rows } = await session.query<Readonly<Record<string, unknown>>>(sql, parameters);
        return rows;
      } catch (error) {
        this.#fail(code, error, sql);
        throw error;
      } finally {
        const end_ms = performance.now();
        if (end_ms - start_ms >= SLOW_MS) this.#slow.push({ start_ms, end_ms, sql, code });
        this.#counts.set(label, (this.#counts.get(label) ?? 0) + 1);
        this.#total[code] += 1;
        await delay(this.#options.pause_ms);
      }
    };
    for (let turn = 0; !crew.stopping; turn += 1) {
      const worker = workers[turn % workers.length];
      if (worker === undefined) return;
      await this.#attempt(code, () => (writes ? worker.write(run) : worker.read(run)));
    }
    for (const worker of workers) await this.#attempt(code, () => worker.finish(run));
  }

  // What the server refused is noted already; anything else that is not a wrong read is a defect of ours.
  async #attempt(code: CodeVersion, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof WrongRead) this.#fail(code, error, error.sql);
      else if (!isSqlState((error as { code?: unknown }).code)) throw error;
      await delay(AFTER_ERROR_MS);
    }
  }

  #fail(code: CodeVersion, error: unknown, sql: string): void {
    const { code: state, message = "" } = error as { readonly code?: unknown; readonly message?: string };
    const sqlstate = isSqlState(state) ? state : null;
    const during = this.#marks.at(-1)?.label ?? "";
    const key = JSON.stringify([code, sqlstate, sql, during]);
    const known = this.#errors.get(key);
    // The class of data exceptions quotes the datum.
    const safe = sqlstate?.startsWith("22") === true ? message.replace(/:? ".*$/s, "") : message;
    this.#errors.set(key, { code, sqlstate, message: safe, sql, during, times: (known?.times ?? 0) + 1 });
  }
}

/**
 * Tries all that code does once, in a transaction that is taken back. Null when it works, else what the server said.
 * Throws what is not the server's refusal.
 */
export async function tryOut(session: Session, work: TableWork): Promise<{ message: string; sql: string } | null> {
  let current = "";
  const run: Run = async (sql, parameters) => {
    current = sql;
    return (await session.query<Readonly<Record<string, unknown>>>(sql, parameters)).rows;
  };
  await session.execute("BEGIN");
  try {
    const worker = new Worker(work);
    await worker.read(run);
    await worker.write(run);
    return null;
  } catch (error) {
    const { code, message = "" } = error as { readonly code?: unknown; readonly message?: string };
    if (!(error instanceof WrongRead) && !isSqlState(code)) throw error;
    return { message, sql: current };
  } finally {
    await session.execute("ROLLBACK").catch(() => {});
  }
}
