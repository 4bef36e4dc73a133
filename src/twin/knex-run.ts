import { isSqlState } from "../engines/postgres/driver.ts";
import { basename, dirname } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Knex } from "knex";
import { invalid } from "../model/error.ts";

/** `knex` is an optional dependency and is not installed: the migration is then not proved. */
export class KnexNotInstalled extends Error {
  override readonly name = "KnexNotInstalled";

  constructor(options?: ErrorOptions) {
    super("knex is not installed; to prove the Knex migration: npm install knex", options);
  }
}

// Its own name, so that a migration table of the user's is never touched; removed afterwards with its lock table.
const MIGRATIONS_TABLE = "dbwright_knex_run";
const SCHEMA = "dbwright_knex_run";

/**
 * Runs a written Knex migration with Knex's own migrator: `up` runs it, `down` runs its `down` (the record of
 * the `up` is restored for it first). Leaves none of Knex's tables behind.
 *
 * @param file absolute path of the `.ts` (or `.js`) file; it is executed, so only ever a file dbwright wrote.
 * @param url connection string of a twin's database; never printed.
 * @throws KnexNotInstalled when the optional dependency is absent.
 * @throws DbwrightError (exit 2) when the file does not load, or a statement of it fails.
 */
export async function runKnexMigration(
  file: string,
  url: string,
  direction: "up" | "down",
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const knex = await loadKnex();
  const migration = await loadMigration(file);
  const connections = new Set<PgConnection>();
  const client = knex({
    client: "pg",
    connection: url,
    pool: {
      min: 0,
      max: 2,
      afterCreate: (raw: PgConnection, done: (error: Error | null, connection: PgConnection) => void) => {
        connections.add(raw);
        done(null, raw);
      },
    },
    log: SILENT,
  });
  let ended: Promise<void> = Promise.resolve();
  const abort = (): void => {
    ended = end(client, connections);
  };
  signal.addEventListener("abort", abort, { once: true });
  try {
    await run(client, basename(file), migration, direction, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw invalid(
      {
        what: `the Knex migration failed on the way ${direction}: ${reasonOf(error)}`,
        where: basename(file),
        mend: "this is a defect of dbwright's Knex writer unless the file was edited; run the plain SQL migration instead",
      },
      { cause: error },
    );
  } finally {
    signal.removeEventListener("abort", abort);
    await ended;
    await client.destroy();
  }
}

/*
 * The server does not look whether its client is still there while it works, so the statement is cancelled
 * before the socket goes; without sockets nothing further of the migration can run.
 */
async function end(client: Knex, connections: ReadonlySet<PgConnection>): Promise<void> {
  const driver = client.client as { cancelQuery(connection: PgConnection): Promise<unknown> };
  await Promise.allSettled([...connections].map((connection) => driver.cancelQuery(connection)));
  for (const connection of connections) connection.connection.stream.destroy();
}

interface PgConnection {
  readonly connection: { readonly stream: { destroy(): void } };
}

type Migration = Pick<Knex.Migration, "up" | "down">;

const SILENT = { warn: () => {}, error: () => {}, debug: () => {}, deprecate: () => {} };

async function loadKnex(): Promise<(config: Knex.Config) => Knex> {
  try {
    return (await import("knex")).default;
  } catch (error) {
    throw new KnexNotInstalled({ cause: error });
  }
}

async function loadMigration(file: string): Promise<Migration> {
  const { createJiti } = await import("jiti");
  try {
    return await createJiti(dirname(file), { fsCache: false, moduleCache: false }).import<Migration>(file);
  } catch (error) {
    throw invalid(
      { what: `the Knex migration does not load: ${(error as Error).message.split("\n")[0]}`, where: basename(file) },
      { cause: error },
    );
  }
}

async function run(
  client: Knex,
  name: string,
  migration: Migration,
  direction: "up" | "down",
  signal: AbortSignal,
): Promise<void> {
  const config = {
    tableName: MIGRATIONS_TABLE,
    schemaName: SCHEMA,
    migrationSource: {
      getMigrations: () => Promise.resolve([name]),
      getMigrationName: (of: string) => of,
      getMigration: () => Promise.resolve(migration),
    },
  };
  // Knex keeps its records in a schema of their own, so that removing them is one statement.
  await client.raw("CREATE SCHEMA IF NOT EXISTS ??", [SCHEMA]);
  try {
    if (direction === "up") {
      await client.migrate.up(config);
    } else {
      await client.migrate.list(config);
      await client(MIGRATIONS_TABLE).withSchema(SCHEMA).insert({ name, batch: 1, migration_time: client.fn.now() });
      await client.migrate.down(config);
    }
  } finally {
    // Stopped: the caller drops the database, and there may be no connection left.
    if (!signal.aborted) await client.raw("DROP SCHEMA IF EXISTS ?? CASCADE", [SCHEMA]);
  }
}

/*
 * Knex puts the whole statement before the server's words, and the server's words about bad data (SQLSTATE
 * class 22) end with the value: neither may be repeated.
 */
function reasonOf(error: unknown): string {
  const { message = "no message", code = "" } = error as { message?: string; code?: string };
  const words =
    stripVTControlCharacters(message.slice(message.lastIndexOf(" - ") + 1).replace(/^- /, "")).split("\n")[0] ?? "";
  if (!isSqlState(code)) return words;
  return `${code.startsWith("22") ? (words.split(/[:"]/)[0]?.trim() ?? "") : words} (SQLSTATE ${code})`;
}
