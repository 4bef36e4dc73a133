import { setTimeout as delay } from "node:timers/promises";
import type { Session } from "../../engines/postgres/driver.ts";
import type { LockMode } from "../../model/plan.ts";
import { locksOf, seenBetween, snapshot } from "./watch.ts";
import type { Seen } from "./watch.ts";

/*
 * A statement that may not run in a transaction commits several times by itself, and a lock that it takes for a moment
 * is easily missed by somebody who looks now and then. So it is held up: on each of its tables one session holds the
 * weakest lock that keeps another schema change out (SHARE UPDATE EXCLUSIVE, which waits show up at) and another one a
 * writer's (ROW EXCLUSIVE, for whose end CONCURRENTLY waits between its transactions). Each gives way as soon as the
 * statement was seen to wait for it, and the lock that it holds or asks for is on record by then.
 */

const HOLDS = ["SHARE UPDATE EXCLUSIVE", "ROW EXCLUSIVE"] as const;

/** Connections are not without limit; on further tables locks are looked at now and then. */
const TABLES_MAX = 8;

// An index is held up at its table.
const TABLES = `SELECT DISTINCT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(t.relname) AS name
  FROM pg_catalog.unnest($1::pg_catalog.text[]) AS one
  JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(one)
  LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
  JOIN pg_catalog.pg_class t ON t.oid = coalesce(i.indrelid, c.oid)
  JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
  WHERE t.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' ORDER BY 1`;

// Locks that are asked for count: the statement gets them, once nobody stands in the way.
const SAMPLE = `SELECT (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(l.relation::pg_catalog.int8, l.mode))
      FROM pg_catalog.pg_locks l WHERE l.pid = $1 AND l.locktype = 'relation' AND l.relation >= 16384) AS locks,
    pg_catalog.to_json(pg_catalog.pg_blocking_pids($1)) AS blocking`;

interface Sample {
  readonly locks: readonly (readonly [number, string])[] | null;
  readonly blocking: readonly number[];
}

/**
 * Runs one statement outside of a transaction and says what it did, holding it up on the relations in `on` (as SQL
 * spells them) so that no lock on their tables is missed. `connect` opens further sessions of the tables' owner. The
 * session's lock_timeout does not count meanwhile. Throws what the server says against the statement.
 */
export async function watchedAlone(
  session: Session,
  connect: () => Promise<Session>,
  on: readonly string[],
  sql: string,
): Promise<Seen> {
  // Whatever the session read before is counted before.
  await session.execute("SELECT pg_catalog.pg_stat_force_next_flush()");
  const before = await snapshot(session, false);
  const { rows: settings } = await session.query<{ was: string }>(
    "SELECT pg_catalog.current_setting('lock_timeout') AS was",
  );
  const holders: Session[] = [];
  const watcher = await connect();
  const startedAt_ms = performance.now();
  try {
    const { rows: tables } = await watcher.query<{ name: string }>(TABLES, [on]);
    for (const { name } of tables.slice(0, TABLES_MAX)) {
      for (const mode of HOLDS) {
        const holder = await connect();
        holders.push(holder);
        await holder.execute(`BEGIN; LOCK TABLE ONLY ${name} IN ${mode} MODE`);
      }
    }
    await session.execute("SET lock_timeout = 0");
    const locks = await heldUp(session, watcher, holders, () => session.execute(sql));
    const duration_ms = performance.now() - startedAt_ms;
    await session.execute("SELECT pg_catalog.pg_stat_force_next_flush()");
    return seenBetween(before, await snapshot(session, false), locks, { sampled: true, duration_ms });
  } finally {
    for (const one of [...holders, watcher]) await one.close();
    await session.query("SELECT pg_catalog.set_config('lock_timeout', $1, false)", [settings[0]?.was ?? "0"]);
  }
}

async function heldUp(
  session: Session,
  watcher: Session,
  holders: readonly Session[],
  work: () => Promise<void>,
): Promise<Map<number, LockMode>> {
  const seen: (readonly [number, string])[] = [];
  const state = { over: false };
  let waitedFor = new Set<number>();
  const watching = (async (): Promise<void> => {
    while (!state.over) {
      const { rows } = await watcher.query<Sample>(SAMPLE, [session.pid]);
      const { locks, blocking = [] } = rows[0] ?? { locks: null };
      seen.push(...(locks ?? []));
      // One that was in the way before this look began: what is asked for was seen by it.
      for (const holder of holders)
        if (blocking.includes(holder.pid) && waitedFor.has(holder.pid)) await holder.execute("ROLLBACK");
      waitedFor = new Set(blocking);
      await delay(1);
    }
  })();
  try {
    await Promise.race([work(), watching]);
  } finally {
    state.over = true;
    await watching;
  }
  return locksOf(seen);
}
