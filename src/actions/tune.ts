import { resolve } from "node:path";
import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action, ActionContext, Style } from "../model/action.ts";
import type { Advice } from "../model/advice.ts";
import type { RewriteSuggestion } from "../tune/rewrites/suggestions.ts";
import type { WorkloadPattern } from "../model/workload.ts";
import { invalid } from "../model/error.ts";
import type { Tuned } from "../twin/tune/tune.ts";
import { adviceSql, showAdvice } from "../specialist/tune/show.ts";
import type { ShownWorkload } from "../specialist/tune/show.ts";

const input = z.object({
  source: z.string().describe("a postgres:// URL, a pack (dbwright twin pack), or SQL files with rows"),
  workload: z
    .string()
    .optional()
    .describe("stat-statements (a live source's default), or a file or folder of SQL, pgbench scripts or server logs"),
  budget: z
    .string()
    .optional()
    .describe("bytes for new indexes, e.g. 500MB, or unlimited (default: what is worth its size)"),
  time: z.number().positive().max(3_600).default(45).describe("seconds for choosing indexes"),
  upkeepWeight: z
    .number()
    .min(0)
    .max(1_000)
    .default(1)
    .describe("what keeping indexes up to date counts against reading: more spares writers"),
  rows: z
    .boolean()
    .default(false)
    .describe("also build and time everything on a twin with rows drawn from statistics (of SQL with rows: always)"),
  rowsMax: z
    .number()
    .int()
    .min(0)
    .max(100_000_000)
    .default(100_000)
    .describe("rows to draw at most in all tables; 0: time nothing, not even on rows of SQL"),
  measureTime: z.number().positive().max(3_600).default(15).describe("seconds for timing queries"),
  schemas: z.array(z.string()).optional().describe("only these schemas"),
  engine: z.string().optional().describe("what SQL files are written for, e.g. postgres@16"),
  sql: z.boolean().default(false).describe("print only the statements to run"),
  out: z.string().optional().describe("also write the statements to this file"),
  migration: z.string().optional().describe("also write migrations into this folder, whose tool is recognised"),
  name: z.string().min(1).default("tune_indexes").describe("what the migration is called"),
});

type Options = z.output<typeof input>;

/** What `tune` prints with `--json`. */
interface TuneOutput extends Omit<Advice, "workload"> {
  readonly workload: Advice["workload"] & ShownWorkload;
  readonly patterns: readonly WorkloadPattern[];
  readonly suggestions: readonly RewriteSuggestion[];
  readonly notes: readonly string[];
  /** Paths of the migrations that were written, relative to their folder; null where none were asked for. */
  readonly migration: readonly string[] | null;
  /** Whether only the statements are printed for a person. */
  readonly sqlOnly: boolean;
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/** Without a limit whatever gains is taken. */
const UNLIMITED = "unlimited";

function bytesOf(text: string | undefined): number | null {
  if (text === undefined || text === UNLIMITED) return null;
  const found = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?i?b?)\s*$/i.exec(text);
  const name = found?.[2]?.toLowerCase() ?? "";
  const unit = UNITS[name] ?? UNITS[`${name}b`];
  if (found === null || unit === undefined)
    throw invalid({
      what: `${JSON.stringify(text)} is no size`,
      where: "--budget",
      expected: `a number of bytes with a unit (500MB, 2GB, 512MiB), or ${UNLIMITED}`,
    });
  return Math.floor(Number(found[1]) * unit);
}

