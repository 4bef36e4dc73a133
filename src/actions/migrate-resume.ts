import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action } from "../model/action.ts";
import { PLACE_INPUT, RUN_INPUT, databaseUrl, migrationsOf, runOptions } from "../operate/migrate/run-input.ts";
import { upText } from "../operate/migrate/text.ts";

const input = z.object({ ...PLACE_INPUT, ...RUN_INPUT });

/** `dbwright migrate resume`. */
export const migrateResumeAction: Action = action({
  name: "migrate resume",
  summary: "Finish a migration that was paused, failed or broken off",
  description: `Goes on where the history says that the last run got: steps that are done are not run again, a step outside of a
transaction is judged by what is there, a backfill goes on behind its last batch. Steps of the file that have not run
may be mended before. It stops at the phase that the broken-off run was told, unless --phase says another; it ends a
pause, and begins nothing new. SIGUSR1 and SIGUSR2 pause it as they do \`migrate up\`.`,
  examples: [
    { command: "migrate resume postgres://app@localhost/shop", what: "finish what is unfinished" },
    {
      command: "migrate resume postgres://app@localhost/shop --retries 50 --lock-timeout 500ms",
      what: "with more patience for a lock",
    },
  ],
  effect: "destroys",
  input,
  positionals: ["database"],
  run: async (options, context) => {
    const pauses = context.pauses?.();
    const { migrateUp } = await import("../operate/migrate/up.ts");
    return await migrateUp({
      url: databaseUrl(options.database),
      migrations: await migrationsOf(options, context.cwd),
      command: "resume",
      to: null,
      options: runOptions(options, options.phase ?? null),
      allow: options.allow ?? [],
      outOfOrder: false,
      dryRun: false,
      rollbackTested: null,
      pauses,
      signal: context.signal,
      progress: context.progress,
      announce: () => {},
    });
  },
  render: (output, style) =>
    output.outcome === "done" && output.applied.length === 0 ? "Nothing was unfinished." : upText(output, style),
  exitCode: (output) => (output.outcome === "paused" ? 1 : 0),
});
