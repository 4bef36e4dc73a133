import { unavailable } from "../../model/error.ts";
import type { Session } from "./driver.ts";
import { isSqlState } from "./driver.ts";
import { ident } from "./print.ts";

/** One line of `pg_stat_statements`: a statement with `$n` for its constants, and what it did so far. */
export interface CountedStatement {
  readonly sql: string;
  readonly calls: number;
  readonly total_ms: number;
  readonly rows: number;
}

/** What `pg_stat_statements` holds of this database. */
export interface CountedStatements {
  readonly statements: readonly CountedStatement[];
  /** Seconds since the counters began, as far as the server says. */
  readonly span_s: number | null;
  /** What was not taken, with how many lines. */
  readonly leftOut: readonly { readonly what: string; readonly why: string; readonly count: number }[];
}

/** Lines read, the costliest first. */
const STATEMENTS_MAX = 5_000;

// What this reader itself sends is counted, too.
const READS_OR_WRITES = /^\s*(?:\/\*|--|\(|select|insert|update|delete|merge|with|values|table)/i;

const BEGIN = `
  BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;
  SET LOCAL search_path = '';
  SET LOCAL statement_timeout = '15s';
  SET LOCAL lock_timeout = '500ms'`;

/**
 * Reads `pg_stat_statements` of the session's database, any version of the extension in any schema, in one read-only
 * transaction. Constants of statements are not in it. Throws `unavailable` (exit 3), with what to do, where the
 * extension is missing, not loaded, or holds nothing that may be read.
 */
export async function readCountedStatements(session: Session): Promise<CountedStatements> {
  await session.execute(BEGIN);
  try {
    const schema = await schemaOfExtension(session);
    return await readLines(session, schema);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "55000") throw notLoaded(error);
    if (isSqlState(code) && code === "42501") throw forbidden(error);
    throw error;
  } finally {
    await session.execute("ROLLBACK").catch(() => {});
  }
}

async function schemaOfExtension(session: Session): Promise<string> {
  const found = await session.query<{ schema: string }>(
    `SELECT n.nspname AS schema FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
      WHERE e.extname = 'pg_stat_statements'`,
  );
  const schema = found.rows[0]?.schema;
  if (schema !== undefined) return schema;
  throw unavailable({
    what: "the extension pg_stat_statements is not in this database",
    where: "stat-statements",
    mend: "run CREATE EXTENSION pg_stat_statements there (and load it by shared_preload_libraries), or give --workload a log or a file of SQL",
  });
}

async function readLines(session: Session, schema: string): Promise<CountedStatements> {
  const view = `${ident(schema)}.pg_stat_statements`;
  const columns = await columnsOf(session, schema);
  // Before version 1.8 of the extension planning was not counted apart.
  const time = columns.has("total_exec_time") ? "total_exec_time" : "total_time";
  const top = columns.has("toplevel") ? "AND s.toplevel" : "";
  const lines = await session.query<{ query: string; calls: string; total_ms: string; rows: string }>(
    `SELECT s.query, sum(s.calls)::text AS calls, sum(s.${time})::text AS total_ms, sum(s.rows)::text AS rows
       FROM ${view} AS s
      WHERE s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) ${top}
      GROUP BY s.query ORDER BY sum(s.${time}) DESC LIMIT ${STATEMENTS_MAX + 1}`,
  );
  const readable = lines.rows.filter(({ query }) => query !== null && query !== "<insufficient privilege>");
  const hidden = lines.rows.length - readable.length;
  const hiddenCalls = lines.rows
    .filter((row) => !readable.includes(row))
    .reduce((sum, { calls }) => sum + Number(calls), 0);
  if (!readable.some(({ query }) => READS_OR_WRITES.test(query) && !/pg_stat_statements|pg_catalog\./.test(query)))
    throw hidden > 0 ? forbidden() : empty();
  return {
    statements: readable.slice(0, STATEMENTS_MAX).map(({ query, calls, total_ms, rows }) => ({
      sql: query,
      calls: Number(calls),
      total_ms: Number(total_ms),
      rows: Number(rows),
    })),
    span_s: await spanOf(session, schema),
    leftOut: [
      ...(hidden > 0
        ? [
            {
              what: "statements of other roles",
              why: "this role may not read them: it needs pg_read_all_stats",
              count: hiddenCalls,
            },
          ]
        : []),
      ...(lines.rows.length > STATEMENTS_MAX
        ? [{ what: "statements that took least time", why: `only the ${STATEMENTS_MAX} costliest are read`, count: 1 }]
        : []),
    ],
  };
}

async function columnsOf(session: Session, schema: string): Promise<ReadonlySet<string>> {
  const found = await session.query<{ name: string }>(
    `SELECT a.attname AS name FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
       JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.relname = 'pg_stat_statements' AND n.nspname = $1 AND a.attnum > 0 AND NOT a.attisdropped`,
    [schema],
  );
  return new Set(found.rows.map(({ name }) => name));
}

async function spanOf(session: Session, schema: string): Promise<number | null> {
  const exists = await session.query<{ there: boolean }>("SELECT pg_catalog.to_regclass($1) IS NOT NULL AS there", [
    `${ident(schema)}.pg_stat_statements_info`,
  ]);
  if (exists.rows[0]?.there !== true) return null;
  const found = await session.query<{ span_s: string | null }>(
    `SELECT extract(epoch FROM pg_catalog.now() - stats_reset)::text AS span_s FROM ${ident(schema)}.pg_stat_statements_info`,
  );
  const span = found.rows[0]?.span_s ?? null;
  return span === null ? null : Number(span);
}

const notLoaded = (cause: unknown): Error =>
  unavailable(
    {
      what: "pg_stat_statements is installed, but the server has not loaded it",
      where: "stat-statements",
      mend: "add it to shared_preload_libraries and restart the server, or give --workload a log or a file of SQL",
    },
    { cause },
  );

const forbidden = (cause?: unknown): Error =>
  unavailable(
    {
      what: "this role may not read the statements in pg_stat_statements",
      where: "stat-statements",
      mend: "grant it pg_read_all_stats (or pg_monitor), or give --workload a log or a file of SQL",
    },
    cause === undefined ? undefined : { cause },
  );

const empty = (): Error =>
  unavailable({
    what: "pg_stat_statements holds no statement of this database",
    where: "stat-statements",
    expected: "statements counted since it was last reset",
    mend: "let the application run for a while, or give --workload a log or a file of SQL",
  });
