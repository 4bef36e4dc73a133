import { setTimeout as delay } from "node:timers/promises";
import { isSqlState } from "../../engines/postgres/driver.ts";
import { unavailable } from "../../model/error.ts";

/** Errors that pass by themselves: somebody else held a lock, or two transactions were in each other's way. */
const PASSING: ReadonlyMap<string, string> = new Map([
  ["55P03", "the lock was not to be had in time"],
  ["40P01", "a deadlock was resolved at our cost"],
  ["40001", "a concurrent change was in the way"],
]);

/** How often and after what pause something is tried again. */
export interface RetryOptions {
  readonly retries: number;
  /** The longest first pause; each further one may be twice as long, up to `delayMax_ms`. */
  readonly delay_ms: number;
  readonly delayMax_ms: number;
}

/** Some two minutes of short tries, as lock timeouts are short. @see RetryOptions */
export const RETRY_DEFAULT: RetryOptions = { retries: 30, delay_ms: 250, delayMax_ms: 10_000 };

/** What an error says, without the row values that some messages quote. */
export interface Failure {
  /** Null when the connection broke. */
  readonly sqlstate: string | null;
  readonly message: string;
}

/** An error of the driver as a {@link Failure}. */
export function failureOf(error: unknown): Failure {
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  const first = (message ?? String(error)).split("\n")[0] ?? "";
  if (!isSqlState(code)) return { sqlstate: null, message: first };
  // The class of data exceptions quotes the datum: invalid input syntax for type integer: "…".
  const safe = code.startsWith("22") ? first.replace(/:? ".*$/s, "") : first;
  return { sqlstate: code, message: safe };
}

// What Node.js calls broken sockets, and what `pg` says of a connection that is gone.
const BROKEN = /^(?:ECONNRESET|EPIPE|ETIMEDOUT|ECONNABORTED|EHOSTUNREACH|ENETUNREACH)$/;
const GONE = /connection (?:terminated|ended|closed)|connection error and is not queryable|client was closed/i;

/** Whether a session is over: what it was doing was rolled back, or will be as soon as the server notices. */
export function isLost(error: unknown): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  // 57P01 to 57P05: the server ended the session.
  if (isSqlState(code)) return /^(?:57P0[1-5]|08...)$/.test(code);
  return (typeof code === "string" && BROKEN.test(code)) || GONE.test(message ?? "");
}

/** Whether the server or the way to it raised an error; anything else is a defect of ours. */
export function isOfServer(error: unknown): boolean {
  return isLost(error) || isSqlState((error as { readonly code?: unknown }).code);
}

/** Does work outside of any step. What the server raises becomes `unavailable` (exit 3) that says what to do. */
export async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if ((error as Error).name === "DbwrightError" || !isOfServer(error)) throw error;
    const { sqlstate, message } = failureOf(error);
    throw unavailable(
      {
        what: isLost(error) ? `the connection was lost: ${message}` : `${message} (${sqlstate ?? ""})`,
        where: "the database",
        mend: "dbwright migrate status tells where it stands",
      },
      { cause: error },
    );
  }
}

/**
 * Does work, and again while it fails for a reason that passes. The pauses grow exponentially and are drawn at random
 * up to their bound ("full jitter": Brooker, "Exponential Backoff and Jitter", 2015), so that several who wait for
 * one lock do not come back together. `again` runs before each further attempt. `also`: further
 * SQLSTATEs that pass here, with what they mean.
 */
export async function withRetries<T>(
  options: RetryOptions,
  signal: AbortSignal,
  work: (attempt: number) => Promise<T>,
  again: (why: string, pause_ms: number) => Promise<void>,
  also: ReadonlyMap<string, string> = new Map(),
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      const { code = "" } = error as { readonly code?: string };
      const why = PASSING.get(code) ?? also.get(code);
      if (why === undefined || attempt > options.retries || signal.aborted) throw error;
      const bound_ms = Math.min(options.delay_ms * 2 ** (attempt - 1), options.delayMax_ms);
      const pause_ms = Math.random() * bound_ms;
      await again(why, pause_ms);
      await delay(pause_ms, undefined, { signal }).catch(() => {});
    }
  }
}
