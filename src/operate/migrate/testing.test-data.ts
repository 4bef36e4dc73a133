import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { moveRequests } from "../../diff/move-requests.ts";
import { planDiff } from "../../diff/plan.ts";
import { postgres } from "../../engines/postgres/dialect.ts";
import { connect } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import { readMigrations } from "../../formats/migration/read.ts";
import { writeMigration } from "../../formats/migration/write.ts";
import { partsOf } from "../../formats/migration/writer.ts";
import type { Catalog } from "../../model/catalog.ts";
import { DbwrightError } from "../../model/error.ts";
import type { Migration } from "../../model/migration.ts";
import { silentProgress } from "../../model/progress.ts";
import { openServer } from "../../twin/server/open.ts";
import { requestFor } from "../../twin/server/testing.test-data.ts";
import type { TwinDatabase, TwinServer } from "../../twin/server.ts";
import { migrateDown } from "./down.ts";
import type { DownRequest, DownResult } from "./down.ts";
import { RUN_DEFAULT } from "./run-context.ts";
import { migrateStatus } from "./status.ts";
import type { MigrateStatus } from "./status.ts";
import { migrateUp } from "./up.ts";
import type { UpRequest, UpResult } from "./up.ts";

/** A server for one test file; databases of it are migrated. */
export async function openTestServer(): Promise<TwinServer> {
  return await openServer(requestFor(join(tmpdir(), "dbwright-test-cache")));
}

/** Migrations as values, from the texts of their files. */
export async function filesOf(files: Readonly<Record<string, string>>): Promise<readonly Migration[]> {
  return await readMigrations(Object.entries(files).map(([file, text]) => ({ file, text })));
}

/** The files of migrations, one for each phase, that lead from what one script makes to what another makes. */
export async function plannedFiles(
  server: TwinServer,
  [from, to]: readonly [from: string, to: string],
  moves: readonly string[] = [],
): Promise<Readonly<Record<string, string>>> {
  const catalogs = [from, to].map(async (sql) => {
    const database = await server.createDatabase();
    const session = await database.connect("owner");
    await session.execute(sql);
    const catalog = await introspect(session);
    await session.close();
    await database.drop();
    return catalog;
  });
  const [before, after] = (await Promise.all(catalogs)) as [Catalog, Catalog];
  const requests = moves.map((text) => ({ text, where: "--move" }));
  const { steps } = await planDiff(before, after, {
    dialect: postgres,
    moves: moveRequests(requests, before, after),
  });
  const files: [string, string][] = [["1_base.up.sql", from]];
  for (const [index, part] of partsOf("change", steps, true).entries()) {
    const { up, down } = writeMigration(part, part.name);
    files.push([`${index + 2}_${part.name}.up.sql`, up], [`${index + 2}_${part.name}.down.sql`, down]);
  }
  return Object.fromEntries(files);
}

/** A database under migration, with a session of its owner to look at it. */
export interface Subject {
  readonly database: TwinDatabase;
  readonly url: string;
  readonly session: Session;
  up(files: Readonly<Record<string, string>>, parts?: Partial<UpRequest>): Promise<UpResult>;
  resume(files: Readonly<Record<string, string>>, parts?: Partial<UpRequest>): Promise<UpResult>;
  down(files: Readonly<Record<string, string>>, parts?: Partial<DownRequest>): Promise<DownResult>;
  status(files: Readonly<Record<string, string>>): Promise<MigrateStatus>;
  /** One value of one row, as text. */
  value(sql: string): Promise<string | null>;
  close(): Promise<void>;
}

/** A new database on a server; `as` is who migrates it. */
export async function subjectOn(server: TwinServer, as: "owner" | "admin" = "owner"): Promise<Subject> {
  return await subjectFor(await server.createDatabase(), as);
}

/** A database that is there already, under migration. */
export async function subjectFor(database: TwinDatabase, as: "owner" | "admin" = "owner"): Promise<Subject> {
  const url = database.url(as);
  const session = await connect({ url });
  const signal = new AbortController().signal;
  const run = async (
    command: "up" | "resume",
    files: Readonly<Record<string, string>>,
    parts: Partial<UpRequest>,
  ): Promise<UpResult> =>
    await migrateUp({
      url,
      migrations: await filesOf(files),
      command,
      to: null,
      options: { ...RUN_DEFAULT, retry: { retries: 3, delay_ms: 10, delayMax_ms: 50 } },
      allow: [],
      outOfOrder: false,
      dryRun: false,
      rollbackTested: null,
      signal,
      progress: silentProgress,
      announce: () => {},
      ...parts,
    });
  return {
    database,
    url,
    session,
    up: (files, parts = {}) => run("up", files, parts),
    resume: (files, parts = {}) => run("resume", files, parts),
    down: async (files, parts = {}) =>
      await migrateDown({
        url,
        migrations: await filesOf(files),
        to: null,
        steps: null,
        allow: [],
        options: { ...RUN_DEFAULT, retry: { retries: 3, delay_ms: 10, delayMax_ms: 50 } },
        dryRun: false,
        signal,
        progress: silentProgress,
        announce: () => {},
        ...parts,
      }),
    status: async (files) => await migrateStatus(url, await filesOf(files), signal),
    value: async (sql) => {
      const { rows } = await session.query<{ v: string | null }>(`SELECT (${sql})::text AS v`);
      return rows[0]?.v ?? null;
    },
    close: async () => {
      await session.close();
      await database.drop();
    },
  };
}

/** A server for the tests of a file, and a new database under migration before each. `begin` is told of them. */
export function eachOnItsOwn(begin: (place: { readonly server: TwinServer; readonly subject: Subject }) => void): void {
  let server: TwinServer;
  let subject: Subject;
  beforeAll(async () => {
    server = await openTestServer();
  });
  afterAll(async () => {
    await server.close();
  });
  beforeEach(async () => {
    subject = await subjectOn(server);
    begin({ server, subject });
  });
  afterEach(async () => {
    await subject.close();
  });
}

/** How work was refused. Fails where it was not. */
export async function refusal(
  work: Promise<unknown>,
): Promise<{ readonly exitCode: number; readonly message: string }> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DbwrightError)) throw new Error("nothing was refused", { cause: error });
  return { exitCode: error.exitCode, message: error.message };
}

/** What is on a server's tables and in its catalog, as one text: equal exactly when both are equal, history apart. */
export async function contentOf(session: Session): Promise<string> {
  const { rows: tables } = await session.query<{ name: string }>(
    `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'dbwright') ORDER BY 1`,
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await session.query<{ sum: string }>(
      `SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) || ' ' || count(*) AS sum FROM ${name} t`,
    );
    parts.push(`${name} ${rows[0]?.sum ?? ""}`);
  }
  const { rows: columns } = await session.query<{ line: string }>(
    `SELECT a.attrelid::regclass || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull AS line
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE a.attnum > 0 AND NOT a.attisdropped AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'dbwright')
     UNION ALL SELECT 'index ' || pg_get_indexdef(indexrelid) || ' ' || indisvalid FROM pg_index i
     JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'dbwright')
     UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(k.oid) || ' ' || convalidated
     FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
     WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'dbwright') ORDER BY 1`,
  );
  return [...parts, ...columns.map(({ line }) => line)].join("\n");
}
