/*
 * How long it takes to diff a schema against itself (connect, read it once, as both sides are the same database, plan)
 * and against a copy in another database (connect twice, read both, plan), beside `pg_dump --schema-only` of it on the
 * same server, in turns; and whether the time grows with the schema alone. Needs PostgreSQL 15's programs.
 */
import { planDiff } from "../../src/diff/plan.ts";
import { STRATEGIES } from "../../src/diff/strategies/registry.ts";
import { postgres } from "../../src/engines/postgres/dialect.ts";
import { connect } from "../../src/engines/postgres/driver.ts";
import type { Session } from "../../src/engines/postgres/driver.ts";
import type { Catalog } from "../../src/model/catalog.ts";
import { introspect } from "../../src/engines/postgres/introspect.ts";
import { median } from "./figure.ts";
import type { BenchResult, Figure } from "./figure.ts";
import { dump_s, start, stop } from "./introspect.ts";
import type { Server } from "./introspect.ts";

const ROUNDS = 5;
const TABLES = 371;
const TABLES_MANY = [1250, 5000] as const;
// Of a schema met in practice: 371 tables, 900 indexes, 760 foreign keys.
const INDEXES_PER_TABLE = 900 / 371;
const REFERENCES_PER_TABLE = 760 / 371;

/** Statements of one table: a key, further indexes and foreign keys so that the whole has its share of each. */
function tableSql(number: number): { readonly table: string; readonly references: readonly string[] } {
  const name = `app.table_${number}`;
  const share = (perTable: number): number => Math.floor((number + 1) * perTable) - Math.floor(number * perTable);
  const parents = Array.from({ length: share(REFERENCES_PER_TABLE) }, (_, at) => Math.floor(number / (at + 2)));
  const columns = parents.map((_, at) => `parent_${at} bigint`);
  const table = [
    `create table ${name} (id bigint generated always as identity primary key, ${columns.map((column) => `${column}, `).join("")}
       code varchar(40) not null, title text not null check (length(title) > 0), amount numeric(12,2) not null default 0,
       tags text[] not null default '{}', made_at timestamptz not null default now(), note text)`,
    ...Array.from(
      { length: share(INDEXES_PER_TABLE - 1) },
      (_, at) => `create index table_${number}_${at} on ${name} (code, made_at desc)`,
    ),
  ];
  const references = parents.map(
    (parent, at) => `alter table ${name} add foreign key (parent_${at}) references app.table_${parent}`,
  );
  return { table: table.join(";\n"), references };
}

async function fill(session: Session, tables: number): Promise<void> {
  await session.execute("create schema app");
  const all = Array.from({ length: tables }, (_, number) => tableSql(number));
  for (let first = 0; first < tables; first += 100)
    await session.execute(
      all
        .slice(first, first + 100)
        .map(({ table }) => table)
        .join(";\n"),
    );
  for (let first = 0; first < tables; first += 100)
    await session.execute(
      all
        .slice(first, first + 100)
        .flatMap(({ references }) => references)
        .join(";\n"),
    );
  await session.execute("analyze");
}

async function catalogOf({ dir, port }: Server, database: string): Promise<Catalog> {
  const session = await connect({ host: dir, port, user: "postgres", database });
  const catalog = await introspect(session);
  await session.close();
  return catalog;
}

// Databases that are the same are read once, as `diff` does.
async function diff_s(server: Server, from: string, to: string): Promise<number> {
  const startedAt_ms = performance.now();
  const one = catalogOf(server, from);
  const sides = await Promise.all([one, from === to ? one : catalogOf(server, to)]);
  const plan = await planDiff(...sides, { dialect: postgres, strategies: STRATEGIES });
  if (plan.steps.length > 0) throw new Error(`a schema differs from itself: ${plan.steps[0]?.sql}`);
  return (performance.now() - startedAt_ms) / 1000;
}

/** The database with that many tables, and its copy. */
interface Made {
  readonly database: string;
  readonly copy: string;
}

async function made(server: Server, tables: number): Promise<Made> {
  const database = `diff_${tables}`;
  const copy = `${database}_copy`;
  const admin = await connect({ host: server.dir, port: server.port, user: "postgres", database: "postgres" });
  await admin.execute(`create database ${database}`);
  const session = await connect({ host: server.dir, port: server.port, user: "postgres", database });
  await fill(session, tables);
  await session.close();
  await admin.execute(`create database ${copy} template ${database}`);
  await admin.close();
  return { database, copy };
}

interface Times {
  readonly itself_s: number;
  readonly copy_s: number;
  readonly dump_s: number;
}

async function timesOf(server: Server, tables: number, rounds: number): Promise<Times> {
  const { database, copy } = await made(server, tables);
  const itself: number[] = [];
  const copies: number[] = [];
  const dumps: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    dumps.push(dump_s(server, database));
    itself.push(await diff_s(server, database, database));
    copies.push(await diff_s(server, database, copy));
  }
  return { itself_s: median(itself), copy_s: median(copies), dump_s: median(dumps) };
}

/** A schema of 371 tables against itself and against a copy beside pg_dump, and 5,000 tables beside four times 1,250. */
export async function run(): Promise<BenchResult> {
  const server = start();
  try {
    const one = await timesOf(server, TABLES, ROUNDS);
    const [few, many] = [await timesOf(server, TABLES_MANY[0], 3), await timesOf(server, TABLES_MANY[1], 3)];
    const factor = TABLES_MANY[1] / TABLES_MANY[0];
    const besideDump = (
      tables: number,
      { itself_s, copy_s, dump_s: seconds }: Times,
      isPromised: boolean,
    ): Figure[] => {
      const peer = { what: "pg_dump --schema-only", seconds };
      return [
        {
          what: `diff against itself, ${tables} tables`,
          seconds: itself_s,
          peer,
          goal: isPromised ? { timesPeer: 1 } : null,
        },
        { what: `diff against a copy, ${tables} tables`, seconds: copy_s, peer, goal: null },
      ];
    };
    const growth = { what: `${factor} times that of ${TABLES_MANY[0]} tables`, seconds: few.copy_s * factor };
    return {
      method: `connecting, reading and planning, in one process, in turns with pg_dump; median of ${ROUNDS} and 3; 900 indexes and 760 foreign keys to ${TABLES} tables; itself: one reading; a copy: two, side by side`,
      figures: [
        ...besideDump(TABLES, one, true),
        {
          what: `diff against a copy, ${TABLES_MANY[1]} tables`,
          seconds: many.copy_s,
          peer: growth,
          goal: { timesPeer: 1.25 },
        },
        ...besideDump(TABLES_MANY[1], many, false),
      ],
    };
  } finally {
    stop(server);
  }
}
