import type { Session } from "../../engines/postgres/driver.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { Catalog } from "../../model/catalog.ts";
import type { Design, DesignedQuery } from "../../model/design.ts";
import type { Progress } from "../../model/progress.ts";
import type { ProofStep } from "../../model/proof.ts";
import type { Dialect } from "../../model/statement.ts";
import { openToOwner } from "../rows/gates.ts";
import type { GeneratedTable } from "../rows/generate.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { stateVolumes } from "../volumes/stated.ts";
import { proveLatency } from "./latency.ts";
import { drawParameters, tableRead } from "./parameters.ts";
import type { Draw } from "./parameters.ts";
import { provePlan } from "./plans.ts";
import type { PlanTrial } from "./plans.ts";
import { Sampler } from "./samples.ts";
import { statedTables } from "./stated-volumes.ts";

/** What trying access patterns needs: a database with the design, its rows loaded and analysed. */
export interface PatternTrial {
  readonly server: TwinServer;
  readonly database: TwinDatabase;
  readonly design: Design;
  /** As read back from the server. */
  readonly catalog: Catalog;
  readonly generated: readonly GeneratedTable[];
  readonly dialect: Dialect;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Told of every database that is created, so that it is dropped at the end. */
  readonly keep: (database: TwinDatabase) => void;
}

/** Draws of parameters per pattern: half of them of the largest tenant. */
const DRAWS = 10;

const tableOf = (schema: string | null, table: string): string => JSON.stringify([schema, table]);

/** Tries every access pattern: its plan at the stated volume, and its time on the loaded rows. */
export async function provePatterns(trial: PatternTrial): Promise<readonly ProofStep[]> {
  const { design, progress } = trial;
  if (design.queries.length === 0) return [];
  const draws = await drawAll(trial);
  const plans = await judgePlans(trial, draws);
  const task = progress.start("Timing access patterns", design.queries.length);
  const session = await trial.database.connect("owner");
  const times: ProofStep[] = [];
  try {
    for (const query of design.queries) {
      trial.signal.throwIfAborted();
      const read = tableRead(query);
      const loaded = trial.generated.find((own) => own.table === read.table && own.schema === read.schema);
      const volume = design.volumes.find((own) => own.table === read.table && own.schema === read.schema);
      const figures = { loaded_rows: loaded?.rows ?? 0, stated_rows: volume?.horizon_rows ?? 0 };
      times.push(
        await proveLatency({ session, design, dialect: trial.dialect, ...figures }, query, draws.get(query) ?? []),
      );
      task.update(times.length, query.pattern);
    }
  } finally {
    await session.close();
  }
  task.done(`${times.filter((step) => step.verdict === "refuted").length} slower than asked for`);
  return [...plans, ...times];
}

async function drawAll(trial: PatternTrial): Promise<ReadonlyMap<DesignedQuery, readonly Draw[]>> {
  const { design, dialect } = trial;
  const view = viewOf(trial.catalog);
  const session = await trial.database.connect("owner");
  const restore = await openToOwner(session, view.tables);
  try {
    const sampler = new Sampler(session, design, view, dialect);
    const spares = new Map(trial.generated.map((table) => [tableOf(table.schema, table.table), table.spare]));
    const source = {
      design,
      view,
      dialect,
      sampler,
      spare: (schema: string, table: string) => spares.get(tableOf(schema, table)) ?? [],
    };
    const draws = new Map<DesignedQuery, readonly Draw[]>();
    for (const query of design.queries) draws.set(query, await drawParameters(source, query, DRAWS));
    return draws;
  } finally {
    await restore().catch(() => {});
    await session.close();
  }
}

async function judgePlans(
  trial: PatternTrial,
  draws: ReadonlyMap<DesignedQuery, readonly Draw[]>,
): Promise<readonly ProofStep[]> {
  const { design, progress } = trial;
  const task = progress.start("Judging plans at the stated volume", design.queries.length);
  const prepared = await prepare(trial);
  const steps: ProofStep[] = [];
  try {
    for (const query of design.queries) {
      trial.signal.throwIfAborted();
      steps.push(await provePlan(prepared, query, draws.get(query) ?? []));
      task.update(steps.length, query.pattern);
    }
  } finally {
    await prepared.session.close();
  }
  task.done(`${steps.filter((step) => step.verdict === "proved").length} of ${steps.length} as designed`);
  return steps;
}

// A copy of the loaded database whose files and statistics say the stated volume; the loaded one itself
// where the server's files are out of reach.
async function prepare(trial: PatternTrial): Promise<PlanTrial> {
  const { server, design, dialect, database } = trial;
  const view = viewOf(trial.catalog);
  const base = { design, view, dialect };
  const { dataDir } = server;
  if (dataDir === null) {
    const loaded = trial.generated.map((table): [string, number] => [tableOf(table.schema, table.table), table.rows]);
    const why = "the files of a server that you name are out of reach, so its planner cannot be shown another volume";
    return { ...base, session: await database.connect("owner"), depth: { stated: false, why }, rows: new Map(loaded) };
  }
  const copy = await server.createDatabase(database);
  trial.keep(copy);
  const admin = await copy.connect("admin");
  let rows: ReadonlyMap<string, number>;
  try {
    const told = await stateVolumes(admin, dataDir, view, await statedTables(admin, design, view));
    rows = new Map(told.map((relation) => [tableOf(relation.schema, relation.name), Math.round(relation.rows)]));
  } finally {
    await admin.close();
  }
  const session: Session = await copy.connect("owner");
  return { ...base, session, depth: { stated: true }, rows };
}
