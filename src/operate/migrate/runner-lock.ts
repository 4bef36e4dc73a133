import { hostname } from "node:os";
import type { Session } from "../../engines/postgres/driver.ts";
import { unavailable } from "../../model/error.ts";

// Any two numbers that nobody else takes: "dbwright" and "migrate" as CRC-32.
const LOCK = [1_265_297_209, 946_512_351] as const;

/** Who runs migrations on this database right now. */
export interface Runner {
  readonly pid: number;
  /** ISO 8601, UTC; when it is not known, null. */
  readonly since: string | null;
  readonly role: string | null;
  readonly host: string | null;
  readonly command: string | null;
}

const HOLDER = `
  SELECT l.pid, a.usename::pg_catalog.text AS role FROM pg_catalog.pg_locks l
  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'advisory' AND l.granted AND l.classid = ${LOCK[0]} AND l.objid = ${LOCK[1]} AND l.objsubid = 2 AND l.pid <> pg_catalog.pg_backend_pid()
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())`;

const TOLD = `
  SELECT runner_pid AS pid, runner_role AS role, runner_host AS host, runner_command AS command,
         pg_catalog.to_char(runner_since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
  FROM dbwright.about`;

/** Who holds the lock, or null. `told`: whether the history exists and may say more. */
export async function currentRunner(session: Session, told: boolean): Promise<Runner | null> {
  const held = (await session.query<{ pid: number; role: string | null }>(HOLDER)).rows[0];
  if (held === undefined) return null;
  const says = told ? (await session.query<Runner>(TOLD)).rows[0] : undefined;
  if (says?.pid === held.pid) return says;
  return { ...held, since: null, host: null, command: null };
}

/**
 * Takes the lock of the one runner for as long as the session lives. Throws `unavailable` (exit 3), telling who
 * holds it and since when. The history must exist.
 */
export async function becomeRunner(session: Session, command: string): Promise<void> {
  await holdLock(session);
  await session.query(
    `UPDATE dbwright.about SET runner_pid = pg_catalog.pg_backend_pid(), runner_since = pg_catalog.clock_timestamp(),
       runner_role = session_user, runner_host = $1, runner_command = $2`,
    [hostname(), command],
  );
}

/**
 * Takes the lock, or makes sure that it is still held: a session may take it any number of times, and its end frees
 * them all. Throws `unavailable` (exit 3) where another runner has it.
 */
export async function holdLock(session: Session): Promise<void> {
  const taken = await session.query<{ taken: boolean }>(
    `SELECT pg_catalog.pg_try_advisory_lock(${LOCK[0]}, ${LOCK[1]}) AS taken`,
  );
  if (taken.rows[0]?.taken !== true) throw busy(await currentRunner(session, true));
}

/** Who it is, in words. */
export function runnerText(runner: Runner): string {
  const parts = [
    `server process ${runner.pid}`,
    ...(runner.role === null ? [] : [`as ${runner.role}`]),
    ...(runner.host === null ? [] : [`from ${runner.host}`]),
    ...(runner.since === null ? [] : [`since ${runner.since}`]),
    ...(runner.command === null ? [] : [`(migrate ${runner.command})`]),
  ];
  return parts.join(" ");
}

/** Throws `unavailable` (exit 3), telling who runs migrations, when somebody does. Takes nothing itself. */
export async function refuseOtherRunner(session: Session, told: boolean): Promise<void> {
  const other = await currentRunner(session, told);
  if (other !== null) throw busy(other);
}

function busy(other: Runner | null): Error {
  return unavailable({
    what:
      other === null
        ? "another runner has just ended; try again"
        : `migrations are being run already: ${runnerText(other)}`,
    where: "this database",
    expected: "one runner at a time",
    mend: "wait for it (dbwright migrate status), stop it cleanly (dbwright migrate pause), or, when its process is gone, wait until the server notices and ends its session",
  });
}
