import { DbwrightError } from "../../model/error.ts";
import type { Fix } from "../../model/finding.ts";
import type { Progress } from "../../model/progress.ts";
import type { Proof } from "../../model/proof.ts";
import type { Rule, RuleInput } from "../../rules/rule.ts";
import { sqliteCatalog } from "../../twin/sqlite/catalog.ts";
import { scratchGroups } from "../../twin/sqlite/scratch.ts";
import type { Verdict } from "./judge-wave.ts";
import type { Trial } from "./review-schema.ts";
import { judged, proofOf, subjectOf, tryInWaves, unproved } from "./try-fixes.ts";
import type { Tried, TrySubject } from "./try-fixes.ts";
import { wavesOf } from "./waves.ts";

/** What trying fixes for SQLite needs. */
export interface SqliteFixProofOptions {
  readonly rules: readonly Rule[];
  readonly input: RuleInput;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** For all fixes together; what is not reached stays unproved. Default 30,000. */
  readonly timeMax_ms?: number;
}

const TIME_MAX_MS = 30_000;
const NOWHERE: Proof["twin"] = { engine: "sqlite", version: "", depth: "schema", server: "none" };

/**
 * Tries fixes on scratch SQLite files that hold the reviewed schema without its rows, under the same conditions as on
 * PostgreSQL: the finding shows there, the fix applies, the finding is gone, no other of severity warning or above has
 * come, and the rest reads back as it was. Each wave starts from a new file, so that nothing has to be undone. The
 * source is never touched.
 */
export async function proveSqliteFixes(
  trials: readonly Trial[],
  options: SqliteFixProofOptions,
): Promise<ReadonlyMap<Fix, Proof>> {
  const { signal } = options;
  const task = options.progress.start("trying fixes on a scratch file", trials.length);
  const deadline_ms = performance.now() + (options.timeMax_ms ?? TIME_MAX_MS);
  try {
    const schema = options.input.dialect.create(options.input.view.catalog).map(({ sql }) => sql);
    const { after } = await run(schema, [], signal);
    const server = `SQLite ${after.engine.version} in a scratch file`;
    const twin: Proof["twin"] = { engine: "sqlite", version: after.engine.version, depth: "schema", server };
    const subject: TrySubject = subjectOf(after, options, twin);
    const verdicts: ReadonlyMap<Trial, Verdict> = await tryInWaves(trials, {
      subject,
      signal,
      deadline_ms,
      waves: (fit) => wavesOf(fit, true),
      restored: () => Promise.resolve(true),
      tryWave: async (wave) => judged(wave, await run(schema, wave, signal), subject),
      onDone: (done) => task.update(done),
    });
    const proofs = trials.map((trial) => [trial.fix, proofOf(trial, verdicts.get(trial), twin)] as const);
    task.done(`${proofs.filter(([, { verdict }]) => verdict === "proved").length} of ${trials.length} proved`);
    return new Map(proofs);
  } catch (error) {
    task.failed();
    signal.throwIfAborted();
    if (!(error instanceof DbwrightError)) throw error;
    const why = `there is no scratch file: ${error.problems[0]?.what ?? error.message}`;
    return new Map(trials.map((trial) => [trial.fix, unproved(trial, NOWHERE, why)]));
  }
}

// The schema, each of its statements by itself, then each fix as a whole.
async function run(schema: readonly string[], wave: readonly Trial[], signal: AbortSignal): Promise<Tried> {
  const started_ms = performance.now();
  const fixes = wave.map(({ statements }) => statements.map(({ sql }) => sql));
  const scratch = await scratchGroups([...schema.map((sql) => [sql]), ...fixes], { signal });
  try {
    const duration_ms = (performance.now() - started_ms) / Math.max(wave.length, 1);
    const made = wave.map((trial, index) => {
      const errors = scratch.errors[schema.length + index] ?? [];
      const failedAt = errors.findIndex((error) => error !== null);
      const error = errors[failedAt] ?? null;
      return [trial, { error, ran: failedAt === -1 ? errors.length : failedAt, duration_ms }] as const;
    });
    return { made: new Map(made), after: await sqliteCatalog(scratch.path, "the scratch file", signal) };
  } finally {
    await scratch.remove();
  }
}
