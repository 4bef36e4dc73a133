import type { Session } from "../../engines/postgres/driver.ts";
import { invalid } from "../../model/error.ts";
import type { TwinDatabase } from "../server.ts";
import type { TransactionKind } from "./classify.ts";

/** Why the server would not run a statement: the parts of its error that hold no row value, and its message. */
export interface Refusal {
  readonly sqlstate: string;
  readonly message: string;
  readonly hint: string | null;
  /** UTF-16 index into the statement, or null. */
  readonly index: number | null;
  /** The table and constraint an error of rows names, e.g. "task (task_title_check)"; or null. */
  readonly object: string | null;
}

/** How long one statement of a script may run on the twin, in ms. Loops without an end are the reason. */
export const STATEMENT_MS_MAX = 60_000;
const GRACE_MS = 5_000;

// A script may switch the server's own limit off from inside a DO block, and may catch a cancel: the
// session is then ended from outside. Bodies of functions are not checked, since they may use what is
// defined after them.
const settings = (statementMax_ms: number): string =>
  `SET statement_timeout = ${statementMax_ms}; SET check_function_bodies = off; SET client_min_messages = warning`;

/** The session in which a script runs: as the database's owner, watched by the administrator. */
export interface ScriptSession {
  /** Runs one statement; a refusal is a value. In a transaction the statement alone is undone. */
  run(sql: string, where: string): Promise<Refusal | null>;
  /** Runs COPY … FROM stdin with its data block (`\.` included). */
  copy(sql: string, data: string, where: string): Promise<Refusal | null>;
  /** Runs a statement in a transaction and rolls back. */
  attempt(sql: string, where: string): Promise<Refusal | null>;
  /** BEGIN, COMMIT, ROLLBACK and savepoints as the script words them. */
  control(kind: TransactionKind, sql: string, where: string): Promise<Refusal | null>;
  readonly inTransaction: () => boolean;
  /** What decides about a later statement's meaning; give it back to {@link restore}. */
  state(): Promise<SessionState>;
  restore(state: SessionState): Promise<void>;
  /** As a new session would be: settings, temporary objects and prepared statements are gone. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** @see ScriptSession.state */
export interface SessionState {
  readonly searchPath: string;
  readonly conformingStrings: string;
}

const SAVEPOINT = "SAVEPOINT dbwright_statement;\n";
const RELEASE = "\n;RELEASE SAVEPOINT dbwright_statement";
const UNDO = "ROLLBACK TO SAVEPOINT dbwright_statement; RELEASE SAVEPOINT dbwright_statement";

/** Opens the session. `admin` must stay open for as long; it never runs text of the script. */
export async function openScriptSession(
  database: TwinDatabase,
  admin: Session,
  { signal, statementMax_ms = STATEMENT_MS_MAX }: { readonly signal: AbortSignal; readonly statementMax_ms?: number },
): Promise<ScriptSession> {
  const session = await database.connect("owner");
  const endSession = (): void => {
    admin.query("select pg_catalog.pg_terminate_backend($1)", [session.pid]).catch(() => {});
  };
  signal.addEventListener("abort", endSession, { once: true });
  const close = async (): Promise<void> => {
    signal.removeEventListener("abort", endSession);
    await session.close();
  };
  let open = false;

  // Runs work under the watch; a refusal is returned, the end of the session thrown.
  const watched = async (work: () => Promise<unknown>, where: string, shift = 0): Promise<Refusal | null> => {
    signal.throwIfAborted();
    const timer = setTimeout(endSession, statementMax_ms + GRACE_MS);
    try {
      await work();
      return null;
    } catch (error) {
      signal.throwIfAborted();
      const refusal = refusalOf(error, shift);
      if (refusal !== null) return refusal;
      throw invalid(
        {
          what: "the twin's session ended while this statement ran",
          where,
          expected: `a statement that ends within ${statementMax_ms / 1000} s and leaves its session alone`,
        },
        { cause: error },
      );
    } finally {
      clearTimeout(timer);
    }
  };
  const execute = (sql: string, where: string): Promise<Refusal | null> => watched(() => session.execute(sql), where);

  try {
    await session.execute(settings(statementMax_ms));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    run: async (sql, where) => {
      if (!open) return await execute(sql, where);
      const refusal = await watched(() => session.execute(SAVEPOINT + sql + RELEASE), where, SAVEPOINT.length);
      if (refusal !== null) await execute(UNDO, where);
      return refusal;
    },
    copy: async (sql, data, where) => {
      if (open) await execute(SAVEPOINT, where);
      const refusal = await watched(() => session.copyIn(sql, dataChunks(data)), where);
      if (open) await execute(refusal === null ? RELEASE : UNDO, where);
      return refusal;
    },
    attempt: async (sql, where) => {
      await execute("BEGIN", where);
      const refusal = await execute(sql, where);
      await execute("ROLLBACK", where);
      return refusal;
    },
    control: async (kind, sql, where) => {
      const refusal = await execute(sql, where);
      if (kind === "begin") open ||= refusal === null;
      // A COMMIT that is refused rolls back.
      else if (kind !== "savepoint") open = refusal === null && /\band\s+chain\b/i.test(sql);
      return refusal;
    },
    inTransaction: () => open,
    state: async () => {
      const { rows } = await session.query<{ path: string; strings: string }>(
        `select pg_catalog.current_setting('search_path') as path,
                pg_catalog.current_setting('standard_conforming_strings') as strings`,
      );
      return { searchPath: rows[0]?.path ?? "", conformingStrings: rows[0]?.strings ?? "on" };
    },
    restore: async ({ searchPath, conformingStrings }) => {
      await session.query(
        `select pg_catalog.set_config('search_path', $1, false),
                pg_catalog.set_config('standard_conforming_strings', $2, false)`,
        [searchPath, conformingStrings],
      );
    },
    reset: async () => {
      await session.execute("DISCARD ALL");
      await session.execute(settings(statementMax_ms));
    },
    close,
  };
}

// Null when the server did not refuse but went away.
function refusalOf(error: unknown, shift: number): Refusal | null {
  const { code, message, hint, position, table, constraint } = error as Readonly<Record<string, string | undefined>>;
  // Class 57P: the session was ended; class 08: the connection is gone.
  if (code === undefined || message === undefined || !/^[0-9A-Z]{5}$/.test(code) || /^(?:57P|08)/.test(code))
    return null;
  const index = position === undefined ? null : Math.max(0, Number(position) - 1 - shift);
  const object = table === undefined ? null : `${table}${constraint === undefined ? "" : ` (${constraint})`}`;
  return { sqlstate: code, message, hint: hint ?? null, index, object };
}

const CHUNK_LENGTH = 1 << 16;

// The rows of a data block: the rest of the COPY statement's own line and the end mark are no rows.
function* dataChunks(data: string): Generator<string> {
  const start = data.indexOf("\n") + 1;
  const end = data.replace(/\r?\n$/, "").lastIndexOf("\n") + 1;
  for (let at = start; at < end; at += CHUNK_LENGTH) yield data.slice(at, Math.min(end, at + CHUNK_LENGTH));
}
