import type { MigrationFormat } from "../../model/migration.ts";
import { drizzleMigrations } from "../drizzle/migration.ts";
import { flywayMigrations } from "../flyway/migration.ts";
import { knexMigrations } from "../knex/migration.ts";
import { nodePgMigrateMigrations } from "../node-pg-migrate/migration.ts";
import { prismaMigrations } from "../prisma/migration.ts";
import { typeormMigrations } from "../typeorm/migration.ts";
import { migrationId, writeMigration } from "./write.ts";
import type { MigrationWriter } from "./writer.ts";

const sqlMigrations: MigrationWriter = {
  format: "sql",
  mixesTransactions: true,
  write({ at, name, steps, after }) {
    const id = migrationId(at, name);
    const { up, down } = writeMigration({ steps }, id, [], after);
    return {
      id,
      files: [
        { path: `${id}.up.sql`, text: up },
        { path: `${id}.down.sql`, text: down },
      ],
      notes: [],
    };
  },
};

/** How each tool's migrations are written. */
export const MIGRATION_WRITERS: Readonly<Record<MigrationFormat, MigrationWriter>> = {
  sql: sqlMigrations,
  flyway: flywayMigrations,
  knex: knexMigrations,
  prisma: prismaMigrations,
  drizzle: drizzleMigrations,
  "node-pg-migrate": nodePgMigrateMigrations,
  typeorm: typeormMigrations,
};
