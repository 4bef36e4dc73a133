import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { unavailable } from "../../model/error.ts";

/** Where and as whom to connect. `password` never appears in an error or a log. */
export interface ConnectOptions {
  /** A connection string, or its parts. A `host` that starts with "/" is a socket directory. */
  readonly url?: string;
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  /** Ends the connection when aborted; the statement under way is cancelled on the server. */
  readonly signal?: AbortSignal;
  readonly connectTimeout_ms?: number;
  readonly applicationName?: string;
}

/**
 * Whether an error's code is a SQLSTATE: the server refused, as opposed to a socket that broke. Every
 * SQLSTATE has a digit (PostgreSQL's errcodes.txt); the system's own codes of five letters (EPIPE) have none.
 */
export function isSqlState(code: unknown): code is string {
  return typeof code === "string" && /^(?=.*\d)[0-9A-Z]{5}$/.test(code);
}

/** One result: rows as objects and the server's row count (null for statements without one). */
export interface Result<Row> {
  readonly rows: readonly Row[];
  readonly rowCount: number | null;
}

/** A session on a PostgreSQL server. The only thing in the program that holds a socket to one. */
export interface Session {
  /** The server's process number, for `pg_locks` and cancelling. */
  readonly pid: number;
  /** E.g. 180004. */
  readonly versionNumber: number;
  /**
   * One statement with `$n` parameters; several are possible without any, and give the rows of all, in order. Errors
   * are `pg`'s own DatabaseError, with `code` (SQLSTATE).
   */
  query<Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<Result<Row>>;
  /**
   * Statements that are sent without waiting for the answers in between: the server works on while we look at the rows
   * of what it has answered. `take` gets each one's rows, or the error it ended in, in order. Whatever it throws is
   * thrown once all are answered. Nothing else may be asked of the session meanwhile.
   */
  pipeline(
    statements: readonly { readonly sql: string; readonly parameters: readonly unknown[] }[],
    take: (answer: readonly Record<string, unknown>[] | Error, index: number) => void,
  ): Promise<void>;
  /** One or several statements in the simple protocol, results thrown away. */
  execute(sql: string): Promise<void>;
  /** COPY … FROM STDIN with the given chunks of text; returns the number of rows. */
  copyIn(sql: string, chunks: Iterable<string> | AsyncIterable<string>): Promise<number>;
  /** Notices since the last call, oldest first. */
  notices(): readonly string[];
  close(): Promise<void>;
}

// Everything comes back as the server's text: numbers and dates beyond JavaScript's must not be bent.
const TEXT_TYPES = { getTypeParser: (oid: number) => PARSERS.get(oid) ?? ((text: string) => text) };
const PARSERS = new Map<number, (text: string) => unknown>([
  [16, (text) => text === "t"], // boolean
  [21, Number], // smallint
  [23, Number], // integer
  [26, Number], // oid
  [700, Number], // real
  [701, Number], // double precision
  [114, (text) => JSON.parse(text) as unknown], // json
  [3802, (text) => JSON.parse(text) as unknown], // jsonb
  [1003, textArray], // name[]
  [1009, textArray], // text[]
]);

// Arrays of text in the server's output form: {a,"b,c",NULL}.
function textArray(text: string): (string | null)[] {
  const items: (string | null)[] = [];
  const item = /"((?:[^"\\]|\\.)*)"|([^,{}"]+)/gs;
  for (const match of text.matchAll(item)) {
    if (match[1] !== undefined) items.push(match[1].replaceAll(/\\(.)/gs, "$1"));
    else items.push(match[2] === "NULL" ? null : (match[2] ?? ""));
  }
  return items;
}

/** A connection string or its parts as a person may see them: without the password. */
export function describeTarget(options: ConnectOptions): string {
  if (options.url === undefined) return `${options.user ?? "?"}@${options.host ?? "?"}/${options.database ?? ""}`;
  try {
    const url = new URL(options.url);
    return `${url.protocol}//${url.username === "" ? "" : `${url.username}@`}${url.host}${url.pathname}`;
  } catch {
    return "the given connection string";
  }
}

