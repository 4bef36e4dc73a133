import type { Session } from "../../engines/postgres/driver.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { Catalog } from "../../model/catalog.ts";
import type { Design, TableVolume } from "../../model/design.ts";
import type { Progress } from "../../model/progress.ts";
import { verdictOf } from "../../model/proof.ts";
import type { Proof, ProofStep } from "../../model/proof.ts";
import type { Dialect } from "../../model/statement.ts";
import { generateRows } from "../rows/generate.ts";
import type { GeneratedTable } from "../rows/generate.ts";
import { openToOwner } from "../rows/gates.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { proveApply } from "./apply.ts";
import { proveConstraints } from "./constraints.ts";
import { proveKnex, provePrisma } from "./deliverables.ts";
import { proveJobs } from "./jobs.ts";
import { proveIsolation } from "./isolation.ts";
import { provePatterns } from "./patterns.ts";
import { proveProjectTests } from "./project-tests.ts";
import { asRaised, observe } from "./step.ts";

/** What a proof needs and how far it goes. */
export interface ProveOptions {
  readonly server: TwinServer;
  readonly dialect: Dialect;
  /** Most rows to generate per table; at least 1,000. */
  readonly rowsMax: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** `prisma/schema.prisma` as written, or null. */
  readonly prismaText: string | null;
  /** Absolute path of the Knex migration as written, or null. */
  readonly knexFile: string | null;
  /** The schema's tests as written, with the folder they stand in, or null. */
  readonly testFile?: { readonly file: string; readonly folder: string } | null;
}

/** Fewest rows a table gets, unless its own values allow fewer. */
export const ROWS_MIN = 1000;
/** Rows kept back per table, to break constraints with and to insert. */
const SPARE_ROWS = 24;

/**
 * Proves a design on a scratch server: it applies and rolls back, holds generated rows, refuses bad ones,
 * answers its access patterns as designed, keeps tenants apart, and its deliverables run. Everything it
 * creates is dropped again, also when it fails or is aborted.
 *
 * Throws `unavailable` when the server fails on the way, the signal's reason when aborted, and `invalid`
 * when rows for the design's own constraints cannot be drawn; never returns a proof that is cut short.
 */
export async function proveDesign(design: Design, options: ProveOptions): Promise<Proof> {
  const started = performance.now();
  const databases: TwinDatabase[] = [];
  try {
    const steps = await proveSteps(design, options, databases);
    const verdict = verdictOf(steps);
    const first = steps.find((step) => step.verdict === "refuted");
    return {
      claim: `The design of ${design.brief.name} holds`,
      twin: {
        engine: "postgres",
        version: options.server.version,
        depth: options.server.dataDir === null ? "rows" : "stats",
        server: options.server.description,
      },
      steps,
      verdict,
      ...(first === undefined ? {} : { reason: `${first.claim}: ${first.observed}` }),
      at: new Date().toISOString(),
      duration_ms: Math.round(performance.now() - started),
    };
  } catch (error) {
    options.signal.throwIfAborted();
    throw asRaised(error, options.server.description);
  } finally {
    for (const database of databases) await database.drop().catch(() => {});
  }
}

async function proveSteps(
  design: Design,
  options: ProveOptions,
  databases: TwinDatabase[],
): Promise<readonly ProofStep[]> {
  const { server, dialect, signal, progress } = options;
  const database = await server.createDatabase();
  databases.push(database);
  const applying = progress.start("Applying the schema, rolling it back, applying it again");
  const applied = await proveApply(database, design, dialect);
  const steps: ProofStep[] = [...applied.steps];
  if (applied.catalog === null) {
    applying.failed();
    return [...steps, await provePrisma(options.prismaText)];
  }
  applying.done(applied.steps.map((step) => step.observed.split(";")[0]).at(-1) ?? "");
  const { catalog } = applied;
  const loaded = await loadRows(database, design, catalog, options);
  steps.push(...loaded.steps);
  signal.throwIfAborted();
  const shared = { design, catalog, dialect, generated: loaded.generated, signal, progress };
  steps.push(...(await breakConstraints(database, shared)));
  steps.push(...(await runJobs(database, design, dialect)));
  steps.push(...(await provePatterns({ ...shared, server, database, keep: (copy) => databases.push(copy) })));
  steps.push(...(await proveIsolation({ ...shared, server, database })));
  const written = progress.start("Running the Prisma schema, the Knex migration and the tests");
  steps.push(await provePrisma(options.prismaText));
  steps.push(...(await proveKnex(options.knexFile, { server, design, catalog, signal })));
  if (options.testFile != null) {
    steps.push(
      await proveProjectTests(options.testFile.file, options.testFile.folder, { server, design, dialect, signal }),
    );
  }
  written.done();
  return steps;
}

