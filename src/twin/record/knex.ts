import { Recorder } from "./recorder.ts";
import type { EmptyAnswer } from "./recorder.ts";
import type { LoadedProgram } from "./program-files.ts";
import { lineOfWay } from "./recorder.ts";
import type { RecordedScript, RecordedWay } from "./recorded.ts";

type Builder = object;

/** What is used of Knex's client; the same since Knex 0.95. */
interface Client {
  raw(...parts: unknown[]): Builder;
  queryBuilder(): Builder;
  schemaBuilder(): Builder;
  runner(builder: Builder): { query(query: Query): unknown };
  transaction(...parts: unknown[]): unknown;
}

interface Query {
  sql?: string;
  bindings?: readonly unknown[];
  options?: { readonly text?: string };
  response?: EmptyAnswer;
  line?: number;
}

type ClientClass = new (config: object) => Client;

/** An instance of Knex, as far as it is used here. */
interface Knex {
  readonly client: Client;
  transaction(way: (trx: unknown) => unknown): Promise<unknown>;
}

/** Knex's one function. */
export type KnexFunction = (config: object) => Knex;

interface KnexProgram {
  readonly up?: (knex: unknown) => unknown;
  readonly down?: (knex: unknown) => unknown;
  readonly config?: { readonly transaction?: boolean };
}

/**
 * Runs Knex migrations with Knex itself, whose client is replaced below its query builders: what would be sent is
 * recorded. Builders remember the line that made them, because Knex sends them later.
 */
export async function recordKnex(
  knex: KnexFunction,
  programs: readonly LoadedProgram[],
  down: boolean,
): Promise<readonly RecordedScript[]> {
  const current: { recorder: Recorder | null } = { recorder: null };
  const client = knex({ client: "pg" }).client.constructor as ClientClass;
  const db = knex({ client: recordingClient(client, () => current.recorder), log: SILENT });
  const record = async (program: LoadedProgram, way: "up" | "down"): Promise<RecordedWay> => {
    const { config, ...ways } = program.exports as KnexProgram;
    const recorder = new Recorder(program.path, lineOfWay(program.text, way));
    current.recorder = recorder;
    const run = ways[way];
    const around = config?.transaction !== false;
    return await recorder.run(async () => {
      if (typeof run !== "function") throw new Error(`it exports no function "${way}"`);
      await (around ? db.transaction((trx) => run(trx)) : run(db));
    }, around);
  };
  const ups: RecordedWay[] = [];
  for (const program of programs) ups.push(await record(program, "up"));
  const scripts: RecordedScript[] = [];
  for (const [index, program] of [...programs.entries()].toReversed()) {
    const hasDown = typeof (program.exports as KnexProgram).down === "function";
    const up = ups[index];
    if (up !== undefined)
      scripts.unshift({ file: program.file, up, down: down && hasDown ? await record(program, "down") : null });
  }
  return scripts;
}

const SILENT = { warn: () => {}, error: () => {}, debug: () => {}, deprecate: () => {} };

function recordingClient(base: ClientClass, current: () => Recorder | null): ClientClass {
  const lines = new WeakMap<Builder, number>();
  const marked = (builder: Builder): Builder => {
    const line = current()?.touch();
    if (line !== undefined) lines.set(builder, line);
    return builder;
  };
  return class extends base {
    override raw(...parts: unknown[]): Builder {
      return marked(super.raw(...parts));
    }

    override queryBuilder(): Builder {
      return marked(super.queryBuilder());
    }

    override schemaBuilder(): Builder {
      return marked(super.schemaBuilder());
    }

    override transaction(...parts: unknown[]): unknown {
      current()?.touch();
      return super.transaction(...parts);
    }

    override runner(builder: Builder): { query(query: Query): unknown } {
      const runner = super.runner(builder);
      const send = runner.query.bind(runner);
      runner.query = (query) => {
        const line = lines.get(builder);
        if (line !== undefined) query.line = line;
        return send(query);
      };
      return runner;
    }

    acquireConnection(): Promise<object> {
      return Promise.resolve({ __knexUid: "recorder" });
    }

    releaseConnection(): Promise<void> {
      return Promise.resolve();
    }

    _query(_connection: object, query: Query): Promise<Query> {
      const answer = current()?.query(query.options?.text ?? query.sql ?? "", query.bindings ?? [], query.line);
      if (answer !== undefined) query.response = answer;
      return Promise.resolve(query);
    }
  };
}
