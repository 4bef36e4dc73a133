import { isSqlState } from "../../engines/postgres/driver.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import type { Catalog } from "../../model/catalog.ts";
import { UnprintableChange } from "../../model/change.ts";
import type { Change } from "../../model/change.ts";
import { DbwrightError, unavailable } from "../../model/error.ts";
import type { Fix } from "../../model/finding.ts";
import type { Progress } from "../../model/progress.ts";
import type { Proof } from "../../model/proof.ts";
import type { Statement } from "../../model/statement.ts";
import type { Rule, RuleInput } from "../../rules/rule.ts";
import { loadScript } from "../../twin/load/load.ts";
import type { TwinDatabase, TwinServer } from "../../twin/server.ts";
import { sameFacts } from "./judge-wave.ts";
import type { Attempt, Verdict } from "./judge-wave.ts";
import type { Trial } from "./review-schema.ts";
import { judged, proofOf, subjectOf, tryInWaves, unproved } from "./try-fixes.ts";
import type { Tried, TrySubject } from "./try-fixes.ts";
import { wavesOf } from "./waves.ts";

/** What trying fixes needs. */
export interface FixProofOptions {
  /** Opens the twin's server; a failure to do so leaves the fixes unproved. */
  readonly server: () => Promise<TwinServer>;
  /** A scratch database that holds the reviewed catalog; null to build one from the catalog. */
  readonly database: TwinDatabase | null;
  readonly rules: readonly Rule[];
  readonly input: RuleInput;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** For all fixes together; what is not reached stays unproved. */
  readonly timeMax_ms?: number;
}

const TIME_MAX_MS = 30_000;
const NOWHERE: Proof["twin"] = { engine: "postgres", version: "", depth: "schema", server: "none" };

/**
 * Tries fixes on a twin: the finding shows there, the fix applies, the finding is gone, no other of severity
 * warning or above has come, and the rest of the catalog is as it was. Fixes are tried in waves, many at a
 * time; where something is amiss in a wave it is halved until the fix that caused it stands alone. The source
 * is never touched.
 */
export async function proveFixes(trials: readonly Trial[], options: FixProofOptions): Promise<ReadonlyMap<Fix, Proof>> {
  const task = options.progress.start("trying fixes on a twin", trials.length);
  try {
    const bench = await Bench.open(options);
    try {
      const verdicts = await bench.tryAll(trials, (done) => task.update(done));
      const proofs = trials.map((trial) => [trial.fix, proofOf(trial, verdicts.get(trial), bench.twin)] as const);
      task.done(`${proofs.filter(([, { verdict }]) => verdict === "proved").length} of ${trials.length} proved`);
      return new Map(proofs);
    } finally {
      await bench.close();
    }
  } catch (error) {
    task.failed();
    options.signal.throwIfAborted();
    if (!(error instanceof DbwrightError)) throw error;
    const why = `there is no twin: ${error.problems[0]?.what ?? error.message}`;
    return new Map(trials.map((trial) => [trial.fix, unproved(trial, NOWHERE, why)]));
  }
}

/** The scratch database with the catalog, and what the rules say of it before any fix. */
class Bench {
  readonly #options: FixProofOptions;
  readonly #base: TwinDatabase;
  readonly #subject: TrySubject;
  readonly #deadline_ms: number;
  /** The fixes that stand in the twin for now. */
  #applied: readonly Trial[] = [];

  private constructor(options: FixProofOptions, server: TwinServer, base: TwinDatabase, before: Catalog) {
    this.#options = options;
    this.#base = base;
    const { version, description } = server;
    this.#subject = subjectOf(before, options, { engine: "postgres", version, depth: "schema", server: description });
    this.#deadline_ms = performance.now() + (options.timeMax_ms ?? TIME_MAX_MS);
  }

  static async open(options: FixProofOptions): Promise<Bench> {
    const server = await options.server();
    const base = options.database ?? (await build(server, options));
    const session = await base.connect("owner");
    try {
      const catalog = await introspect(session, { signal: options.signal });
      return new Bench(options, server, base, catalog);
    } finally {
      await session.close();
    }
  }

  async close(): Promise<void> {
    await this.#base.drop().catch(() => {});
  }

  async tryAll(trials: readonly Trial[], onDone: (count: number) => void): Promise<ReadonlyMap<Trial, Verdict>> {
    return await tryInWaves(trials, {
      waves: (fit) => wavesOf(fit),
      subject: this.#subject,
      signal: this.#options.signal,
      deadline_ms: this.#deadline_ms,
      restored: () => this.#restored(),
      tryWave: (wave) => this.#tryWave(wave),
      onDone,
    });
  }

