import { AsyncLocalStorage } from "node:async_hooks";
import type { LoadedProgram } from "./program-files.ts";
import type { RecordedScript, RecordedWay } from "./recorded.ts";
import { lineOfWay, Recorder } from "./recorder.ts";
import type { EmptyAnswer } from "./recorder.ts";

interface Table {
  clone(): Table;
}

/** What is used of TypeORM's query runner. */
interface QueryRunner {
  loadTables(names?: readonly string[]): Promise<readonly Table[]>;
  getTablePath(table: Table | string): string;
  hasTable(table: Table | string): Promise<boolean>;
  startTransaction(): Promise<void>;
  commitTransaction(): Promise<void>;
}

/** TypeORM's module, as far as it is used here. */
export interface TypeOrmModule {
  readonly DataSource: new (options: object) => {
    initialize(): Promise<unknown>;
    createQueryRunner(mode: "master"): QueryRunner;
  };
}

interface Migration {
  readonly name?: string;
  readonly transaction?: boolean;
  up?(runner: unknown): unknown;
  down?(runner: unknown): unknown;
}

interface Call {
  readonly line: number;
  /** False where TypeORM itself asks the database on its way. */
  readonly own: boolean;
}

type Current = { recorder: Recorder | null };

/**
 * Runs TypeORM migrations with TypeORM's own query runner for PostgreSQL on a driver that records; without TypeORM
 * only `queryRunner.query` is there. Tables that the migrations made by `createTable` are known to the later ones.
 */
export async function recordTypeOrm(
  module: TypeOrmModule | null,
  programs: readonly LoadedProgram[],
  down: boolean,
): Promise<readonly RecordedScript[]> {
  const current: Current = { recorder: null };
  const runner = module === null ? bareRunner(current) : await realRunner(module, current);
  const found = programs.flatMap((program) => migrationsIn(program)).toSorted((a, b) => a.stamp - b.stamp);
  const record = async ({ program, migration }: Found, way: "up" | "down"): Promise<RecordedWay> => {
    const recorder = new Recorder(program.path, lineOfWay(program.text, way));
    current.recorder = recorder;
    const around = migration.transaction !== false;
    return await recorder.run(async () => {
      if (around) await runner.startTransaction();
      await migration[way]?.(runner.forPrograms);
      if (around) await runner.commitTransaction();
    }, around);
  };
  const ups: RecordedWay[] = [];
  for (const one of found) ups.push(await record(one, "up"));
  const scripts: RecordedScript[] = [];
  for (const [index, one] of [...found.entries()].toReversed()) {
    const up = ups[index];
    const hasDown = typeof one.migration.down === "function";
    if (up !== undefined)
      scripts.unshift({ file: one.program.file, up, down: down && hasDown ? await record(one, "down") : null });
  }
  return scripts;
}

interface Found {
  readonly program: LoadedProgram;
  readonly migration: Migration;
  readonly stamp: number;
}

// Every exported class that goes up; the moment is the end of its name, as TypeORM reads it.
function migrationsIn(program: LoadedProgram): readonly Found[] {
  return [...new Set<unknown>(Object.values(program.exports))].flatMap((exported): Found[] => {
    if (typeof exported !== "function" || typeof (exported.prototype as Migration | undefined)?.up !== "function")
      return [];
    const migration = new (exported as new () => Migration)();
    const stamp = Number.parseInt((migration.name ?? exported.name).slice(-13), 10);
    return [{ program, migration, stamp: Number.isFinite(stamp) ? stamp : 0 }];
  });
}

interface Runner {
  readonly forPrograms: unknown;
  startTransaction(): Promise<void>;
  commitTransaction(): Promise<void>;
}

