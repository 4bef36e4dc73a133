import { setTimeout as delay } from "node:timers/promises";
import { connect } from "../../../engines/postgres/driver.ts";
import type { Session } from "../../../engines/postgres/driver.ts";
import { DbwrightError } from "../../../model/error.ts";
import type { Migration, MigrationStep } from "../../../model/migration.ts";
import type { TwinDatabase } from "../../../twin/server.ts";
import { Load, tryOut } from "../../../twin/under-load/load.ts";
import { claimOf, refuted } from "../../../twin/prove-plan/observations.ts";
import { notRun, stepOf } from "../../../twin/prove/step.ts";
import { unitsOf } from "../run-steps.ts";
import type { StepWatch } from "../run-context.ts";
import { affectedTables, newCode, oldCode } from "./clients.ts";
import type { Code, Rollout } from "./clients.ts";
import { loadSteps } from "./load-steps.ts";
import { stepName } from "./ritual.ts";
import type { Ran, Ritual, Start } from "./ritual.ts";
import type { World } from "./world.ts";

const WRITERS = 2;
const READERS = 1;
const PAUSE_MS = 2;

/**
 * The ritual once more while clients work: code for the schema before from the start, until the first step of the phase
 * contract; code for the schema after from the moment at which it works. Adds the steps `load/…` to the ritual's.
 */
export async function proveUnderLoad(world: World, ritual: Ritual, start: Start, ran: Ran): Promise<void> {
  const skip = (why: string): void => {
    ritual.steps.push(stepOf(claimOf("load", "clients go on working meanwhile"), notRun(why), 0));
  };
  if (start.tables.length === 0) return skip("the tables hold no rows to work on");
  const tables = affectedTables(start.base.catalog, ran);
  const trial = await world.copyOf(start.filled);
  const old = await oldCode(world, start, tables, trial);
  const after = await newCode(world, start, ran, tables);
  if (old.works.length === 0) return skip("no table that was there before is locked by more than a reader");
  const database = await world.copyOf(start.filled);
  const touched = await touchedByLoad(world, trial, start, old);
  const rollout = await runRollout(world, database, old, after);
  if ("failed" in rollout) {
    const claim = claimOf("load", "the migrations run under load");
    ritual.steps.push(stepOf(claim, refuted(rollout.failed), 0));
    return;
  }
  ritual.steps.push(...loadSteps(rollout, world.request));
  await world.forget(database);
  await ritual.alike(start, database, "load/equal");
  await ritual.survival("load/rows", "rows survive a run under load", start, database, "after", touched);
}

// Triggers make the clients' writing leave traces: those tables cannot be compared.
async function touchedByLoad(
  world: World,
  trial: TwinDatabase,
  { survive, content }: Start,
  old: Code,
): Promise<Set<string>> {
  const load = new Load({ ...loadOptions(trial), watcher: await trial.connect("admin") });
  try {
    load.mark("trial");
    await load.start("old", old.works);
    await delay(100);
    await load.finish();
  } finally {
    await load.close();
  }
  const now = await world.content(trial, survive.survivors, "before");
  const differs = [...content].filter(([table, was]) => {
    const is = now.get(table);
    return is?.rows !== was.rows || is.digest !== was.digest;
  });
  return new Set(differs.map(([table]) => table));
}

const loadOptions = (
  database: TwinDatabase,
): { connect: () => Promise<Session>; writers: number; readers: number; pause_ms: number } => ({
  connect: () => connect({ url: database.url("owner"), applicationName: "dbwright migrate prove: client" }),
  writers: WRITERS,
  readers: READERS,
  pause_ms: PAUSE_MS,
});

/** Watches the runner and lets clients come and go as a rollout does. */
class RolloutWatch implements StepWatch {
  newFrom: string | null = null;
  gap = false;
  oldUntil: string | null = null;
  readonly #load: Load;
  readonly #prober: Session;
  readonly #after: Code;
  readonly #same: boolean;
  readonly #calm: () => Promise<void>;
  /** Steps that may run only once no old code does, with those of their transaction. */
  readonly #contracting = new Set<string>();
  readonly #lastOfPhase = new Map<string, string>();

  constructor(
    load: Load,
    prober: Session,
    after: Code,
    same: boolean,
    migrations: readonly Migration[],
    calm: () => Promise<void>,
  ) {
    this.#load = load;
    this.#prober = prober;
    this.#after = after;
    this.#same = same;
    this.#calm = calm;
    const all = migrations.flatMap((migration) =>
      unitsOf(migration.steps).map((unit) => ({
        unit,
        name: stepName(migration, unit.at(-1) as MigrationStep),
        migration,
      })),
    );
    for (const [index, { unit, name, migration }] of all.entries()) {
      if (unit.some(({ phase }) => phase === "contract"))
        for (const step of unit) this.#contracting.add(stepName(migration, step));
      const phase = unit.at(-1)?.phase ?? "expand";
      if (all[index + 1]?.unit[0]?.phase !== phase) this.#lastOfPhase.set(name, phase);
    }
  }

  async step(
    session: Session,
    migration: Migration,
    step: MigrationStep,
    _inTransaction: boolean,
    work: () => Promise<void>,
  ): Promise<void> {
    const name = stepName(migration, step);
    this.#load.runner = session.pid;
    if (this.#contracting.has(name) && !this.#same && this.#load.works("old")) {
      this.gap = !this.#load.works("new");
      this.oldUntil = name;
      await this.#load.stop("old");
    }
    this.#load.mark(name);
    await work();
  }

  async unit(migration: Migration, steps: readonly MigrationStep[]): Promise<void> {
    const last = stepName(migration, steps.at(-1) as MigrationStep);
    await this.tryNew(`after step ${last}`);
    const phase = this.#lastOfPhase.get(last);
    if (phase === undefined) return;
    this.#load.mark(`after ${phase} (${last})`);
    await this.#calm();
  }

  /** Sets new code to work once all of it works. */
  async tryNew(when: string): Promise<void> {
    if (this.newFrom !== null || this.#same) return;
    await this.#prober.execute("SET lock_timeout = '2s'");
    for (const work of this.#after.works) if ((await tryOut(this.#prober, work)) !== null) return;
    this.newFrom = when;
    await this.#load.start("new", this.#after.works);
  }
}

async function runRollout(
  world: World,
  database: TwinDatabase,
  old: Code,
  after: Code,
): Promise<Rollout | { readonly failed: string }> {
  const { pending, calm_ms, signal } = world.request;
  const calm = (): Promise<void> => delay(calm_ms, undefined, { signal });
  const same = JSON.stringify(old.works.map(statementsIn)) === JSON.stringify(after.works.map(statementsIn));
  const load = new Load({ ...loadOptions(database), watcher: await database.connect("admin") });
  const prober = await database.connect("owner");
  try {
    load.mark("before");
    await load.start("old", old.works);
    await calm();
    const watch = new RolloutWatch(load, prober, after, same, pending, calm);
    await watch.tryNew("before the first step");
    try {
      await world.up(database, watch);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof DbwrightError)) throw error;
      return { failed: error.problems.map(({ what }) => what).join("; ") };
    }
    const report = await load.finish();
    const { newFrom, gap, oldUntil } = watch;
    return { report, old, new: after, same, newFrom, gap, oldUntil };
  } finally {
    await load.close();
    await prober.close();
  }
}

const statementsIn = ({ statements }: Code["works"][number]): unknown => statements;
