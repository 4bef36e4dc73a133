import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action, ActionContext, Style } from "../model/action.ts";
import type { CheckItem } from "../operate/migrate/checklist.ts";
import { PLACE_INPUT, RUN_INPUT, databaseUrl, migrationsOf, runOptions } from "../operate/migrate/run-input.ts";
import { RollbackRecords } from "../operate/migrate/rollback-proof.ts";
import { upText } from "../operate/migrate/text.ts";
import type { UpResult } from "../operate/migrate/up.ts";

const input = z.object({
  ...PLACE_INPUT,
  to: z.string().optional().describe("the last migration to run, by its id or the beginning of it"),
  ...RUN_INPUT,
  outOfOrder: z.boolean().default(false).describe("also run migrations that stand before one that has run"),
  dryRun: z.boolean().default(false).describe("show the checklist and what would be run, and run nothing"),
});

type Options = z.output<typeof input>;

async function run(options: Options, context: ActionContext): Promise<UpResult> {
  // First of all: until somebody listens, these signals mean something else.
  const pauses = context.pauses?.();
  const { migrateUp } = await import("../operate/migrate/up.ts");
  const migrations = await migrationsOf(options, context.cwd);
  if (migrations.length === 0) context.progress.note(`${options.dir} holds no migrations`);
  return await migrateUp({
    url: databaseUrl(options.database),
    migrations,
    command: "up",
    to: options.to ?? null,
    options: runOptions(options, options.phase ?? null),
    allow: options.allow ?? [],
    outOfOrder: options.outOfOrder,
    dryRun: options.dryRun,
    rollbackTested: new RollbackRecords(context.cacheDir).read,
    pauses,
    signal: context.signal,
    progress: context.progress,
    announce: (checklist) => tell(checklist, context),
  });
}

function tell(checklist: readonly CheckItem[], { progress }: ActionContext): void {
  for (const { title, verdict, seen } of checklist) progress.note(`${title}: ${verdict} (${seen})`);
}

/** `dbwright migrate up`. */
export const migrateUpAction: Action = action({
  name: "migrate up",
  summary: "Run pending migrations, so that an interruption at any moment leaves a state that is understood",
  description: `Runs the .sql migrations of a folder that the database's history does not hold yet. One runner at a time; a second is
told who the first is. Before the first statement: files that were changed after they ran are refused, missing
privileges are listed, a checklist is shown, and what destroys rows or columns must be asked for by name (--allow).

Each step has a lock timeout and is tried again when it cannot have its lock. Its record is written in its own
transaction; for what may not run in one, an intent is written before, and the result looked at after. Steps over many
rows (batch= in the file) run in slices of the table's key, each in its own transaction, as large as fits
--batch-target; they hold back for standbys that lag, sessions that wait, and load.

SIGUSR1 lets the run rest after the batch or step at hand, with its session open, and SIGUSR2 lets it go on (not on
Windows, which has no such signals). Ctrl-C ends it at the next place that is understood, and so does \`migrate pause\` from
another terminal; \`migrate resume\` then goes on. After a crash,
\`migrate status\` explains, \`migrate resume\` goes on and \`migrate down\` takes back. See docs/guides/migrate.md.`,
  examples: [
    { command: "migrate up postgres://app@localhost/shop", what: "run what is pending in ./migrations" },
    {
      command: "migrate up postgres://app@localhost/shop --dir db/migrations --dry-run",
      what: "see what would be run",
    },
    {
      command: "migrate up postgres://app@localhost/shop --phase expand",
      what: "what old application code does not notice; the rest after the rollout",
    },
    {
      command: 'migrate up postgres://app@localhost/shop --to 20261120 --allow "drop column public.task.title"',
      what: "up to one migration, with a column that is given up",
    },
  ],
  effect: "destroys",
  input,
  positionals: ["database"],
  run,
  render: (output: UpResult, style: Style) => upText(output, style),
  exitCode: (output) => (output.outcome === "paused" ? 1 : 0),
});
