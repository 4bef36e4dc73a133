import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action } from "../model/action.ts";
import { PLACE_INPUT, RUN_INPUT, databaseUrl, migrationsOf, runOptions } from "../operate/migrate/run-input.ts";
import { downText } from "../operate/migrate/text.ts";

const { allow, lockTimeout, retries } = RUN_INPUT;
const input = z.object({
  ...PLACE_INPUT,
  to: z
    .string()
    .optional()
    .describe("take back everything that came after this migration (default: the last one alone)"),
  steps: z.int().min(1).optional().describe("take back only so many of the last steps"),
  allow,
  lockTimeout,
  retries,
  dryRun: z.boolean().default(false).describe("show what would be taken back and what that destroys, and run nothing"),
});

/** `dbwright migrate down`. */
export const migrateDownAction: Action = action({
  name: "migrate down",
  summary: "Take migrations back, step by step, the last step first",
  description: `Runs the undoing of each step that ran, finished or not, in reverse: from the file where its step is unchanged, else from
the history. A step that has no undoing is told before the first statement, and nothing is run. What the undoing
destroys (a column that was filled since) must be asked for by name (--allow), unless the table is empty.

An interruption leaves a state that \`migrate status\` explains; \`migrate down\` goes on.`,
  examples: [
    {
      command: "migrate down postgres://app@localhost/shop",
      what: "take back the last migration, or the unfinished one",
    },
    {
      command: "migrate down postgres://app@localhost/shop --to 20261120 --dry-run",
      what: "see what going back to one would destroy",
    },
    { command: "migrate down postgres://app@localhost/shop --steps 2", what: "only the last two steps" },
  ],
  effect: "destroys",
  input,
  positionals: ["database"],
  run: async (options, context) => {
    const { migrateDown } = await import("../operate/migrate/down.ts");
    return await migrateDown({
      url: databaseUrl(options.database),
      migrations: await migrationsOf(options, context.cwd),
      to: options.to ?? null,
      steps: options.steps ?? null,
      allow: options.allow ?? [],
      options: runOptions(options, null),
      dryRun: options.dryRun,
      signal: context.signal,
      progress: context.progress,
      announce: ({ losses, remarks, notes }) => {
        for (const note of notes) context.progress.note(note);
        for (const { what } of losses) context.progress.note(`this destroys ${what}`);
        for (const remark of remarks) context.progress.note(remark);
      },
    });
  },
  render: downText,
  exitCode: (output) => (output.outcome === "paused" ? 1 : 0),
});