function connectionProblem(error: unknown, target: string): Error {
  const { code, message } = error as { code?: string; message?: string };
  const mend: Record<string, string> = {
    ECONNREFUSED: "start the server, or correct host and port",
    ENOTFOUND: "correct the host name",
    ENOENT: "start the server, or correct the socket directory",
    ETIMEDOUT: "check the network path and the firewall",
    "28P01": "correct the password (in the URL, PGPASSWORD or ~/.pgpass)",
    "28000": "allow this user in pg_hba.conf, or use another user",
    "3D000": "create the database, or correct its name in the URL",
    "53300": "free a connection: the server has no slot left",
  };
  const what = code === "28P01" ? "the server refused the password" : (message ?? "no answer").split("\n")[0];
  return unavailable({
    what: `cannot connect: ${what}`,
    where: target,
    ...(code !== undefined && mend[code] !== undefined ? { mend: mend[code] } : {}),
  });
}

/** Opens a session. Throws a `DbwrightError` (exit 3) that names the target without its password. */
export async function connect(options: ConnectOptions): Promise<Session> {
  options.signal?.throwIfAborted();
  const client = new pg.Client({
    ...(options.url === undefined ? {} : { connectionString: options.url }),
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.user === undefined ? {} : { user: options.user }),
    ...(options.password === undefined ? {} : { password: options.password }),
    ...(options.database === undefined ? {} : { database: options.database }),
    connectionTimeoutMillis: options.connectTimeout_ms ?? 10_000,
    // A long statement sends nothing: without probes nobody here would notice that the way to the server is gone.
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    application_name: options.applicationName ?? "dbwright",
    types: TEXT_TYPES,
  });
  // A server that dies while idle raises here; the next query reports it. Without a listener Node exits.
  client.on("error", () => {});
  const notices: string[] = [];
  client.on("notice", (notice) => notices.push(notice.message ?? ""));
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => {});
    throw connectionProblem(error, describeTarget(options));
  }
  const version = await client.query<{ v: string }>("select pg_catalog.current_setting('server_version_num') as v");
  return sessionOf(client, Number(version.rows[0]?.v), notices, options.signal);
}

function sessionOf(client: pg.Client, versionNumber: number, notices: string[], signal?: AbortSignal): Session {
  const abort = (): void => {
    // Ending the socket makes the server cancel what runs and roll back.
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  };
  signal?.addEventListener("abort", abort, { once: true });
  const guard = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  };
  return {
    pid: (client as unknown as { processID: number }).processID,
    versionNumber,
    query: async <Row>(sql: string, parameters?: readonly unknown[]) => {
      const result = await guard(client.query(sql, parameters === undefined ? undefined : [...parameters]));
      const several: unknown = result;
      if (!Array.isArray(several)) return { rows: result.rows as Row[], rowCount: result.rowCount };
      const all = several as readonly pg.QueryResult[];
      return { rows: all.flatMap(({ rows }) => rows as Row[]), rowCount: all.at(-1)?.rowCount ?? null };
    },
    pipeline: async (statements, take) => {
      // pg looks at it for each statement; it refuses COPY, so that it is not left on.
      const mode = client as { pipeline: boolean };
      mode.pipeline = true;
      const asked = statements.map(({ sql, parameters }) => client.query(sql, [...parameters]));
      const all = Promise.allSettled(asked);
      try {
        for (const [index, one] of asked.entries()) {
          const answer = await one.then(
            ({ rows }) => rows as Record<string, unknown>[],
            (error: Error) => error,
          );
          signal?.throwIfAborted();
          take(answer, index);
        }
      } finally {
        await all;
        mode.pipeline = false;
      }
    },
    execute: async (sql) => {
      await guard(client.query(sql));
    },
    copyIn: async (sql, chunks) => {
      const stream = client.query(copyFrom(sql));
      await guard(pipeline(Readable.from(chunks, { objectMode: false }), stream));
      return stream.rowCount ?? 0;
    },
    notices: () => notices.splice(0),
    close: async () => {
      signal?.removeEventListener("abort", abort);
      const ended = once(client, "end").catch(() => {});
      await Promise.race([client.end().catch(() => {}), ended]);
    },
  };
}
