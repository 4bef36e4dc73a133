import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action, ActionContext, Style } from "../model/action.ts";
import type { Catalog } from "../model/catalog.ts";
import { invalid } from "../model/error.ts";
import type { PlannerStatistics } from "../model/planner-statistics.ts";
import { LazyServer } from "../twin/lazy-server.ts";
import type { BuiltTwin } from "../twin/open/build-twin.ts";
import type { FilledTwin } from "../twin/open/fill-twin.ts";
import type { TwinServer } from "../twin/server.ts";
import type { ReadSource } from "../twin/source.ts";

const input = z.object({
  source: z
    .string()
    .describe("a pack, a postgres:// URL, a .sql file, a folder of them, a saved catalog (.json) or git:REV:PATH"),
  psql: z.boolean().default(false).describe("open it in psql; the twin is gone when psql ends"),
  schemas: z.array(z.string()).optional().describe("only these schemas"),
  engine: z.string().optional().describe("what the twin runs on, e.g. postgres@16 (default: the source's major)"),
  rows: z.boolean().default(false).describe("fill it with rows drawn from the source's statistics, to measure time"),
  rowsMax: z
    .number()
    .int()
    .min(100)
    .max(50_000_000)
    .default(1_000_000)
    .describe("with --rows: most rows, of all tables together"),
  lenient: z.boolean().default(false).describe("take what loads when the server refuses statements of a SQL file"),
});

type Options = z.output<typeof input>;

/** What `twin` prints with `--json`. */
interface TwinOutput {
  /** E.g. `embedded PostgreSQL 18.4`. */
  readonly server: string;
  readonly depth: "schema" | "stats" | "rows";
  readonly relations: number;
  readonly columns: number;
  readonly extended: number;
  /** As the planner sees them, in bytes; the files take next to nothing. 0 at depth `rows`. */
  readonly bytes: number;
  /** What was drawn, and how many rows of a large table stand for one of the source's; null at other depths. */
  readonly drawn: { readonly rows: number; readonly scale: number } | null;
  /** Tables whose rows are fewer than they should be, or not drawn from statistics. */
  readonly unfilled: readonly { readonly table: string; readonly why: string }[];
  /** Whether the values in its statistics are stand-ins; null at depth `schema`. */
  readonly masked: boolean | null;
  /** Where the twin departs from its source, and why. */
  readonly notes: readonly string[];
  readonly unseen: readonly { readonly what: string; readonly why: string }[];
}

const PAGE_BYTES = 8192;
/** The same rows each time, so that two runs can be compared. */
const SEED = 1;

async function runTwin(options: Options, context: ActionContext): Promise<TwinOutput> {
  const { readSource } = await import("../twin/source.ts");
  const { plannerStatisticsOf } = await import("../twin/open/planner-source.ts");
  const { signal, progress, cwd } = context;
  const { source, schemas, lenient } = options;
  const twin = new LazyServer({ engine: options.engine }, context);
  try {
    const read = await readSource(source, {
      server: () => twin.open(null),
      cwd,
      signal,
      progress,
      lenient,
      engine: twin.engine,
      ...(schemas === undefined ? {} : { schemas }),
    });
    for (const note of read.notes) progress.note(note);
    refuseSqlite(read);
    const statistics = await plannerStatisticsOf(source, read, context, null);
    const server = await twin.open(read.catalog);
    const built = await build(server, { catalog: read.catalog, statistics }, options, context);
    const { transplanted, notes, filled } = built;
    const output: TwinOutput = {
      server: server.description,
      depth: filled !== null ? "rows" : transplanted === null ? "schema" : "stats",
      relations: transplanted?.relations ?? filled?.tables.length ?? 0,
      columns: transplanted?.columns ?? (filled === null ? 0 : (statistics?.columns.length ?? 0)),
      extended: transplanted?.extended ?? 0,
      bytes: (transplanted?.pages ?? 0) * PAGE_BYTES,
      drawn: filled === null ? null : { rows: filled.rows, scale: filled.scale },
      unfilled: filled?.unfilled ?? [],
      masked: statistics?.masked ?? null,
      notes,
      unseen: statistics?.unseen ?? [],
    };
    await letIn(built, output, options, context);
    return output;
  } finally {
    await twin.close();
  }
}

async function build(
  server: TwinServer,
  source: { readonly catalog: Catalog; readonly statistics: PlannerStatistics | null },
  { rows, rowsMax }: Options,
  { signal, progress }: ActionContext,
): Promise<BuiltTwin & { readonly filled: FilledTwin["filled"] | null }> {
  const { catalog, statistics } = source;
  if (!rows) {
    const { buildTwin } = await import("../twin/open/build-twin.ts");
    return { ...(await buildTwin(server, source, { signal, progress })), filled: null };
  }
  if (statistics === null) {
    throw invalid({
      what: "the source has no planner statistics to draw rows from",
      where: "--rows",
      expected: "a live PostgreSQL database, or a pack of one",
    });
  }
  const { fillTwin } = await import("../twin/open/fill-twin.ts");
  return fillTwin(server, { catalog, statistics }, { rowsMax, seed: SEED, signal, progress });
}

