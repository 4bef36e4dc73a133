import { connect } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { unavailable } from "../../model/error.ts";

/** The oldest server that migrations are run on, as `server_version_num`. */
export const VERSION_MIN = 150_000;

/** What the server says of itself before anything is run. */
export interface ServerState {
  readonly versionNumber: number;
  readonly recovering: boolean;
  readonly readOnly: boolean;
}

/** Throws `unavailable` (exit 3) for a server on which migrations cannot be run, with the way on. */
export function checkServer({ versionNumber, recovering, readOnly }: ServerState): void {
  if (versionNumber < VERSION_MIN) {
    const version = versionNumber < 100_000 ? versionNumber / 10_000 : Math.floor(versionNumber / 10_000);
    throw unavailable({
      what: `the server is PostgreSQL ${version}, which is too old`,
      where: "the database",
      expected: "PostgreSQL 15 or later",
      mend: "upgrade the server; until then the up file runs with psql as well",
    });
  }
  if (recovering) {
    throw unavailable({
      what: "the server is a standby: it repeats what its primary does, and can be written to by nobody else",
      where: "the database",
      expected: "the primary",
      mend: "connect to the primary; pg_stat_wal_receiver on the standby names its host",
    });
  }
  if (readOnly) {
    throw unavailable({
      what: "transactions are read-only here (default_transaction_read_only)",
      where: "the database",
      mend: "connect as a role, or to a database, without that setting",
    });
  }
}

const STATE = `
  SELECT pg_catalog.pg_is_in_recovery() AS recovering,
         pg_catalog.current_setting('transaction_read_only') = 'on' AS "readOnly", pg_catalog.pg_backend_pid() AS pid`;

/** @see ServerState */
interface StateRow extends ServerState {
  readonly pid: number;
}

/** Asks the server of a session for its state, and throws what {@link checkServer} throws. */
export async function checkWritable(session: Session): Promise<StateRow> {
  const [state] = (await session.query<Omit<StateRow, "versionNumber">>(STATE)).rows;
  if (state === undefined) throw unavailable({ what: "the server does not tell its state", where: "the database" });
  const known = { ...state, versionNumber: session.versionNumber };
  checkServer(known);
  return known;
}

/**
 * Opens the session that migrations are run in, after looking whether they can be: not on a standby, not on an old
 * server, not through a proxy that gives each transaction another session. The session does not hang on a signal: what
 * it does is ended where it leaves a state that is understood. Throws `unavailable` (exit 3).
 */
export async function openRunnerSession(url: string, note: (text: string) => void): Promise<Session> {
  const session = await connect({ url, applicationName: "dbwright migrate" });
  try {
    const { pid } = await checkWritable(session);
    // A server names its process when a session starts; one that answers from another has somebody in between.
    if (pid !== session.pid) await lookAtProxy(url, session, pid, note);
    await prepare(session);
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function lookAtProxy(url: string, session: Session, pid: number, note: (text: string) => void): Promise<void> {
  if (await sharesSessions(url, session, pid)) {
    throw unavailable({
      what: "the connection goes through a proxy that pools transactions (PgBouncer with pool_mode = transaction or statement, or alike): each transaction may get another server session",
      where: "the database",
      expected: "one session for the whole run: its lock, its settings and its transactions belong together",
      mend: "connect to the server itself (often port 5432 in place of 6432), or to a pool with pool_mode = session",
    });
  }
  note("the connection goes through a proxy that keeps sessions apart");
}

// A pool of statements ends the session with an error of its own at the first BEGIN. Anything else is thrown on.
function refusesTransactions(error: unknown): false {
  if (/statement pooling/i.test((error as Error).message)) return false;
  throw error;
}

const PID = "SELECT pg_catalog.pg_backend_pid() AS pid";
const PROBE_MAX_MS = 3000;

/**
 * Whether a second connection is given the server session that the first believes to be its own: while the first is
 * idle, the second opens a transaction. A pool of transactions hands out what is idle.
 */
async function sharesSessions(url: string, first: Session, pid: number): Promise<boolean> {
  for (let round = 0; round < 3; round++) {
    const second = await connect({ url, applicationName: "dbwright migrate: probe" });
    try {
      const begun = await second.execute("BEGIN").then(
        () => true,
        (error: unknown) => refusesTransactions(error),
      );
      if (!begun) return true;
      if ((await second.query<{ pid: number }>(PID)).rows[0]?.pid === pid) return true;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<null>((resolve) => {
        timer = setTimeout(() => resolve(null), PROBE_MAX_MS);
      });
      const again = await Promise.race([first.query<{ pid: number }>(PID), late]);
      clearTimeout(timer);
      // No answer: a pool of one, which the second connection has now.
      if (again === null || again.rows[0]?.pid !== pid) return true;
      await second.execute("COMMIT");
    } finally {
      await second.close();
    }
  }
  return false;
}

// The server notices within seconds when the runner's process or host is gone, ends what it does, and frees the lock.
const SETTINGS: readonly string[] = [
  "SET client_connection_check_interval = '2s'",
  "SET tcp_keepalives_idle = 30",
  "SET tcp_keepalives_interval = 10",
  "SET tcp_keepalives_count = 3",
  "SET idle_in_transaction_session_timeout = '60s'",
  // A run may rest.
  "SET idle_session_timeout = 0",
];

/** The session as every migration finds it. */
export async function prepare(session: Session): Promise<void> {
  await session.execute("RESET ALL; SET SESSION AUTHORIZATION DEFAULT");
  // Not every platform knows each of them.
  for (const setting of SETTINGS) await session.execute(setting).catch(() => {});
}
