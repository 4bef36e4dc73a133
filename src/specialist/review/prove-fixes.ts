import { isSqlState } from "../../engines/postgres/driver.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { Catalog } from "../../model/catalog.ts";
import { UnprintableChange } from "../../model/change.ts";
import type { Change } from "../../model/change.ts";
import { DbwrightError, unavailable } from "../../model/error.ts";
import type { Fix } from "../../model/finding.ts";
import type { Progress } from "../../model/progress.ts";
import type { Proof } from "../../model/proof.ts";
import { refKey } from "../../model/ref.ts";
import type { Statement } from "../../model/statement.ts";
import { fingerprints, review } from "../../rules/review.ts";
import type { Rule, RuleInput } from "../../rules/rule.ts";
import { loadScript } from "../../twin/load/load.ts";
import type { TwinDatabase, TwinServer } from "../../twin/server.ts";
import { judgeWave, sameFacts } from "./judge-wave.ts";
import type { Attempt, Reviewed, Verdict } from "./judge-wave.ts";
import type { Trial } from "./review-schema.ts";
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
      const proved = [...verdicts.values()].filter(({ steps }) => steps.every(({ verdict }) => verdict === "proved"));
      task.done(`${proved.length} of ${trials.length} proved`);
      return new Map(trials.map((trial) => [trial.fix, bench.proofOf(trial, verdicts.get(trial))]));
    } finally {
      await bench.close();
    }
  } catch (error) {
    task.failed();
    options.signal.throwIfAborted();
    if (!(error instanceof DbwrightError)) throw error;
    const why = `there is no twin: ${error.problems[0]?.what ?? error.message}`;
    return new Map(trials.map((trial) => [trial.fix, unproved(trial, "none", why)]));
  }
}

function unproved(trial: Trial, server: string, reason: string): Proof {
  return {
    claim: claimOf(trial),
    twin: { engine: "postgres", version: "", depth: "schema", server },
    steps: [],
    verdict: "not-run",
    reason,
    at: new Date().toISOString(),
    duration_ms: 0,
  };
}

const claimOf = ({ finding, fix }: Trial): string =>
  `"${fix.title}" cures ${finding.rule} of ${refKey(finding.ref)} and changes nothing else`;

/** The scratch database with the catalog, and what the rules say of it before any fix. */
class Bench {
  readonly #options: FixProofOptions;
  readonly #server: TwinServer;
  readonly #base: TwinDatabase;
  readonly #before: Reviewed;
  readonly #deadline_ms: number;
  /** The fixes that stand in the twin for now. */
  #applied: readonly Trial[] = [];
  /** What the source holds and the twin does not. */
  readonly #missing: ReadonlySet<string>;

  private constructor(options: FixProofOptions, server: TwinServer, base: TwinDatabase, before: Reviewed) {
    this.#options = options;
    this.#server = server;
    this.#base = base;
    this.#before = before;
    this.#deadline_ms = performance.now() + (options.timeMax_ms ?? TIME_MAX_MS);
    const there = new Set(before.catalog.objects.map(refKey));
    this.#missing = new Set(options.input.view.catalog.objects.map(refKey).filter((key) => !there.has(key)));
  }

  static async open(options: FixProofOptions): Promise<Bench> {
    const server = await options.server();
    const base = options.database ?? (await build(server, options));
    const session = await base.connect("owner");
    try {
      const catalog = await introspect(session, { signal: options.signal });
      return new Bench(options, server, base, reviewed(catalog, options));
    } finally {
      await session.close();
    }
  }

  async close(): Promise<void> {
    await this.#base.drop().catch(() => {});
  }

