import { setTimeout as delay } from "node:timers/promises";
import type { Session } from "../../engines/postgres/driver.ts";
import { LOCK_MODES, strongerLock } from "../../model/plan.ts";
import type { LockMode, RelationLock } from "../../model/plan.ts";

/** What one statement was seen to do. Relations are spelled as in SQL, by their name before the statement. */
export interface Seen {
  /** The strongest lock it came to hold on each relation that was there before it, strongest first. */
  readonly locks: readonly RelationLock[];
  /** Locks that its transaction held already. */
  readonly heldBefore: readonly RelationLock[];
  readonly rewrites: readonly string[];
  readonly scans: readonly string[];
  /** Relations that are tables or views, as opposed to indexes and sequences. */
  readonly tables: ReadonlySet<string>;
  /**
   * True when locks were looked at now and then from a second session, because the statement may not run in a
   * transaction: a lock that is not in `locks` may have been held for a moment.
   */
  readonly sampled: boolean;
  readonly duration_ms: number;
}

/** A relation as it stands at a moment. */
interface Relation {
  readonly oid: number;
  readonly name: string;
  readonly kind: string;
  readonly file: number;
  /** Whole reads so far: of this transaction, or of all time for what runs outside one. */
  readonly scans: string;
}

/** What a session sees of the database between two statements. */
export interface Snapshot {
  readonly relations: ReadonlyMap<number, Relation>;
  readonly locks: ReadonlyMap<number, LockMode>;
}

const TABLES = new Set(["r", "p", "v", "m", "f"]);

const snapshotSql = (scans: string): string => `
  select (select pg_catalog.json_agg(pg_catalog.json_build_object('oid', c.oid::pg_catalog.int8, 'kind', c.relkind,
            'name', pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),
            'file', c.relfilenode::pg_catalog.int8, 'scans', pg_catalog.${scans}(c.oid)::pg_catalog.text))
            from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
           where c.oid >= 16384 and n.nspname !~ '^pg_') as relations,
         (select pg_catalog.json_agg(pg_catalog.json_build_array(l.relation::pg_catalog.int8, l.mode))
            from pg_catalog.pg_locks l where l.pid = $1 and l.locktype = 'relation' and l.granted
             and l.relation >= 16384) as locks`;

const IN_TRANSACTION = snapshotSql("pg_stat_get_xact_numscans");
const OF_ALL_TIME = snapshotSql("pg_stat_get_numscans");

interface SnapshotRow {
  readonly relations: readonly Relation[] | null;
  readonly locks: readonly (readonly [number, string])[] | null;
}

// pg_locks spells a mode ShareUpdateExclusiveLock.
function modeOf(word: string): LockMode | undefined {
  const plain = word
    .replace(/Lock$/, "")
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toUpperCase();
  return LOCK_MODES.find((mode) => mode === plain);
}

/** The strongest mode on each relation, from rows of pg_locks: OID and mode. */
export function locksOf(rows: readonly (readonly [number, string])[]): Map<number, LockMode> {
  const locks = new Map<number, LockMode>();
  for (const [oid, word] of rows) {
    const mode = modeOf(word);
    if (mode === undefined) continue;
    const known = locks.get(oid);
    locks.set(oid, known === undefined ? mode : strongerLock(known, mode));
  }
  return locks;
}

/** Looks at what the session's own transaction holds. */
export async function snapshot(session: Session, inTransaction: boolean): Promise<Snapshot> {
  const { rows } = await session.query<SnapshotRow>(inTransaction ? IN_TRANSACTION : OF_ALL_TIME, [session.pid]);
  return {
    relations: new Map((rows[0]?.relations ?? []).map((relation) => [relation.oid, relation])),
    locks: locksOf(rows[0]?.locks ?? []),
  };
}

/** What happened between two snapshots; `locks` are those seen on the way, by OID. */
export function seenBetween(
  before: Snapshot,
  after: Snapshot,
  locks: ReadonlyMap<number, LockMode>,
  how: Pick<Seen, "sampled" | "duration_ms">,
): Seen {
  const named = (held: ReadonlyMap<number, LockMode>): RelationLock[] =>
    [...held]
      .flatMap(([oid, mode]) => {
        const relation = before.relations.get(oid);
        return relation === undefined ? [] : [{ relation: relation.name, mode }];
      })
      .toSorted(
        (a, b) => LOCK_MODES.indexOf(b.mode) - LOCK_MODES.indexOf(a.mode) || (a.relation < b.relation ? -1 : 1),
      );
  const gained = new Map([...locks].filter(([oid, mode]) => before.locks.get(oid) !== mode));
  const kept = [...before.relations.values()].flatMap((relation) => {
    const now = after.relations.get(relation.oid);
    return now === undefined ? [] : [{ relation, now }];
  });
  return {
    locks: named(gained),
    heldBefore: named(before.locks),
    rewrites: kept
      .filter(({ relation, now }) => relation.file !== now.file && /^[rm]$/.test(relation.kind))
      .map(({ relation }) => relation.name),
    scans: kept
      .filter(({ relation, now }) => /^[rm]$/.test(relation.kind) && Number(now.scans) > Number(relation.scans))
      .map(({ relation }) => relation.name),
    tables: new Set([...before.relations.values()].filter(({ kind }) => TABLES.has(kind)).map(({ name }) => name)),
    ...how,
  };
}

const SAMPLES = `select pg_catalog.json_agg(pg_catalog.json_build_array(l.relation::pg_catalog.int8, l.mode)) as locks
  from pg_catalog.pg_locks l where l.pid = $1 and l.locktype = 'relation' and l.granted and l.relation >= 16384`;

/** Runs work while a second session looks at the locks of the first, again and again. */
export async function sampled(
  session: Session,
  watcher: Session,
  work: () => Promise<void>,
): Promise<Map<number, LockMode>> {
  const seen: (readonly [number, string])[] = [];
  const state = { over: false };
  const watching = (async (): Promise<void> => {
    while (!state.over) {
      const { rows } = await watcher.query<{ locks: readonly (readonly [number, string])[] | null }>(SAMPLES, [
        session.pid,
      ]);
      seen.push(...(rows[0]?.locks ?? []));
      await delay(1);
    }
  })();
  try {
    await work();
  } finally {
    state.over = true;
    await watching;
  }
  return locksOf(seen);
}
