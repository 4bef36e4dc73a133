import { verdictOf } from "../../../model/proof.ts";
import type { Migration } from "../../../model/migration.ts";
import type { Proof } from "../../../model/proof.ts";
import { claimOf } from "../../../twin/prove-plan/observations.ts";
import { asRaised, notRun, stepOf } from "../../../twin/prove/step.ts";
import { Ritual, RowsDoNotFit } from "./ritual.ts";
import type { Start } from "./ritual.ts";
import { proveUnderLoad } from "./under-load.ts";
import { World } from "./world.ts";
import type { ProveRequest } from "./world.ts";

/**
 * Walks the ritual for pending migrations on the twin, by the runner's own way: base with rows, every step under watch,
 * the schema reached against what the files make from scratch, a second run, the rows, the way back; then once more
 * under load. Steps of the proof are `build/base`, `rows/…`, `step/ID/N`, `equal/…`, `again`, `undo/…` and `load/…`.
 * Where the server refuses a step for the sake of a synthetic row, `rows/fit` says so and the rest is walked on empty
 * tables. Leaves no database behind. Throws `invalid` (exit 2) for base migrations that the server refuses and
 * `unavailable` (exit 3) when the server fails.
 */
export async function proveMigrations(request: ProveRequest): Promise<Proof> {
  const { pending, server, progress, signal } = request;
  const startedAt_ms = performance.now();
  const at = new Date().toISOString();
  const task = progress.start(`proving ${pending.length} migrations`);
  try {
    const walked = await walk(request).catch(async (error: unknown) => {
      if (!(error instanceof RowsDoNotFit)) throw error;
      const again = await walk({ ...request, rows: 0 });
      const unfit = stepOf(claimOf("rows/fit", "the migrations run with rows in the tables"), notRun(error.message), 0);
      return { ...again, steps: [unfit, ...again.steps] };
    });
    task.done();
    const { filled } = walked;
    const steps = [...emptySteps(pending), ...walked.steps];
    const verdict = verdictOf(steps);
    const reason = steps.find((step) => step.verdict === (verdict === "refuted" ? "refuted" : "not-run"))?.observed;
    return {
      claim: `${pending.map(({ id }) => id).join(", ")}: runs, leads where the files say, loses nothing unsaid and can be taken back`,
      twin: {
        engine: "postgres",
        version: server.version,
        depth: filled ? "rows" : "schema",
        server: server.description,
      },
      steps,
      verdict,
      ...(verdict === "proved" || reason === undefined ? {} : { reason }),
      at,
      duration_ms: Math.round(performance.now() - startedAt_ms),
    };
  } catch (error) {
    task.failed();
    signal.throwIfAborted();
    throw asRaised(error, server.description);
  }
}

/** What holds no statement leads nowhere, and nothing of it was examined. */
export function emptySteps(pending: readonly Migration[]): Proof["steps"] {
  return pending
    .filter(({ steps }) => steps.length === 0)
    .map(({ id, file }) =>
      stepOf(
        claimOf(`empty/${id}`, `${file} says what is to be done`),
        notRun(`${file} holds no statement: nothing was examined`),
        0,
      ),
    );
}

async function walk(request: ProveRequest): Promise<{ readonly steps: Proof["steps"]; readonly filled: boolean }> {
  const world = new World(request);
  const ritual = new Ritual(world);
  try {
    const start = await ritual.begin();
    await walkFrom(world, ritual, start);
    return { steps: ritual.steps, filled: start.tables.length > 0 };
  } finally {
    await world.close();
  }
}

async function walkFrom(world: World, ritual: Ritual, start: Start): Promise<void> {
  const applied = await ritual.apply(start);
  if (applied === null) return;
  const reached = await ritual.equal(start, applied.database);
  await ritual.survival("rows/survive", "rows that should survive survive", start, applied.database, "after");
  const canGoBack = await ritual.undo(start, applied.database);
  if (world.request.load) await proveUnderLoad(world, ritual, start, { ...reached, seen: applied.seen, canGoBack });
}
