import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action, Style } from "../model/action.ts";
import { PLACE_INPUT, TWIN_INPUT, databaseUrl, migrationsOf } from "../operate/migrate/run-input.ts";
import { driftText } from "../operate/migrate/text.ts";
import type { Drift } from "../operate/migrate/drift.ts";
import { LazyServer } from "../twin/lazy-server.ts";

const input = z.object({
  ...PLACE_INPUT,
  ...TWIN_INPUT,
  show: z
    .enum(["both", "adopt", "revert"])
    .default("both")
    .describe("which SQL is printed: what a new migration would adopt, or what would take the database back"),
  prove: z.boolean().default(true).describe("do not try the SQL on the twin"),
  rows: z.int().min(0).max(100_000).default(20).describe("synthetic rows in each table for the proof"),
});

type Output = Drift & { readonly show: "both" | "adopt" | "revert" };

/** `dbwright migrate drift`. */
export const migrateDriftAction: Action = action({
  name: "migrate drift",
  summary: "Compare a live database with what its migrations make, and print the SQL that would mend it either way",
  description: `Builds the migrations that the history says ran in an empty database of a twin, reads both catalogs and compares them.
What somebody changed by hand is listed, with the SQL that a new migration would need to adopt it, and the SQL that would
take the database back. Neither is run there; both are tried on the twin, as \`diff\` tries its scripts, and say above
themselves what came of it. The database is only read.

The history itself, and those of other tools, do not count. The exit code is 1 when there is a difference.`,
  examples: [
    { command: "migrate drift postgres://app@localhost/shop", what: "what was changed by hand" },
    {
      command: "migrate drift postgres://app@localhost/shop --show adopt > migrations/20261120_adopt.sql",
      what: "make it a migration",
    },
  ],
  effect: "reads",
  input,
  positionals: ["database"],
  run: async (options, context): Promise<Output> => {
    const { findDrift } = await import("../operate/migrate/drift.ts");
    const twin = new LazyServer(options, context);
    try {
      const drift = await findDrift({
        url: databaseUrl(options.database),
        migrations: await migrationsOf(options, context.cwd),
        server: (catalog) => twin.open(catalog),
        signal: context.signal,
        progress: context.progress,
        show: options.show,
        prove: options.prove,
        rows: options.rows,
        searchPath: context.searchPath,
      });
      return { ...drift, show: options.show };
    } finally {
      await twin.close();
    }
  },
  render: (output: Output, style: Style) => driftText(output, output.show, style),
  exitCode: ({ differences }) => (differences.length > 0 ? 1 : 0),
});
