import { resolve } from "node:path";
import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action, ActionContext } from "../model/action.ts";
import { invalid } from "../model/error.ts";
import type { Migration } from "../model/migration.ts";
import type { Proof } from "../model/proof.ts";
import { proofText } from "../operate/migrate/prove/text.ts";
import { databaseUrl, migrationsOf } from "../operate/migrate/run-input.ts";
import { unprovedWithRows } from "../twin/prove-plan/unproved-with-rows.ts";

const input = z.object({
  database: z
    .string()
    .optional()
    .describe("the database whose history says what is pending, as postgres://USER@HOST:PORT/DATABASE; only read"),
  dir: z.string().default("migrations").describe("the folder of .sql migrations"),
  from: z
    .string()
    .optional()
    .describe("prove what comes after that migration, by its id or the beginning of it (default: the last one)"),
  to: z
    .string()
    .optional()
    .describe("prove nothing after that migration, as up --to runs nothing after it (default: to the end)"),
  rows: z.int().min(0).max(1_000_000).default(1000).describe("synthetic rows in each table"),
  seconds: z
    .number()
    .min(0.1)
    .max(3600)
    .default(1)
    .describe("how long clients work before the first step, after each phase, and so at the end"),
  load: z.boolean().default(true).describe("leave out the run under load"),
  maxBlock: z
    .string()
    .optional()
    .describe(
      "refuted when a client waits longer than that for a lock of the runner, e.g. 100ms (default: only measured)",
    ),
  engine: z.string().optional().describe("what the migrations are written for, e.g. postgres@16"),
  twin: z
    .string()
    .optional()
    .describe("a PostgreSQL server to use as the twin, by URL; databases are made and dropped there"),
});

type Options = z.output<typeof input>;

const nothingExamined = (reason: string): Proof => ({
  claim: reason,
  twin: { engine: "postgres", version: "", depth: "schema", server: "no server, as there was nothing to try" },
  steps: [],
  verdict: "not-run",
  reason,
  at: new Date().toISOString(),
  duration_ms: 0,
});

async function run(options: Options, context: ActionContext): Promise<Proof> {
  const { LazyServer } = await import("../twin/lazy-server.ts");
  const { chooseMigrations } = await import("../operate/migrate/prove/choice.ts");
  const { proveMigrations } = await import("../operate/migrate/prove/prove.ts");
  const { RUN_DEFAULT } = await import("../operate/migrate/run-context.ts");
  const { readDuration_ms } = await import("../formats/migration/directives.ts");
  const { signal, progress, searchPath } = context;
  const twin = new LazyServer(options, context);
  if (twin.engine !== "postgres")
    throw invalid({ what: "migrations are proved for PostgreSQL", where: "--engine", expected: "postgres@15 to 18" });
  const blockMax_ms = options.maxBlock === undefined ? null : readDuration_ms(options.maxBlock, "--max-block");
  const { programMigrations } = await import("../operate/migrate/program-migrations.ts");
  const programs = await programMigrations(resolve(context.cwd, options.dir), context);
  if (programs !== null && options.database !== undefined)
    throw invalid({
      what: "which programs ran in a database is known to their own tool alone",
      where: "DATABASE",
      expected: "--from with the last migration that ran (its file without the ending)",
    });
  const migrations = programs ?? (await migrationsOf(options, context.cwd));
  const url = options.database === undefined ? null : databaseUrl(options.database);
  const { base, pending, catalog } = await chooseMigrations(migrations, {
    url,
    from: options.from ?? null,
    to: options.to ?? null,
    signal,
  });
  if (pending.length === 0) return nothingExamined("no migration is pending");
  if (pending.every(({ steps }) => steps.length === 0))
    return nothingExamined(`${pending.map(({ file }) => file).join(", ")}: no statement, so nothing was examined`);
  try {
    const proof = await proveMigrations({
      base,
      pending,
      server: await twin.open(catalog),
      rows: options.rows,
      load: options.load,
      calm_ms: options.seconds * 1000,
      blockMax_ms,
      options: RUN_DEFAULT,
      searchPath,
      signal,
      progress,
    });
    // What programs send is run by their own tool.
    if (programs === null) await keep(proof, base, pending, context);
    return proof;
  } finally {
    await twin.close();
  }
}

// For the checklist of `migrate up`.
async function keep(
  proof: Proof,
  base: readonly Migration[],
  pending: readonly Migration[],
  { cacheDir, progress }: ActionContext,
): Promise<void> {
  const { RollbackRecords, rollbackKey, rollbackOf } = await import("../operate/migrate/rollback-proof.ts");
  try {
    await new RollbackRecords(cacheDir).write(rollbackKey(base, pending), rollbackOf(proof));
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? "unknown";
    progress.note(`what was seen of the way back could not be kept for migrate up's checklist (${why})`);
  }
}

/** `dbwright migrate prove`. */
export const migrateProveAction: Action = action({
  name: "migrate prove",
  summary: "Try pending migrations on a twin: there, back, and once more while clients work",
  description: `Builds what comes before the pending migrations on a scratch server, fills it with rows, and runs the pending ones
as \`migrate up\` does, under watch: which locks each step takes, what it writes anew and reads whole. The schema
reached must be the one that all files make from scratch, by three independent means; a second run must find nothing
to do; rows must survive in number and content but for what the files say they change; and everything is taken back
as \`migrate down\` does and compared again.

Then once more under load: application code for the schema before reads and writes the affected tables from the start
until the first step of the phase contract, and code for the schema after as soon as all of it works; and back, under
load as well. The longest time that a client was blocked is told with its step, there and back, and every error that
either code sees refutes the proof. What was seen of the way back stands in the checklist of \`migrate up\`, for as long as
neither these files nor the history before them change.

Pending is what the history of DATABASE does not hold, or what comes after --from, or the last migration of the
folder. DATABASE is only read. Migrations of Knex, node-pg-migrate and TypeORM are run without a database first, for what
they send; that is proved, run by \`migrate up\`'s own runner. The exit code is 1 when the proof is refuted.`,
  examples: [
    { command: "migrate prove", what: "the last migration in ./migrations" },
    { command: "migrate prove postgres://app@localhost/shop", what: "what is pending in that database" },
    {
      command: "migrate prove --dir db/migrations --from 20261120 --rows 100000 --max-block 100ms",
      what: "all after one migration, with more rows, and refuted by a block that is too long",
    },
    { command: "migrate prove --no-load --json", what: "without the run under load, for a script" },
  ],
  effect: "reads",
  input,
  positionals: ["database"],
  run,
  render: (proof, style) => {
    const unproved = unprovedWithRows(proof);
    const text = proofText(proof, style);
    return unproved === null ? text : `${text}\n${style.yellow("not proved with rows in the tables")}: ${unproved}`;
  },
  exitCode: ({ verdict }) => (verdict === "refuted" ? 1 : 0),
});
