import { setTimeout as delay } from "node:timers/promises";
import { connect } from "../../../engines/postgres/driver.ts";
import type { Session } from "../../../engines/postgres/driver.ts";
import { DbwrightError } from "../../../model/error.ts";
import type { Migration, MigrationStep } from "../../../model/migration.ts";
import type { TwinDatabase } from "../../../twin/server.ts";
import { Load } from "../../../twin/under-load/load.ts";
import { claimOf, refuted } from "../../../twin/prove-plan/observations.ts";
import { notRun, stepOf } from "../../../twin/prove/step.ts";
import type { Observation } from "../../../twin/prove/step.ts";
import { unitsOf } from "../run-steps.ts";
import { affectedTables, newCode, oldCode } from "./clients.ts";
import type { Code } from "./clients.ts";
import { Crossing } from "./crossing.ts";
import type { Crossed, Sides } from "./crossing.ts";
import { BACK, THERE, loadSteps } from "./load-steps.ts";
import { stepName } from "./ritual.ts";
import type { Ran, Ritual, Start } from "./ritual.ts";
import type { World } from "./world.ts";

const WRITERS = 2;
const READERS = 1;
const PAUSE_MS = 2;

/**
 * The ritual once more while clients work: code for the schema before from the start, until the first step of the phase
 * contract; code for the schema after from the moment at which it works. Then back: code for the schema after until the
 * first undoing of a step that it may need, code for the schema before from the moment at which it works again. Adds the
 * steps `load/…` and `load/undo/…` to the ritual's.
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
  const there = await runRollout(world, database, { old, new: after });
  if ("failed" in there) {
    const claim = claimOf("load", "the migrations run under load");
    ritual.steps.push(stepOf(claim, refuted(there.failed), 0));
    return;
  }
  ritual.steps.push(...loadSteps(there, THERE, world.request));
  // The way back still needs the history.
  const reached = await world.copyOf(database);
  await world.forget(reached);
  await ritual.alike(start, reached, "load/equal");
  await ritual.survival("load/rows", "rows survive a run under load", start, reached, "after", touched);
  if (ran.canGoBack) await goBackUnderLoad(world, ritual, start, database, { there, touched });
  else
    ritual.steps.push(
      stepOf(claimOf("load/undo/apply", UNDONE), notRun("the way back could not be walked without load"), 0),
    );
}

const UNDONE = "every migration can be taken back while clients work";

async function goBackUnderLoad(
  world: World,
  ritual: Ritual,
  start: Start,
  database: TwinDatabase,
  { there, touched }: { readonly there: Crossed; readonly touched: ReadonlySet<string> },
): Promise<void> {
  const back = await runRollback(world, ritual, database, there);
  if ("failed" in back) {
    ritual.steps.push(stepOf(claimOf("load/undo/apply", UNDONE), back.failed, 0));
    return;
  }
  ritual.steps.push(stepOf(claimOf("load/undo/apply", UNDONE), back.undone, 0));
  ritual.steps.push(...loadSteps(back.crossed, BACK, world.request));
  await ritual.wasBefore(start, database, "load/undo", touched);
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

/** The names of steps that may run only once no old code does, with those of their transaction. */
function contracting(migrations: readonly Migration[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const migration of migrations)
    for (const unit of unitsOf(migration.steps))
      if (unit.some(({ phase }) => phase === "contract")) for (const step of unit) names.add(stepName(migration, step));
  return names;
}

/** The last step of each phase by its name. */
function endsOfPhases(migrations: readonly Migration[]): ReadonlyMap<string, string> {
  const all = migrations.flatMap((migration) => unitsOf(migration.steps).map((unit) => ({ unit, migration })));
  const ends = new Map<string, string>();
  for (const [index, { unit, migration }] of all.entries()) {
    const last = unit.at(-1) as MigrationStep;
    if (all[index + 1]?.unit[0]?.phase !== last.phase) ends.set(stepName(migration, last), last.phase);
  }
  return ends;
}

interface Stage {
  readonly load: Load;
  readonly crossing: Crossing;
  readonly calm: () => Promise<void>;
}

// Clients on a database while a runner is at work there; they are gone afterwards, whatever happens.
async function onStage<T>(
  world: World,
  database: TwinDatabase,
  sides: Sides,
  play: (stage: Stage) => Promise<T>,
): Promise<T> {
  const { calm_ms, signal } = world.request;
  const load = new Load({ ...loadOptions(database), watcher: await database.connect("admin") });
  const prober = await database.connect("owner");
  const calm = (): Promise<void> => delay(calm_ms, undefined, { signal });
  try {
    return await play({ load, crossing: new Crossing(load, prober, sides), calm });
  } finally {
    await load.close();
    await prober.close();
  }
}

const statementsIn = ({ statements }: Code["works"][number]): unknown => statements;

async function runRollout(
  world: World,
  database: TwinDatabase,
  code: Sides["code"],
): Promise<Crossed | { readonly failed: string }> {
  const { pending, signal } = world.request;
  const same = JSON.stringify(code.old.works.map(statementsIn)) === JSON.stringify(code.new.works.map(statementsIn));
  const sides: Sides = { leaving: "old", coming: "new", code, same, parting: contracting(pending) };
  const ends = endsOfPhases(pending);
  return await onStage(world, database, sides, async ({ load, crossing, calm }) => {
    await crossing.begin("before", true);
    await calm();
    await crossing.tryComing("before the first step");
    try {
      await world.up(database, {
        step: async (session, migration, step, _inTransaction, work) => {
          const name = stepName(migration, step);
          await crossing.before([name], name, session);
          await work();
        },
        unit: async (migration, steps) => {
          const names = steps.map((step) => stepName(migration, step));
          const last = names.at(-1) ?? "";
          await crossing.after(names, `after step ${last}`);
          const phase = ends.get(last);
          if (phase === undefined) return;
          load.mark(`after ${phase} (${last})`);
          await calm();
        },
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof DbwrightError)) throw error;
      return { failed: error.problems.map(({ what }) => what).join("; ") };
    }
    return await crossing.finish();
  });
}

async function runRollback(
  world: World,
  ritual: Ritual,
  database: TwinDatabase,
  there: Crossed,
): Promise<{ readonly crossed: Crossed; readonly undone: Observation } | { readonly failed: Observation }> {
  const { code, same } = there.sides;
  const sides: Sides = { leaving: "new", coming: "old", code, same, parting: there.needed };
  return await onStage(world, database, sides, async ({ load, crossing, calm }) => {
    await crossing.begin(BACK.calm, there.comingFrom !== null);
    await crossing.tryComing("before the first undoing");
    await calm();
    const undone = await ritual.takeBack(database, {
      step: async (session, migration, numbers, work) => {
        const names = numbers.map((number) => `${migration}/${number}`);
        const label = `undo ${names[0]}${names.length > 1 ? ` to ${names.at(-1)}` : ""}`;
        await crossing.before(names, label, session);
        await work();
        await crossing.after(names, `after ${label}`);
      },
    });
    if (undone.verdict !== "proved") return { failed: undone };
    load.mark("after the way back");
    await calm();
    return { crossed: await crossing.finish(), undone };
  });
}