function refuseSqlite({ catalog }: ReadSource): void {
  if (catalog.engine.name === "postgres") return;
  throw invalid({
    what: `a twin of ${catalog.engine.name} is not made by this version`,
    where: "SOURCE",
    expected: "a source for PostgreSQL",
  });
}

// Without a person at the terminal there is nobody to wait for: the twin was built, and that is told.
async function letIn(
  { database }: BuiltTwin,
  output: TwinOutput,
  options: Options,
  { foreground, progress, searchPath, signal }: ActionContext,
): Promise<void> {
  if (foreground === undefined) return;
  const { findTool } = await import("../twin/server/tools.ts");
  const { shownConnection } = await import("../twin/open/connection-file.ts");
  const { runShell } = await import("../twin/open/shell.ts");
  const psql = options.psql ? await findTool(["psql"], searchPath, signal) : null;
  if (options.psql && psql === null) progress.note("psql is not on the search path; connect by what follows");
  const connection = await shownConnection(database.url("owner"));
  try {
    for (const line of linesOf(output)) progress.note(line);
    if (psql !== null) {
      await foreground(() => runShell(psql.path, connection.url, signal));
      return;
    }
    progress.note(`connect to it with: psql '${connection.url}'`);
    progress.note("it is gone with Ctrl-C");
    await foreground((interrupted) => untilAborted(AbortSignal.any([interrupted, signal])));
    signal.throwIfAborted();
  } finally {
    await connection.remove();
  }
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    // A pending promise alone does not keep a process alive.
    const alive = setInterval(() => {}, 60_000);
    const end = (): void => {
      clearInterval(alive);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });

function linesOf(output: TwinOutput): string[] {
  const { notes, unseen, unfilled } = output;
  return [
    ...headOf(output),
    ...unfilled.map(({ table, why }) => `${table}: ${why}`),
    ...notes,
    ...unseen.map(({ what, why }) => `not known of the source: ${what}: ${why}`),
  ];
}

function headOf({ server, depth, relations, columns, bytes, masked, drawn }: TwinOutput): string[] {
  const volume = bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
  const values = masked === true ? ", values masked" : "";
  if (depth === "schema") return [`${server}: the schema, without statistics`];
  if (drawn !== null) {
    const ratio =
      drawn.scale === 1 ? "as many as the source has" : `1 for ${(1 / drawn.scale).toPrecision(3)} of the source's`;
    return [
      `${server}: ${drawn.rows.toLocaleString("en")} rows in ${relations} tables, ${ratio}, drawn from statistics${values}`,
      "columns are drawn each by itself: how they depend on one another the statistics do not tell",
    ];
  }
  return [
    `${server}: plans as with ${volume} in ${relations} relations, statistics of ${columns} columns${values}`,
    "it holds no row: EXPLAIN shows plans, and what runs finds nothing",
  ];
}

// What a person was told while the twin was there is not told again.
function render(output: TwinOutput, style: Style): string {
  return `${style.bold("the twin is gone")}: ${linesOf(output)[0] ?? ""}`;
}

/** `dbwright twin`: a twin to look at. */
export const twinAction: Action = action({
  name: "twin",
  summary: "Open a scratch database that plans as the source does, without a row of it",
  description: `Builds the source's schema on a scratch server and, where the source is a pack or a live PostgreSQL database, makes its
planner see production's sizes, distributions and settings: EXPLAIN then chooses the plans that production would. A live
source is only read. Add an index and look at the plan again: nothing of it touches the source.

With --psql it is opened in psql, else the way to connect is printed. When psql ends, or on Ctrl-C, the twin is gone with
all that was done in it. With --json, or where nobody sits at a terminal, it is built, told of, and removed.

Tables pretend to be large and are empty: use EXPLAIN without ANALYZE. A query that would read such a table to its end is
stopped after a minute.

With --rows it is filled instead, with rows drawn from the source's statistics: frequent values as frequent, the others
spread as they are, as many nulls, about the same order on disk, references with as many rows for each parent, and every
constraint satisfied. Run times can then be measured without a row of production's data. Beyond --rows-max rows all large
tables are made smaller by the same ratio, which is told.`,
  examples: [
    { command: "twin shop.json.gz --psql", what: "a pack that somebody sent, in psql" },
    { command: "twin postgres://app@localhost/shop", what: "a twin of a live database, for any client" },
    {
      command: "twin shop.json.gz --rows --rows-max 200000 --psql",
      what: "the same with made-up rows, to run queries",
    },
    { command: "twin schema.sql --psql --engine postgres@16", what: "an empty database with that schema" },
  ],
  effect: "reads",
  input,
  positionals: ["source"],
  run: runTwin,
  render,
  exitCode: () => 0,
});
