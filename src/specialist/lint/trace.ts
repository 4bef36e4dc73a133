import type { Session } from "../../engines/postgres/driver.ts";
import type { LintStatement } from "../../lint/statement.ts";
import type { LockMode, RelationLock } from "../../model/plan.ts";
import { LOCK_MODES } from "../../model/plan.ts";
import { aloneBecause } from "../../sql/effect/transactional.ts";
import { watchedAlone } from "../../twin/prove-plan/held-up.ts";
import { firstWords } from "../../twin/load/report.ts";
import type { TwinDatabase } from "../../twin/server.ts";

/** A statement that lint looked at, with the transaction it is to run in. */
export interface Traceable {
  readonly statement: LintStatement;
  readonly line: number;
  readonly transaction: "explicit" | "assumed" | null;
  /** Relations that the script made before. */
  readonly created: ReadonlySet<string>;
}

/** What a server did on a statement, on relations that were there before the script. */
export interface SeenEffect {
  readonly locks: readonly RelationLock[];
  readonly rewrites: readonly string[];
  readonly scans: readonly string[];
}

/** A statement as it ran on the twin. */
export interface TracedStatement {
  readonly file: string;
  readonly line: number;
  /** Its first words; never a literal. */
  readonly statement: string;
  readonly claimed: SeenEffect;
  /** Null where it was not run, or refused. */
  readonly seen: SeenEffect | null;
  /** Why it was not run, or what the server said against it. */
  readonly why: string | null;
  /** Where the server did not do what was claimed, in words; empty where it did. */
  readonly contradictions: readonly string[];
}

interface Relation {
  readonly oid: number;
  readonly name: string;
  readonly kind: string;
  readonly file: number | null;
  readonly scans: number;
}

const RELATIONS = `SELECT c.oid, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name,
    c.relkind::text AS kind, pg_catalog.pg_relation_filenode(c.oid)::integer AS file,
    pg_catalog.pg_stat_get_xact_numscans(c.oid)::integer AS scans
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'm', 'v', 'f')`;
const HELD = `SELECT relation AS oid, mode FROM pg_catalog.pg_locks
  WHERE pid = pg_catalog.pg_backend_pid() AND granted AND relation IS NOT NULL`;

const NOTHING: SeenEffect = { locks: [], rewrites: [], scans: [] };

/**
 * Runs scripts statement by statement in a scratch database and says what the server did beside what was claimed. A
 * script stops at its first statement that the server refuses. One that may not run in a transaction runs outside of one
 * and is held up on its tables, so that its locks are seen; see `watchedAlone`.
 */
export async function traceStatements(
  database: TwinDatabase,
  statements: readonly Traceable[],
  signal: AbortSignal,
): Promise<readonly TracedStatement[]> {
  const traced: TracedStatement[] = [];
  let session: Session | null = null;
  let open = false;
  let refused = false;
  let script: LintStatement["script"] | null = null;
  try {
    for (const one of statements) {
      signal.throwIfAborted();
      if (one.statement.script !== script) {
        if (open) await session?.execute("COMMIT");
        await session?.close();
        session = await database.connect("owner");
        script = one.statement.script;
        open = false;
        refused = false;
      }
      if (refused) {
        traced.push(entry(one, null, "an earlier statement of the file was refused"));
        continue;
      }
      const isBoundary = "TransactionStmt" in one.statement.node;
      try {
        const result = await runOne(session ?? (await database.connect("owner")), one, open, () =>
          database.connect("owner"),
        );
        if (!isBoundary) traced.push(entry(one, result, null));
        open = result.open;
      } catch (error) {
        if (!(error instanceof Error) || !("code" in error)) throw error;
        await session?.execute("ROLLBACK");
        open = false;
        refused = true;
        traced.push(entry(one, null, `the server refused it: ${error.message}`));
      }
    }
    if (open) await session?.execute("COMMIT");
    return traced;
  } finally {
    await session?.close();
  }
}

interface Watched {
  readonly seen: SeenEffect;
  /** Relations that were there before and whose files were looked at: tables and views, not indexes. */
  readonly tables: ReadonlySet<string>;
  /** Whether a transaction is open after it. */
  readonly open: boolean;
}