  get twin(): Proof["twin"] {
    return this.#subject.twin;
  }

  async #tryWave(wave: readonly Trial[]): Promise<ReadonlyMap<Trial, Verdict> | null> {
    const inside = wave.every(({ statements }) => statements.every(({ transactional }) => transactional));
    const attempts = inside ? await this.#insideTransaction(wave) : await this.#outsideTransactions(wave);
    return judged(wave, attempts, this.#subject);
  }

  // All that may stand in a transaction is tried in one and rolled back.
  async #insideTransaction(wave: readonly Trial[]): Promise<Tried> {
    const session = await this.#base.connect("owner");
    try {
      await session.execute("BEGIN; SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '20s'");
      const made = new Map<Trial, Attempt>();
      for (const trial of wave) {
        await session.execute("SAVEPOINT fix");
        const attempt = await run(session, trial.statements);
        await session.execute(attempt.error === null ? "RELEASE SAVEPOINT fix" : "ROLLBACK TO SAVEPOINT fix");
        made.set(trial, attempt);
      }
      const after = await introspect(session, { signal: this.#options.signal, inTransaction: true });
      await session.execute("ROLLBACK");
      return { made, after };
    } finally {
      await session.close();
    }
  }

  // What may not (CONCURRENTLY) is tried for good, and undone before the next wave: copying a database of
  // thousands of tables takes longer than both.
  async #outsideTransactions(wave: readonly Trial[]): Promise<Tried> {
    const session = await this.#base.connect("owner");
    try {
      await session.execute("SET lock_timeout = '5s'; SET statement_timeout = '20s'");
      const made = new Map<Trial, Attempt>();
      this.#applied = wave;
      for (const trial of wave) {
        const late = performance.now() > this.#deadline_ms;
        made.set(trial, late ? { error: null, ran: 0, duration_ms: 0 } : await run(session, trial.statements));
      }
      return { made, after: await introspect(session, { signal: this.#options.signal }) };
    } finally {
      await session.close();
    }
  }

  /** Undoes the last wave; false where the twin is not as it was. */
  async #restored(): Promise<boolean> {
    const wave = this.#applied;
    if (wave.length === 0) return true;
    this.#applied = [];
    const { dialect } = this.#options.input;
    const { catalog } = this.#subject.before;
    const session = await this.#base.connect("owner");
    try {
      for (const { fix } of wave.toReversed()) {
        for (const change of fix.changes.toReversed()) {
          // One that cannot be undone, or was never done, shows in the comparison below.
          const undo = inverse(change);
          if (undo !== null) await run(session, dialect.change(undo, catalog));
        }
      }
      return sameFacts(catalog, await introspect(session, { signal: this.#options.signal }));
    } catch (error) {
      if (error instanceof UnprintableChange) return false;
      throw error;
    } finally {
      await session.close();
    }
  }
}

async function run(session: Session, statements: readonly Statement[]): Promise<Attempt> {
  const started_ms = performance.now();
  let ran = 0;
  try {
    for (const { sql } of statements) {
      await session.execute(sql);
      ran++;
    }
    return { error: null, ran, duration_ms: performance.now() - started_ms };
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    // Without a code the server did not refuse: it failed.
    if (!isSqlState(code)) throw error;
    return { error: `${message ?? "no message"} (SQLSTATE ${code})`, ran, duration_ms: performance.now() - started_ms };
  }
}

function inverse(change: Change): Change | null {
  switch (change.type) {
    case "create":
      return { type: "drop", object: change.object };
    case "drop":
      return { type: "create", object: change.object };
    case "alter":
      return { ...change, before: change.after, after: change.before };
    case "rename":
      return null;
  }
}

// The loader runs it as the owner, brings extensions and roles along, and goes on after what is refused.
async function build(server: TwinServer, { input, signal, progress }: FixProofOptions): Promise<TwinDatabase> {
  const { catalog } = input.view;
  const base = await server.createDatabase();
  const late = AbortSignal.timeout(TIME_MAX_MS);
  try {
    for (const object of catalog.objects) if (object.kind === "role") await base.ensureRole(object.name);
    const text = input.dialect
      .create(catalog)
      .map(({ sql }) => `${sql};\n`)
      .join("");
    const limited = AbortSignal.any([signal, late]);
    await loadScript(base, text, { file: "the schema's copy", rows: false, signal: limited, progress });
    late.throwIfAborted();
    return base;
  } catch (error) {
    await base.drop().catch(() => {});
    signal.throwIfAborted();
    if (!late.aborted) throw error;
    const what = `building a copy of the schema took longer than ${TIME_MAX_MS / 1000} s`;
    throw unavailable({ what }, { cause: error });
  }
}
