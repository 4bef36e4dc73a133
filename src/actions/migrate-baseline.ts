import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action } from "../model/action.ts";
import { PLACE_INPUT, TWIN_INPUT, databaseUrl, migrationsOf } from "../operate/migrate/run-input.ts";
import { baselineText } from "../operate/migrate/text.ts";
import { LazyServer } from "../twin/lazy-server.ts";

const input = z.object({
  ...PLACE_INPUT,
  to: z
    .string()
    .optional()
    .describe(
      "the last migration that the database holds already (default: what another tool's history says, else all)",
    ),
  ...TWIN_INPUT,
  acceptDrift: z.boolean().default(false).describe("adopt although the database is not what the files make"),
  dryRun: z.boolean().default(false).describe("compare, and record nothing"),
});

/** `dbwright migrate baseline`. */
export const migrateBaselineAction: Action = action({
  name: "migrate baseline",
  summary: "Record migrations as applied in a database that holds them already",
  description: `For a database that was there before dbwright, or that another tool has migrated: Prisma, Flyway, goose, Knex,
node-pg-migrate, TypeORM, Drizzle, Sequelize, Rails, dbmate, golang-migrate, Liquibase, Alembic, Django and others are
recognised by their history tables, which are read and left alone.

The migrations are built on a twin and compared with the database; where they differ, the differences are listed and
nothing is recorded. None of the migrations is run.`,
  examples: [
    {
      command: "migrate baseline postgres://app@localhost/shop",
      what: "adopt what is there, or what another tool ran",
    },
    {
      command: "migrate baseline postgres://app@localhost/shop --to 20260101 --dry-run",
      what: "see whether the database is what the files up to one make",
    },
  ],
  effect: "writes data",
  input,
  positionals: ["database"],
  run: async (options, context) => {
    const { baseline } = await import("../operate/migrate/baseline.ts");
    const twin = new LazyServer(options, context);
    try {
      return await baseline({
        url: databaseUrl(options.database),
        migrations: await migrationsOf(options, context.cwd),
        server: (catalog) => twin.open(catalog),
        to: options.to ?? null,
        acceptDrift: options.acceptDrift,
        dryRun: options.dryRun,
        signal: context.signal,
        progress: context.progress,
      });
    } finally {
      await twin.close();
    }
  },
  render: baselineText,
  exitCode: ({ outcome, differences }) => (outcome === "dry-run" && differences.length > 0 ? 1 : 0),
});