async function runOne(
  session: Session,
  { statement, transaction }: Traceable,
  open: boolean,
  connect: () => Promise<Session>,
): Promise<Watched> {
  const { node, sql } = statement;
  if ("TransactionStmt" in node) {
    await session.execute(sql);
    const kind = node.TransactionStmt.kind ?? "";
    return {
      seen: NOTHING,
      tables: new Set(),
      open: /BEGIN|START/.test(kind) || (open && !/COMMIT|ROLLBACK$/.test(kind)),
    };
  }
  if (aloneBecause(node, 18) !== null && !open) {
    const on = statement.effect.locks.map(({ relation }) => relation);
    const { locks, rewrites, scans, tables } = await watchedAlone(session, connect, on, sql);
    const blocking = locks.filter(({ relation, mode }) => tables.has(relation) && mode !== "ACCESS SHARE");
    return { seen: { locks: blocking, rewrites, scans }, tables, open: false };
  }
  const own = !open;
  if (own) await session.execute("BEGIN");
  const { rows: before } = await session.query<Relation>(RELATIONS);
  const held = await modes(session);
  await session.execute(sql);
  const after = await modes(session);
  const { rows } = await session.query<Relation>(RELATIONS);
  if (own && transaction === null) await session.execute("COMMIT");
  const now = new Map(rows.map((relation) => [relation.oid, relation]));
  const seen: SeenEffect = {
    locks: before.flatMap(({ oid, name }) => {
      const [was, is] = [held.get(oid), after.get(oid)];
      const stronger = is !== undefined && (was === undefined || LOCK_MODES.indexOf(is) > LOCK_MODES.indexOf(was));
      return stronger && is !== "ACCESS SHARE" ? [{ relation: name, mode: is }] : [];
    }),
    rewrites: before.flatMap(({ oid, name, file }) => {
      const current = now.get(oid)?.file;
      return current != null && current !== file ? [name] : [];
    }),
    scans: before.flatMap(({ oid, name, scans, kind }) =>
      kind !== "v" && (now.get(oid)?.scans ?? 0) > scans ? [name] : [],
    ),
  };
  return { seen, tables: new Set(before.map(({ name }) => name)), open: open || transaction !== null };
}

async function modes(session: Session): Promise<Map<number, LockMode>> {
  const { rows } = await session.query<{ oid: number; mode: string }>(HELD);
  const strongest = new Map<number, LockMode>();
  for (const { oid, mode } of rows) {
    const words = mode
      .replace(/Lock$/, "")
      .replaceAll(/(?<=.)(?=[A-Z])/g, " ")
      .toUpperCase() as LockMode;
    const held = strongest.get(oid);
    if (held === undefined || LOCK_MODES.indexOf(words) > LOCK_MODES.indexOf(held)) strongest.set(oid, words);
  }
  return strongest;
}

function entry({ statement, line, created }: Traceable, watched: Watched | null, why: string | null): TracedStatement {
  const { effect, script, sql } = statement;
  const claimed: SeenEffect = {
    locks: effect.locks.filter(({ mode }) => mode !== "ACCESS SHARE"),
    rewrites: effect.rewrites,
    scans: effect.scans,
  };
  const old = watched === null ? null : withoutNew(watched.seen, created);
  return {
    file: script.file,
    line,
    statement: firstWords(sql),
    claimed,
    seen: old,
    why,
    contradictions: old === null || watched === null ? [] : contradictionsOf(claimed, old, watched.tables),
  };
}

function withoutNew(seen: SeenEffect, created: ReadonlySet<string>): SeenEffect {
  return {
    locks: seen.locks.filter(({ relation }) => !created.has(relation)),
    rewrites: seen.rewrites.filter((relation) => !created.has(relation)),
    scans: seen.scans.filter((relation) => !created.has(relation)),
  };
}

// A claim is about a statement run by itself; a lock that the transaction held before does not show again.
function contradictionsOf(claimed: SeenEffect, seen: SeenEffect, tables: ReadonlySet<string>): readonly string[] {
  const claim = new Map(claimed.locks.map(({ relation, mode }) => [relation, mode]));
  return [
    ...seen.locks.flatMap(({ relation, mode }) => {
      const said = claim.get(relation);
      return said !== undefined && LOCK_MODES.indexOf(said) >= LOCK_MODES.indexOf(mode)
        ? []
        : [
            `${mode} was taken on ${relation}, ${said === undefined ? "of which nothing was said" : `not only ${said}`}`,
          ];
    }),
    ...seen.rewrites
      .filter((one) => !claimed.rewrites.includes(one))
      .map((one) => `${one} was written anew, which was not claimed`),
    ...claimed.rewrites
      .filter((one) => !seen.rewrites.includes(one) && claim.has(one) && tables.has(one))
      .map((one) => `${one} was not written anew, as was claimed`),
  ];
}
