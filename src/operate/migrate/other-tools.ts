import type { Session } from "../../engines/postgres/driver.ts";
import { ident, qualified } from "../../sql/identifier.ts";

/** The history of another tool that was found in the database. */
export interface OtherHistory {
  readonly tool: string;
  /** Its table as SQL. */
  readonly table: string;
  /** The same, as the server stores it. */
  readonly schema: string;
  readonly name: string;
  /** Names or versions of what it ran, in its order; null where the role may not read it. */
  readonly ran: readonly string[] | null;
}

interface Known {
  readonly tool: string;
  readonly table: string;
  /** Columns by which it is told from tables of the same name. */
  readonly columns: readonly string[];
  /** What it ran, as a select list and condition over its columns; HISTORY is the table. */
  readonly name: string;
  readonly condition?: string;
  readonly order: string;
}

// Tables and columns as each tool's own documentation and sources have them.
const KNOWN: readonly Known[] = [
  {
    tool: "Prisma",
    table: "_prisma_migrations",
    columns: ["migration_name", "finished_at", "rolled_back_at"],
    name: "migration_name",
    condition: "finished_at IS NOT NULL AND rolled_back_at IS NULL",
    order: "started_at",
  },
  {
    tool: "Flyway",
    table: "flyway_schema_history",
    columns: ["script", "installed_rank", "success", "version", "type"],
    name: "script",
    // What was taken back stays in the history, and its undoing comes behind it.
    condition: `success AND script IS NOT NULL AND type NOT LIKE 'UNDO%' AND NOT EXISTS (SELECT FROM HISTORY u
      WHERE u.version = HISTORY.version AND u.type LIKE 'UNDO%' AND u.success AND u.installed_rank > HISTORY.installed_rank)`,
    order: "installed_rank",
  },
  {
    tool: "goose",
    table: "goose_db_version",
    columns: ["version_id", "is_applied"],
    name: "version_id",
    condition: "is_applied AND version_id > 0",
    order: "id",
  },
  { tool: "Knex", table: "knex_migrations", columns: ["name", "batch"], name: "name", order: "id" },
  { tool: "node-pg-migrate", table: "pgmigrations", columns: ["name", "run_on"], name: "name", order: "id" },
  { tool: "TypeORM", table: "migrations", columns: ["timestamp", "name"], name: "name", order: "timestamp" },
  { tool: "Laravel", table: "migrations", columns: ["migration", "batch"], name: "migration", order: "id" },
  {
    tool: "Drizzle",
    table: "__drizzle_migrations",
    columns: ["hash", "created_at"],
    name: "created_at",
    order: "created_at",
  },
  { tool: "Sequelize or Umzug", table: "SequelizeMeta", columns: ["name"], name: "name", order: "name" },
  { tool: "sql-migrate", table: "gorp_migrations", columns: ["id", "applied_at"], name: "id", order: "applied_at, id" },
  {
    tool: "Liquibase",
    table: "databasechangelog",
    columns: ["id", "author", "filename", "orderexecuted"],
    name: "id",
    order: "orderexecuted",
  },
  { tool: "Alembic", table: "alembic_version", columns: ["version_num"], name: "version_num", order: "version_num" },
  { tool: "Django", table: "django_migrations", columns: ["app", "name", "applied"], name: "name", order: "id" },
  {
    tool: "Entity Framework",
    table: "__EFMigrationsHistory",
    columns: ["MigrationId"],
    name: '"MigrationId"',
    order: '"MigrationId"',
  },
  {
    tool: "golang-migrate",
    table: "schema_migrations",
    columns: ["version", "dirty"],
    name: "version",
    condition: "NOT dirty",
    order: "version",
  },
  {
    tool: "Rails, dbmate or Ecto",
    table: "schema_migrations",
    columns: ["version"],
    name: "version",
    order: "version",
  },
  { tool: "Diesel", table: "__diesel_schema_migrations", columns: ["version"], name: "version", order: "version" },
  {
    tool: "sqlx",
    table: "_sqlx_migrations",
    columns: ["version", "success"],
    name: "version",
    condition: "success",
    order: "version",
  },
  {
    tool: "refinery",
    table: "refinery_schema_history",
    columns: ["version", "checksum"],
    name: "version",
    order: "version",
  },
  {
    tool: "Atlas",
    table: "atlas_schema_revisions",
    columns: ["version", "applied"],
    name: "version",
    order: "version",
  },
  {
    tool: "pgroll",
    table: "migrations",
    columns: ["name", "migration", "done"],
    name: "name",
    condition: "done",
    order: "created_at",
  },
];

const TABLES = `
  SELECT n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS table,
         pg_catalog.array_agg(a.attname::pg_catalog.text) AS columns, pg_catalog.has_table_privilege(c.oid, 'SELECT') AS readable
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relkind = 'r' AND c.relname = ANY ($1::pg_catalog.text[]) AND n.nspname <> 'dbwright'
  GROUP BY n.nspname, c.relname, c.oid ORDER BY 1, 2`;

/** Finds histories that other migration tools keep in the database. Only reads. */
export async function otherHistories(session: Session): Promise<readonly OtherHistory[]> {
  const { rows } = await session.query<{ schema: string; table: string; columns: string[]; readable: boolean }>(
    TABLES,
    [[...new Set(KNOWN.map(({ table }) => table))]],
  );
  const found: OtherHistory[] = [];
  for (const { schema, table, columns, readable } of rows) {
    const known = KNOWN.find((one) => one.table === table && one.columns.every((column) => columns.includes(column)));
    if (known === undefined) continue;
    found.push({
      tool: known.tool,
      table: qualified(schema, table),
      schema,
      name: table,
      ran: readable ? await ranBy(session, schema, known) : null,
    });
  }
  return found;
}

async function ranBy(session: Session, schema: string, known: Known): Promise<readonly string[] | null> {
  const from = `${ident(schema)}.${ident(known.table)}`;
  const sql = `SELECT ${known.name}::pg_catalog.text AS name FROM ${from} WHERE ${(known.condition ?? "true").replaceAll("HISTORY", from)} ORDER BY ${known.order}`;
  try {
    return (await session.query<{ name: string }>(sql)).rows.map(({ name }) => name);
  } catch {
    // A later version of the tool that has renamed a column: its history is there all the same.
    return null;
  }
}

/**
 * The migrations of a folder that another tool says it ran: by file name, id, or the version that the id begins with.
 */
export function matchRan<M extends { readonly id: string; readonly file: string }>(
  migrations: readonly M[],
  ran: readonly string[],
): readonly M[] {
  const names = new Set(ran.map((name) => name.replace(/\.(?:up\.)?(?:sql|js|ts|cjs|mjs)$/i, "")));
  const numbers = new Set([...names].filter((name) => /^\d+$/.test(name)).map((name) => name.replace(/^0+(?=\d)/, "")));
  return migrations.filter(({ id, file }) => {
    const version = /^[VvBb]?(\d+)/.exec(id)?.[1]?.replace(/^0+(?=\d)/, "");
    return names.has(id) || names.has(file.replace(/\.sql$/i, "")) || (version !== undefined && numbers.has(version));
  });
}
