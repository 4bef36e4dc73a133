import type { LoadedProgram } from "./program-files.ts";
import type { RecordedScript, RecordedStatement, RecordedWay } from "./recorded.ts";
import { lineOfWay, Recorder } from "./recorder.ts";

/** What is used of node-pg-migrate's builder. */
interface Builder {
  getSqlSteps(): readonly string[];
  isUsingTransaction(): boolean;
  enableReverseMode(): unknown;
}

/** The class of node-pg-migrate's builder. */
export type BuilderClass = new (db: object, shorthands: object, decamelize: boolean, logger: object) => Builder;

interface Program {
  readonly up?: unknown;
  readonly down?: unknown;
  readonly shorthands?: object;
}

/**
 * Runs migrations of node-pg-migrate against its own builder, which collects their SQL; without the package only
 * `pgm.sql` is there. SQL files are cut at their marks.
 */
export async function recordNodePgMigrate(
  builder: BuilderClass | null,
  programs: readonly LoadedProgram[],
  down: boolean,
): Promise<readonly RecordedScript[]> {
  const scripts: RecordedScript[] = [];
  const shorthands: object = {};
  for (const program of programs) {
    if (program.file.endsWith(".sql")) {
      scripts.push(sqlScript(program, down));
      continue;
    }
    const { up, down: back, shorthands: own } = program.exports as Program;
    Object.assign(shorthands, own);
    const record = (way: "up" | "down", run: unknown, reverse: boolean): Promise<RecordedWay> =>
      recordWay(builder ?? BareBuilder, program, { way, run, reverse, shorthands });
    // Without a way down of its own, it is the way up in reverse; `false` means that there is none.
    scripts.push({
      file: program.file,
      up: await record("up", up, false),
      down: down && back !== false ? await record("down", back ?? up, back === undefined) : null,
    });
  }
  return scripts;
}

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

async function recordWay(
  Class: BuilderClass,
  program: LoadedProgram,
  { way, run, reverse, shorthands }: { way: "up" | "down"; run: unknown; reverse: boolean; shorthands: object },
): Promise<RecordedWay> {
  const recorder = new Recorder(program.path, lineOfWay(program.text, way));
  const db = {
    query: (sql: string, values?: readonly unknown[]) => Promise.resolve(recorder.query(sql, values)),
    select: (sql: string, values?: readonly unknown[]) => Promise.resolve(recorder.query(sql, values).rows),
  };
  const builder = new Class(db, shorthands, false, SILENT);
  if (reverse) builder.enableReverseMode();
  const lines: number[] = [];
  const pgm = new Proxy(builder, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      const line = recorder.touch();
      if (typeof name === "string" && name !== "then" && !(name in target))
        throw new Error(`pgm.${name} can only be read where node-pg-migrate is installed beside the migrations`);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        const result: unknown = (value as (...all: unknown[]) => unknown).apply(target, args);
        while (lines.length < builder.getSqlSteps().length) lines.push(line);
        return result === target ? pgm : result;
      };
    },
  });
  const sent = await recorder.run(async () => {
    if (typeof run !== "function") throw new Error(`it exports no function "${way}"`);
    if (run.length === 2) await new Promise((done) => void (run as (...all: unknown[]) => unknown)(pgm, done));
    else await (run as (pgm: unknown) => unknown)(pgm);
  }, false);
  // What it sends by itself comes first: the builder's statements run when the function has ended.
  const ordered = reverse ? lines.toReversed() : lines;
  const collected = builder.getSqlSteps().map((sql, index): RecordedStatement => ({
    sql: sql.trim().replace(/;+$/, ""),
    line: ordered[index] ?? lineOfWay(program.text, way),
  }));
  return { ...sent, statements: [...sent.statements, ...collected], transaction: builder.isUsingTransaction() };
}

/** What is left of the builder where the package is not installed: plain SQL. */
class BareBuilder implements Builder {
  readonly db: object;
  #steps: readonly string[] = [];
  #transaction = true;
  #reverse = false;

  constructor(db: object) {
    this.db = db;
  }

  sql(text: string, values: Readonly<Record<string, unknown>> = {}): void {
    if (this.#reverse) throw new Error("plain SQL cannot be run in reverse");
    const filled = Object.entries(values).reduce(
      (sql, [name, value]) => sql.replaceAll(`{${name}}`, String(value)),
      text,
    );
    this.#steps = [...this.#steps, filled];
  }

  noTransaction(): void {
    this.#transaction = false;
  }

  func(text: string): string {
    return text;
  }

  getSqlSteps(): readonly string[] {
    return this.#steps;
  }

  isUsingTransaction(): boolean {
    return this.#transaction;
  }

  enableReverseMode(): void {
    this.#reverse = true;
  }
}

// The marks of node-pg-migrate's SQL files.
const DOWN_MARK = /^\s*--[\s-]*down\s+migration/im;

function sqlScript({ file, text }: LoadedProgram, down: boolean): RecordedScript {
  const at = text.search(DOWN_MARK);
  const way = (sql: string, line: number): RecordedWay => ({
    statements: sql.trim() === "" ? [] : [{ sql, line }],
    transaction: true,
    asked: [],
    broken: null,
  });
  const before = at < 0 ? text : text.slice(0, at);
  return {
    file,
    up: way(before, 1),
    down: down && at >= 0 ? way(text.slice(at), before.split("\n").length) : null,
  };
}
