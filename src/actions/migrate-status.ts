import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action } from "../model/action.ts";
import { PLACE_INPUT, databaseUrl, migrationsOf } from "../operate/migrate/run-input.ts";
import { statusText } from "../operate/migrate/text.ts";

const input = z.object({ ...PLACE_INPUT });

/** `dbwright migrate status`. */
export const migrateStatusAction: Action = action({
  name: "migrate status",
  summary: "Say where a database stands against a folder of migrations, and what to do next",
  description: `Lists what ran, what is pending, and of an unfinished migration each step that was begun: whether it is done, failed
and with what error, or was broken off and what of it is there. Who is running now and since when, pauses, files that
were changed after they ran, files that are gone, and histories of other tools are told as well.

It only reads, and works beside a runner. The exit code is 1 when something is broken off, failed or changed.`,
  examples: [
    { command: "migrate status postgres://app@localhost/shop", what: "against ./migrations" },
    { command: "migrate status postgres://app@localhost/shop --dir db/migrations --json", what: "for a script" },
  ],
  effect: "reads",
  input,
  positionals: ["database"],
  run: async (options, context) => {
    const { migrateStatus } = await import("../operate/migrate/status.ts");
    return await migrateStatus(databaseUrl(options.database), await migrationsOf(options, context.cwd), context.signal);
  },
  render: statusText,
  exitCode: ({ migrations, edited }) =>
    edited.length > 0 || migrations.some(({ state }) => ["interrupted", "failed", "undoing"].includes(state)) ? 1 : 0,
});
