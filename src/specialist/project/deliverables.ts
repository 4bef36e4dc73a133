import { WITH_FIRST_MIGRATION } from "../../model/design.ts";
import type { Design } from "../../model/design.ts";
import type { Dialect, Statement } from "../../model/statement.ts";
import { writeKnex } from "../../formats/knex/write.ts";
import { writePrisma } from "../../formats/prisma/write.ts";
import { writeSql } from "../../formats/sql/write.ts";
import type { ProjectFile } from "./write.ts";

/** The name under which the first migration is kept, after its time. */
export const FIRST_MIGRATION = "initial_schema";

function script(design: Design, statements: readonly Statement[], what: string): string {
  return writeSql(statements, {
    title: `${design.brief.name}: ${what}`,
    remarks: [`For PostgreSQL ${design.brief.engine.major}. Made from ${design.brief.file} by dbwright.`],
  });
}

/** The paths of the deliverables that later steps look up. */
export const PATHS: {
  readonly schema: string;
  readonly prisma: string;
  readonly knex: (stamp: string) => string;
  readonly up: (stamp: string) => string;
  readonly down: (stamp: string) => string;
} = {
  schema: "schema.sql",
  prisma: "prisma/schema.prisma",
  knex: (stamp) => `migrations/${stamp}_${FIRST_MIGRATION}.ts`,
  up: (stamp) => `migrations/sql/${stamp}_${FIRST_MIGRATION}.up.sql`,
  down: (stamp) => `migrations/sql/${stamp}_${FIRST_MIGRATION}.down.sql`,
};

/**
 * The files that a design stands for: DDL with the rows of lookup tables, the first migration in SQL and
 * Knex, the Prisma schema.
 */
export function deliverables(design: Design, dialect: Dialect, stamp: string): readonly ProjectFile[] {
  const rows = design.jobs.filter((job) => job.every === WITH_FIRST_MIGRATION);
  const up = [
    ...dialect.create(design.catalog),
    ...rows.map((job): Statement => ({ sql: job.sql, transactional: true })),
  ];
  const down = dialect.drop(design.catalog);
  return [
    { path: PATHS.schema, text: script(design, up, "schema") },
    { path: PATHS.knex(stamp), text: writeKnex({ up, down, description: FIRST_MIGRATION }) },
    { path: PATHS.up(stamp), text: script(design, up, "first migration") },
    { path: PATHS.down(stamp), text: script(design, down, "undo of the first migration") },
    { path: PATHS.prisma, text: writePrisma(design.catalog).text },
  ];
}
