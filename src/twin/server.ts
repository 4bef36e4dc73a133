import type { Session } from "../engines/postgres/driver.ts";
import type { Progress } from "../model/progress.ts";

/** What is asked of a twin's server. */
export interface TwinRequest {
  /** The major wanted (15 to 18). */
  readonly major: number;
  /** A server that the user names; null to use an embedded one or binaries on the search path. */
  readonly url: string | null;
  readonly cacheDir: string;
  readonly searchPath: readonly string[];
  /** Libraries that an owned server loads at its start (`shared_preload_libraries`). Absent: none. */
  readonly preload?: readonly string[];
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** A running server with databases that dbwright owns. */
export interface TwinServer {
  /** E.g. "18.4". */
  readonly version: string;
  readonly major: number;
  /** `embedded`: from the npm package; `path`: binaries found on the machine; `url`: named by the user. */
  readonly origin: "embedded" | "path" | "url";
  /** For people and proofs: "embedded PostgreSQL 18.4". Holds no secret. */
  readonly description: string;
  /** The data directory, where dbwright may extend files; null on a server named by the user. */
  readonly dataDir: string | null;
  /** Creates an empty database, or a copy of another database of this twin (which must be idle). */
  createDatabase(template?: TwinDatabase): Promise<TwinDatabase>;
  /** Drops every database (and role) it created, stops an owned server, removes its files. Idempotent; never throws. */
  close(): Promise<void>;
}

/** One scratch database. */
export interface TwinDatabase {
  readonly name: string;
  /**
   * A session. `owner` owns the database and is no superuser: hostile SQL runs as it. `admin` is the
   * server's superuser (on a user's server: the user given in the URL); it must never run text from outside,
   * nor anything that calls what the owner made (triggers, views, functions, operators). Its search path is
   * empty, so that the owner cannot slip such a call in: qualify every name outside `pg_catalog`.
   */
  connect(as: "owner" | "admin"): Promise<Session>;
  /** A connection string for `owner` or `admin`, for tools that need one (Knex, psql). Holds a password: never print it. */
  url(as: "owner" | "admin"): string;
  /**
   * Makes sure a role exists (NOLOGIN, no privileges) and that `owner` is a member of it. On a user's server a
   * role that is there already stays as it is, and a note says so. Throws a `DbwrightError`: exit 2 for a
   * reserved or impossible name, exit 3 where the user of the URL may not create roles.
   */
  ensureRole(name: string): Promise<void>;
  drop(): Promise<void>;
}