interface Loaded {
  readonly generated: readonly GeneratedTable[];
  readonly steps: readonly ProofStep[];
}

async function loadRows(
  database: TwinDatabase,
  design: Design,
  catalog: Catalog,
  options: ProveOptions,
): Promise<Loaded> {
  const session = await database.connect("owner");
  try {
    const generated = await generateRows(
      session,
      { ...design, catalog },
      {
        rows: (volume) => rowsFor(volume, options.rowsMax),
        seed: options.seed,
        spare: SPARE_ROWS,
        signal: options.signal,
        progress: options.progress,
      },
    );
    await session.execute("VACUUM (ANALYZE)");
    const steps: ProofStep[] = [];
    for (const table of generated) steps.push(await countRows(session, catalog, table));
    return { generated, steps };
  } finally {
    await session.close();
  }
}

/** How many rows a table gets: what it holds now, at least 1,000 and at most `rowsMax`. */
export function rowsFor(volume: TableVolume, rowsMax: number): number {
  return Math.min(Math.max(ROWS_MIN, volume.now_rows), Math.max(ROWS_MIN, rowsMax));
}

// What was loaded is counted on the server, not taken from the generator's word.
async function countRows(session: Session, catalog: Catalog, table: GeneratedTable): Promise<ProofStep> {
  const claim = {
    id: `rows/${table.table}`,
    claim: `Generated rows that satisfy every constraint load into ${table.table}`,
    decision: null,
  };
  const view = viewOf(catalog).table(table.schema, table.table);
  const restore = await openToOwner(session, view === undefined ? [] : [view]);
  try {
    return await observe(claim, async () => {
      const name = `"${(table.schema ?? "public").replaceAll('"', '""')}"."${table.table.replaceAll('"', '""')}"`;
      const sql = `SELECT count(*) AS n FROM ${name}`;
      const counted = Number((await session.query<{ n: string }>(sql)).rows[0]?.n);
      const kept = table.asked === 0 && table.rows === 0;
      const right = kept || (counted === table.rows && counted > 0);
      return {
        verdict: right ? "proved" : "refuted",
        standing: "proved",
        observed: kept
          ? `${counted} rows, ${table.note ?? "none asked for"}`
          : `${counted} rows loaded${table.note === null ? "" : ` of ${table.asked} asked for: ${table.note}`}`,
        figures: { rows: counted, asked: table.asked, load_s: Math.round(table.seconds * 1000) / 1000 },
        sql: [sql],
      };
    });
  } finally {
    await restore();
  }
}

async function runJobs(database: TwinDatabase, design: Design, dialect: Dialect): Promise<readonly ProofStep[]> {
  if (design.jobs.length === 0) return [];
  const session = await database.connect("owner");
  try {
    return await proveJobs({ session, design, dialect });
  } finally {
    await session.close();
  }
}

async function breakConstraints(
  database: TwinDatabase,
  shared: Omit<Parameters<typeof proveConstraints>[0], "session">,
): Promise<readonly ProofStep[]> {
  const session = await database.connect("owner");
  const view = viewOf(shared.catalog);
  const restore = await openToOwner(session, view.tables);
  try {
    return await proveConstraints({ ...shared, session });
  } finally {
    await restore().catch(() => {});
    await session.close();
  }
}
