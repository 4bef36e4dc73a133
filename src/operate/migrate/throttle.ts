import { setTimeout as delay } from "node:timers/promises";
import type { Session } from "../../engines/postgres/driver.ts";

/** What a backfill gives way to. */
export interface ThrottleLimits {
  /** Replay lag of the slowest standby that is connected. */
  readonly lagMax_ms: number;
  /** Other sessions at work at the same time; null for no ceiling. */
  readonly loadMax: number | null;
}

/** What the server says between two batches. */
export interface Pressure {
  /** Sessions that wait for a lock on the table. */
  readonly waiters: number;
  /** Of the slowest standby; null where there is none, or where the role may not see it. */
  readonly lag_ms: number | null;
  /** Other sessions that are at work, as far as the role may see them. */
  readonly active: number;
  readonly pauseRequested: boolean;
  /** Standbys whose lag the role may not see. */
  readonly unseenStandbys: number;
}

const PRESSURE = `
  SELECT (SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks WHERE NOT granted AND relation = $1::pg_catalog.oid)::pg_catalog.int4 AS waiters,
         (SELECT pg_catalog.max(CASE WHEN pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn) = 0 THEN 0
            ELSE pg_catalog.date_part('epoch', replay_lag) * 1000 END) FROM pg_catalog.pg_stat_replication) AS lag_ms,
         (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication WHERE state IS NULL)::pg_catalog.int4 AS "unseenStandbys",
         (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity
          WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid())::pg_catalog.int4 AS active,
         (SELECT pause_requested_at IS NOT NULL FROM dbwright.about) AS "pauseRequested"`;

/** Asks for the pressure on a table (its oid). */
export async function pressureOn(session: Session, table: number): Promise<Pressure> {
  const { rows } = await session.query<Pressure>(PRESSURE, [table]);
  return rows[0] ?? { waiters: 0, lag_ms: null, active: 0, pauseRequested: false, unseenStandbys: 0 };
}

/** Sessions that wait for this one, as the server counts them; inside a batch's transaction, before it ends. */
export const WAITING_FOR_US = `
  SELECT pg_catalog.count(DISTINCT pid)::pg_catalog.int4 AS waiting FROM pg_catalog.pg_locks
  WHERE NOT granted AND pg_catalog.pg_backend_pid() = ANY (pg_catalog.pg_blocking_pids(pid))`;

/** Why the backfill holds back, in words; null where it may go on. */
export function reasonToWait(pressure: Pressure, limits: ThrottleLimits): string | null {
  if (pressure.lag_ms !== null && pressure.lag_ms > limits.lagMax_ms)
    return `a standby lags ${Math.round(pressure.lag_ms / 100) / 10} s behind`;
  if (pressure.waiters > 0) return `${pressure.waiters} sessions wait for a lock on the table`;
  if (limits.loadMax !== null && pressure.active > limits.loadMax)
    return `${pressure.active} other sessions are at work`;
  return null;
}

/** How long is waited before the server is asked again. */
export const LOOK_AGAIN_MS = 250;
/** Between batches that need no looking. */
export const LOOK_EVERY_MS = 500;

/** Sleeps; an abort ends the sleep, not the run. */
export async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}

/** The next batch's size: towards the target duration, at most twice or half the last, smaller where others waited. */
export function nextBatchRows(rows: number, took_ms: number, target_ms: number, waiting: number): number {
  const factor = waiting > 0 ? 0.5 : Math.min(2, Math.max(0.5, target_ms / Math.max(took_ms, 1)));
  return Math.min(BATCH_ROWS_MAX, Math.max(BATCH_ROWS_MIN, Math.round(rows * factor)));
}

/** A batch of one row per statement would be slower than its overhead; of more, rollback and locks get long. */
export const BATCH_ROWS_MIN = 10;
/** @see BATCH_ROWS_MIN */
export const BATCH_ROWS_MAX = 500_000;
/** Small enough to be short on wide rows; it doubles with each batch that is. */
export const BATCH_ROWS_FIRST = 500;
