/*
 * How long it takes to read a catalog, beside `pg_dump --schema-only` of the same database on the same
 * server, in turns. Needs PostgreSQL 15's own programs, as pg_dump comes with them.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../src/engines/postgres/driver.ts";
import type { Session } from "../../src/engines/postgres/driver.ts";
import { introspect } from "../../src/engines/postgres/introspect.ts";
import { figureText, median } from "./figure.ts";

const PROGRAMS = "/usr/lib/postgresql/15/bin";
const ROUNDS = 5;
const SIZES = [370, 5000] as const;
// PostgreSQL refuses to run as root: as root it is started as "nobody".
const NOBODY = 65534;

const asServer = (): { uid?: number; gid?: number } => (process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {});

/** One table of the generated schema, as an application would have it: keys, references, checks, comments. */
function tableSql(number: number): string {
  const schema = `s${number % 8}`;
  const name = `${schema}.table_${number}`;
  const parent = number === 0 ? null : Math.floor(number / 2);
  const statements = [
    `create table ${name} (
      id bigint generated always as identity primary key,
      parent_id bigint${parent === null ? "" : ` references s${parent % 8}.table_${parent}`},
      code character varying(40) not null unique,
      state s0.state not null default 'new',
      title text not null check (length(title) > 0),
      amount numeric(12,2) not null default 0 check (amount >= 0),
      tags text[] not null default '{}',
      created_at timestamp with time zone not null default now(),
      note text)`,
    `create index table_${number}_parent on ${name} (parent_id, created_at desc)`,
    `create index table_${number}_open on ${name} (lower(title)) where state <> 'done'`,
    `comment on table ${name} is 'Table number ${number} of the generated schema'`,
    `comment on column ${name}.amount is 'In the smallest unit'`,
  ];
  if (number % 5 === 0) {
    statements.push(`create view ${name}_unfinished as select id, title, amount from ${name} where state <> 'done'`);
    statements.push(`create trigger touch before update on ${name} for each row execute function s0.touch()`);
  }
  return statements.join(";\n");
}

/** Makes the generated schema: tables in eight schemas, with what an application would have on each. */
export async function fill(session: Session, tables: number): Promise<void> {
  await session.execute([...Array(8).keys()].map((number) => `create schema s${number}`).join(";"));
  await session.execute("create type s0.state as enum ('new', 'open', 'done')");
  await session.execute(
    "create function s0.touch() returns trigger language plpgsql as $$ begin new.created_at := now(); return new; end $$",
  );
  for (let first = 0; first < tables; first += 100) {
    const numbers = [...Array(Math.min(100, tables - first)).keys()].map((offset) => first + offset);
    await session.execute(numbers.map(tableSql).join(";\n"));
  }
  // As on a server that has run for a while: autovacuum keeps the statistics of the catalogs.
  await session.execute("analyze");
}

/** A server of the bench's own. */
export interface Server {
  readonly dir: string;
  readonly port: number;
}

/** Starts a server of PostgreSQL 15 with a data directory of its own. */
export function start(): Server {
  const dir = mkdtempSync(join(tmpdir(), "dbwright-bench-"));
  chmodSync(dir, 0o755);
  if (process.getuid?.() === 0) chownSync(dir, NOBODY, NOBODY);
  const data = join(dir, "data");
  const port = 20_000 + (process.pid % 30_000);
  const options = `-p ${port} -k ${dir} -c listen_addresses= -c fsync=off`;
  const quiet = { ...asServer(), cwd: dir, stdio: "ignore" } as const;
  execFileSync(
    join(PROGRAMS, "initdb"),
    ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"],
    quiet,
  );
  execFileSync(join(PROGRAMS, "pg_ctl"), ["-D", data, "-w", "-l", join(dir, "log"), "-o", options, "start"], quiet);
  return { dir, port };
}

/** Stops the server and removes its files. */
export function stop({ dir }: Server): void {
  const quiet = { ...asServer(), cwd: dir, stdio: "ignore" } as const;
  spawnSync(join(PROGRAMS, "pg_ctl"), ["-D", join(dir, "data"), "-m", "immediate", "-w", "stop"], quiet);
  rmSync(dir, { recursive: true, force: true });
}

/** Seconds that `pg_dump --schema-only` takes. */
export function dump_s({ dir, port }: Server, database: string): number {
  const startedAt_ms = performance.now();
  const words = ["--schema-only", "-h", dir, "-p", String(port), "-U", "postgres", "-f", "/dev/null", database];
  execFileSync(join(PROGRAMS, "pg_dump"), words);
  return (performance.now() - startedAt_ms) / 1000;
}

async function introspect_s({ dir, port }: Server, database: string): Promise<number> {
  const startedAt_ms = performance.now();
  const session = await connect({ host: dir, port, user: "postgres", database });
  await introspect(session);
  await session.close();
  return (performance.now() - startedAt_ms) / 1000;
}

/** Prints, for each size, the time of introspection (connecting included) beside pg_dump's. */
export async function run(): Promise<void> {
  const server = start();
  try {
    for (const size of SIZES) {
      const database = `bench_${size}`;
      const admin = await connect({ host: server.dir, port: server.port, user: "postgres", database: "postgres" });
      await admin.execute(`create database ${database}`);
      await admin.close();
      const session = await connect({ host: server.dir, port: server.port, user: "postgres", database });
      await fill(session, size);
      await session.close();
      const own_s: number[] = [];
      const dumps_s: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        dumps_s.push(dump_s(server, database));
        own_s.push(await introspect_s(server, database));
      }
      const peer = { what: "pg_dump --schema-only", seconds: median(dumps_s) };
      const what = `introspection, ${size} tables`;
      process.stdout.write(`${figureText({ what, seconds: median(own_s), peer, goal: { timesPeer: 1 } })}\n`);
    }
  } finally {
    stop(server);
  }
}
