import { isSqlState } from "../../engines/postgres/driver.ts";
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
  inTransaction(): boolean;
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
  const session = new WatchedSession(await database.connect("owner"), admin, signal, statementMax_ms);
  try {
    await session.prepare();
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
}

class WatchedSession implements ScriptSession {
  readonly #session: Session;
  readonly #signal: AbortSignal;
  readonly #statementMax_ms: number;
  readonly #endSession: () => void;
  #open = false;

  constructor(session: Session, admin: Session, signal: AbortSignal, statementMax_ms: number) {
    this.#session = session;
    this.#signal = signal;
    this.#statementMax_ms = statementMax_ms;
    this.#endSession = () => {
      admin.query("select pg_catalog.pg_terminate_backend($1)", [session.pid]).catch(() => {});
    };
    signal.addEventListener("abort", this.#endSession, { once: true });
  }

  async prepare(): Promise<void> {
    await this.#session.execute(settings(this.#statementMax_ms));
  }

  async run(sql: string, where: string): Promise<Refusal | null> {
    if (!this.#open) return await this.#execute(sql, where);
    // By itself: of a text that does not parse the server runs nothing, and ends the transaction.
    await this.#execute(SAVEPOINT, where);
    const refusal = await this.#watched(() => this.#session.execute(sql + RELEASE), where);
    if (refusal !== null) await this.#execute(UNDO, where);
    return refusal;
  }

  async copy(sql: string, data: string, where: string): Promise<Refusal | null> {
    if (this.#open) await this.#execute(SAVEPOINT, where);
    const refusal = await this.#watched(() => this.#session.copyIn(sql, dataChunks(data)), where);
    if (this.#open) await this.#execute(refusal === null ? RELEASE : UNDO, where);
    return refusal;
  }

  async attempt(sql: string, where: string): Promise<Refusal | null> {
    await this.#execute("BEGIN", where);
    const refusal = await this.#execute(sql, where);
    await this.#execute("ROLLBACK", where);
    return refusal;
  }

  async control(kind: TransactionKind, sql: string, where: string): Promise<Refusal | null> {
    const refusal = await this.#execute(sql, where);
    if (kind === "begin") this.#open ||= refusal === null;
    // A COMMIT that is refused rolls back.
    else if (kind !== "savepoint") this.#open = refusal === null && /\band\s+chain\b/i.test(sql);
    return refusal;
  }

  inTransaction(): boolean {
    return this.#open;
  }

  async state(): Promise<SessionState> {
    const { rows } = await this.#session.query<{ path: string; strings: string }>(
      `select pg_catalog.current_setting('search_path') as path,
              pg_catalog.current_setting('standard_conforming_strings') as strings`,
    );
    return { searchPath: rows[0]?.path ?? "", conformingStrings: rows[0]?.strings ?? "on" };
  }

  async restore({ searchPath, conformingStrings }: SessionState): Promise<void> {
    await this.#session.query(
      `select pg_catalog.set_config('search_path', $1, false),
              pg_catalog.set_config('standard_conforming_strings', $2, false)`,
      [searchPath, conformingStrings],
    );
  }

  async reset(): Promise<void> {
    await this.#session.execute("DISCARD ALL");
    await this.prepare();
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener("abort", this.#endSession);
    await this.#session.close();
  }

  #execute(sql: string, where: string): Promise<Refusal | null> {
    return this.#watched(() => this.#session.execute(sql), where);
  }

  // Runs work under the watch; a refusal is returned, the end of the session thrown.
  async #watched(work: () => Promise<unknown>, where: string): Promise<Refusal | null> {
    this.#signal.throwIfAborted();
    const timer = setTimeout(this.#endSession, this.#statementMax_ms + GRACE_MS);
    try {
      await work();
      return null;
    } catch (error) {
      this.#signal.throwIfAborted();
      const refusal = refusalOf(error);
      if (refusal !== null) return refusal;
      throw invalid(
        {
          what: "the twin's session ended while this statement ran",
          where,
          expected: `a statement that ends within ${this.#statementMax_ms / 1000} s and leaves its session alone`,
        },
        { cause: error },
      );
    } finally {
      clearTimeout(timer);
    }
  }
}

// Null when the server did not refuse but went away.
function refusalOf(error: unknown): Refusal | null {
  const { code, message, hint, position, table, constraint } = error as Readonly<Record<string, string | undefined>>;
  // Class 57P: the session was ended; class 08: the connection is gone.
  if (message === undefined || !isSqlState(code) || /^(?:57P|08)/.test(code)) return null;
  const index = position === undefined ? null : Math.max(0, Number(position) - 1);
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