  async tryAll(trials: readonly Trial[], onDone: (count: number) => void): Promise<ReadonlyMap<Trial, Verdict>> {
    const verdicts = new Map<Trial, Verdict>();
    const fit = trials.filter((trial) => {
      const why = this.#unfit(trial);
      if (why !== null) verdicts.set(trial, { steps: [], reason: why });
      return why === null;
    });
    const pending = wavesOf(fit).toReversed();
    let broken = false;
    while (pending.length > 0) {
      this.#options.signal.throwIfAborted();
      const wave = pending.pop() ?? [];
      const late = performance.now() > this.#deadline_ms;
      broken ||= !late && !(await this.#restored());
      if (late || broken) {
        const reason = late ? "the time for trying fixes ran out" : "the twin could not be brought back for it";
        for (const trial of wave) verdicts.set(trial, { steps: [], reason });
        continue;
      }
      const judged = await this.#tryWave(wave);
      if (judged === null) {
        // Something is amiss and it is not clear whose doing it is.
        const middle = Math.ceil(wave.length / 2);
        pending.push(wave.slice(middle), wave.slice(0, middle));
        continue;
      }
      for (const [trial, verdict] of judged) verdicts.set(trial, verdict);
      onDone(verdicts.size);
    }
    return verdicts;
  }

  // Why a fix cannot be tried here.
  #unfit({ finding, fingerprint, fix }: Trial): string | null {
    if (!this.#before.prints.has(fingerprint))
      return `the finding does not show on the twin (${this.#server.description})`;
    if (this.#missing.size === 0) return null;
    const tables = new Set(
      [
        finding.ref,
        ...fix.changes.map((change) =>
          change.type === "alter" || change.type === "rename" ? change.before : change.object,
        ),
      ].map((object) => JSON.stringify([object.schema, object.table ?? object.name])),
    );
    for (const object of this.#options.input.view.catalog.objects) {
      if (!this.#missing.has(refKey(object))) continue;
      const needs = object.dependsOn.map((key) => this.#options.input.view.get(key)).filter((one) => one !== undefined);
      const near = [object, ...needs].some((one) => tables.has(JSON.stringify([one.schema, one.table ?? one.name])));
      if (near) return `the twin lacks ${refKey(object)}, which stands near it`;
    }
    return null;
  }

  async #tryWave(wave: readonly Trial[]): Promise<ReadonlyMap<Trial, Verdict> | null> {
    const inside = wave.every(({ statements }) => statements.every(({ transactional }) => transactional));
    const attempts = inside ? await this.#insideTransaction(wave) : await this.#outsideTransactions(wave);
    return judgeWave(wave, attempts.made, this.#before, reviewed(attempts.after, this.#options), {
      rules: this.#options.rules,
      input: this.#options.input,
      server: this.#server.description,
      lacking: this.#missing.size,
    });
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
    const { catalog } = this.#before;
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

  proofOf(trial: Trial, verdict: Verdict | undefined): Proof {
    const { steps = [], reason = "it was not tried" } = verdict ?? {};
    const refuted = steps.find((step) => step.verdict === "refuted");
    const whole = steps.length > 0 && steps.every((step) => step.verdict === "proved");
    const why = refuted?.observed ?? (whole ? undefined : (reason ?? undefined));
    return {
      claim: claimOf(trial),
      twin: { engine: "postgres", version: this.#server.version, depth: "schema", server: this.#server.description },
      steps,
      verdict: refuted !== undefined ? "refuted" : whole ? "proved" : "not-run",
      ...(why === undefined ? {} : { reason: why }),
      at: new Date().toISOString(),
      duration_ms: Math.round(steps.reduce((sum, step) => sum + step.duration_ms, 0) * 10) / 10,
    };
  }
}

interface Tried {
  readonly made: ReadonlyMap<Trial, Attempt>;
  readonly after: Catalog;
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

function reviewed(catalog: Catalog, { rules, input }: FixProofOptions): Reviewed {
  const view = viewOf(catalog);
  const { findings } = review(rules, { ...input, view });
  const prints = fingerprints(findings);
  return { catalog, view, prints: new Map(prints.map((print, index) => [print, findings[index]?.severity ?? "info"])) };
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
