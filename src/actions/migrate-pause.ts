import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action } from "../model/action.ts";
import { databaseUrl, PLACE_INPUT } from "../operate/migrate/run-input.ts";

const input = z.object({
  database: PLACE_INPUT.database,
  as: z.string().default("somebody").describe("who asks, for those who wonder later"),
});

/** `dbwright migrate pause`. */
export const migratePauseAction: Action = action({
  name: "migrate pause",
  summary: "Ask the runner, from another terminal, to stop at the next place that is understood",
  description: `The runner stops after the batch or the step at hand; what it did stays. Until \`migrate resume\`, nothing else is begun:
\`migrate up\` refuses and says who asked for the pause. A statement under way is not cut off; Ctrl-C in the runner's own
terminal does that.`,
  examples: [
    { command: "migrate pause postgres://app@localhost/shop", what: "let a backfill rest" },
    { command: "migrate pause postgres://app@localhost/shop --as 'night shift'", what: "and say who asked" },
  ],
  effect: "writes data",
  input,
  positionals: ["database"],
  run: async (options, { signal }) => {
    const { requestPause } = await import("../operate/migrate/pause.ts");
    return await requestPause(databaseUrl(options.database), options.as, signal);
  },
  render: ({ runner }) =>
    runner === null
      ? "Nobody is running migrations; none will be begun until dbwright migrate resume."
      : `The runner (server process ${runner.pid}) stops after the batch or step at hand; dbwright migrate resume goes on.`,
  exitCode: () => 0,
});