async function runTune(options: Options, context: ActionContext): Promise<TuneOutput> {
  const budget_bytes = bytesOf(options.budget);
  const { tune } = await import("../twin/tune/tune.ts");
  const { source, workload, schemas, engine, time, upkeepWeight, rows, rowsMax, measureTime } = options;
  const measuring = { rowsMax: rows || rowsMax === 0 ? rowsMax : null, measure_ms: measureTime * 1_000 };
  const tuned = await tune(
    {
      source,
      workload,
      schemas,
      engine,
      budget_bytes,
      worthOnly: options.budget === undefined,
      timeLimit_ms: time * 1_000,
      writeWeight: upkeepWeight,
      ...measuring,
    },
    context,
  );
  const { advice, patterns, queries, selection, candidates, notes } = tuned;
  const migration = await writtenMigration(options, tuned, context);
  const output: TuneOutput = {
    ...advice,
    workload: {
      ...advice.workload,
      source: tuned.workload.source,
      span_s: tuned.workload.span_s,
      leftOut: tuned.workload.leftOut,
      queries: queries.map(({ id, text, calls, total_ms }) => ({ id, text, calls, total_ms })),
      unplanned: selection.unplanned.length,
      candidates,
      gap: gapTo(advice.workload, advice.workload.bound),
      strictGap: gapTo(advice.workload, advice.workload.strictBound ?? null),
      spared:
        selection.spared === null
          ? null
          : {
              indexes: selection.spared.indexes.length,
              bytes: selection.spared.bytes,
              costAfter: selection.spared.costAfter,
            },
      finished: selection.finished,
      time_ms: Math.round(selection.time_ms),
    },
    patterns,
    suggestions: tuned.suggestions,
    notes,
    migration,
    sqlOnly: options.sql,
  };
  if (options.out !== undefined) {
    const { saveOutput } = await import("../specialist/project/save-output.ts");
    await saveOutput(resolve(context.cwd, options.out), options.out, `${adviceSql(output)}\n`);
  }
  return output;
}

const gapTo = ({ costAfter }: Advice["workload"], bound: number | null): number | null =>
  bound === null || costAfter <= 0 ? null : Math.max(0, (costAfter - bound) / costAfter);

async function writtenMigration(
  { migration, name }: Options,
  { catalog, advice }: Tuned,
  { cwd, progress }: ActionContext,
): Promise<readonly string[] | null> {
  if (migration === undefined) return null;
  const { writeAdvice } = await import("../operate/migrate/write-advice.ts");
  const dir = resolve(cwd, migration);
  const written = await writeAdvice({ catalog, advice, dir, name, format: null, at: new Date() });
  for (const note of written?.notes ?? []) progress.note(note);
  return written?.files ?? [];
}

function render(output: TuneOutput, style: Style): string {
  if (output.sqlOnly) return adviceSql(output);
  const { migration } = output;
  if (migration === null) return showAdvice(output, style);
  const files = migration.length === 0 ? ["nothing to write"] : migration.map((file) => `  ${style.bold(file)}`);
  return [showAdvice(output, style), "", style.bold("Migration"), ...files].join("\n");
}

/** From a workload to advice that was tried. */
export const tuneAction: Action = action({
  name: "tune",
  summary: "Find indexes, rewrites and settings for a workload, tried on a twin",
  description: `Reads a database's schema, planner statistics and workload, builds a twin that plans as the database does and holds no
row of it, and tries there what would help. The database is only read, in read-only transactions with short time
limits; no extension is needed in it.

The workload is what pg_stat_statements counted, or files: SQL with optional weights ("-- weight: 10"), pgbench
scripts, or server logs (stderr, csvlog, jsonlog, with or without auto_explain). Values of parameters that nobody
recorded are drawn from the planner's statistics. Statements that cannot be used are named.

Indexes are chosen within --budget, or without it as long as one makes the workload cheaper by at least half of the share
by which it makes the database larger (and by 0.5 %), by an integer program over plans that the twin's server made, with the gap to the
best choice among all plans that were tried, and to what no choice at all undercuts. What they cost writers is counted in. Each answer carries its proof, and says
what was estimated and what was not tried.`,
  examples: [
    { command: "tune postgres://app@localhost/shop --budget 500MB", what: "by what pg_stat_statements counted" },
    {
      command: "tune postgres://app@localhost/shop --workload queries --sql",
      what: "by a folder of SQL; only the statements",
    },
    {
      command: "tune shop.json.gz --workload postgresql.log --json",
      what: "a pack and a server log, far from production",
    },
  ],
  effect: "reads",
  input,
  positionals: ["source"],
  run: runTune,
  render,
  exitCode: () => 0,
});