function bareRunner(current: Current): Runner {
  const own: Readonly<Record<string, unknown>> = {
    query: (sql: string, values?: readonly unknown[]) => {
      const answer = current.recorder?.query(sql, values);
      return Promise.resolve(answer?.rows ?? []);
    },
    startTransaction: () => Promise.resolve(void current.recorder?.query("START TRANSACTION")),
    commitTransaction: () => Promise.resolve(void current.recorder?.query("COMMIT")),
    isTransactionActive: true,
  };
  const forPrograms = new Proxy(own, {
    get: (target, name) => {
      if (typeof name === "symbol" || name in target || name === "then") return Reflect.get(target, name) as unknown;
      current.recorder?.touch();
      throw new Error(`queryRunner.${name} can only be read where TypeORM is installed beside the migrations`);
    },
  });
  return {
    forPrograms,
    startTransaction: own["startTransaction"] as () => Promise<void>,
    commitTransaction: own["commitTransaction"] as () => Promise<void>,
  };
}

async function realRunner({ DataSource }: TypeOrmModule, current: Current): Promise<Runner> {
  const calls = new AsyncLocalStorage<Call>();
  const source = new DataSource({
    type: "postgres",
    driver: recordingDriver(calls, current),
    installExtensions: false,
    logging: false,
    entities: [],
  });
  await source.initialize();
  const runner = source.createQueryRunner("master");
  const known: Table[] = [];
  const pathOf = (table: Table | string): string => runner.getTablePath(table);
  runner.loadTables = (names) => {
    const paths = names?.map(pathOf);
    return Promise.resolve(known.filter((table) => paths === undefined || paths.includes(pathOf(table))));
  };
  runner.hasTable = (table) => Promise.resolve(known.some((one) => pathOf(one) === pathOf(table)));
  const remember = (name: string, [table]: readonly unknown[]): void => {
    if (name === "createTable") known.push((table as Table).clone());
    if (name !== "dropTable") return;
    const at = known.findIndex((one) => pathOf(one) === pathOf(table as Table | string));
    if (at >= 0) known.splice(at, 1);
  };
  const forPrograms = new Proxy(runner, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      const line = current.recorder?.touch() ?? 1;
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        const result: unknown = await calls.run({ line, own: name === "query" }, () =>
          (value as (...all: unknown[]) => unknown).apply(target, args),
        );
        remember(String(name), args);
        return result;
      };
    },
  });
  return {
    forPrograms,
    startTransaction: () => runner.startTransaction(),
    commitTransaction: () => runner.commitTransaction(),
  };
}

// What TypeORM asks of a server before it lets anybody work.
const FACTS: readonly (readonly [RegExp, Readonly<Record<string, unknown>>])[] = [
  [/\bversion\(\)/i, { version: "PostgreSQL 18.0", server_version: "18.0" }],
  [/\bcurrent_database\(\)/i, { current_database: "postgres" }],
  [/\bcurrent_schema\(\)/i, { current_schema: "public" }],
  [/\bserver_version\b/i, { server_version: "18.0" }],
];

/** A stand-in for the module `pg`, with the parts that TypeORM uses of it. */
function recordingDriver(calls: AsyncLocalStorage<Call>, current: Current): object {
  const query = (sql: string, values?: readonly unknown[]): Promise<EmptyAnswer> => {
    const call = calls.getStore();
    const fact = FACTS.find(([pattern]) => /^\s*(?:select|show)\b/i.test(sql) && pattern.test(sql))?.[1];
    const asks = call?.own === false && /^\s*(?:select|show)\b/i.test(sql);
    const answer =
      asks || current.recorder === null
        ? { command: "SELECT", rows: [], rowCount: 0, fields: [] }
        : current.recorder.query(sql, values, call?.line);
    return Promise.resolve(fact === undefined ? answer : { ...answer, rows: [fact], rowCount: 1 });
  };
  const connection = { query, on: () => {}, removeListener: () => {}, release: () => {} };
  class Pool {
    on(): this {
      return this;
    }
    connect(done: (error: null, client: object, release: () => void) => void): void {
      done(null, connection, () => {});
    }
    end(done: () => void): void {
      done();
    }
  }
  return { Pool };
}
