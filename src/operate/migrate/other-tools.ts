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
  /** Whether it keeps but the last version, which stands for all before. */
  readonly keepsLast: boolean;
  /** Names or versions of what failed half way, as the tool says. */
  readonly broken: readonly string[];
  /** Further tables of the tool in that schema. */
  readonly beside: readonly string[];
  /** Whether the whole schema is the tool's. */
  readonly ownSchema: boolean;
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
  /** The condition of what failed half way. */
  readonly broken?: string;
  readonly keepsLast?: true;
  /** Tables that it keeps beside the history. */
  readonly beside?: readonly string[];
  /** The schema that it makes for itself alone. */
  readonly ownSchema?: string;
}

// Tables and columns as each tool's own documentation and sources have them.
const KNOWN: readonly Known[] = [
  {
    tool: "Prisma",
    table: "_prisma_migrations",
    columns: ["migration_name", "finished_at", "rolled_back_at"],
    name: "migration_name",
    condition: "finished_at IS NOT NULL AND rolled_back_at IS NULL",
    broken: "finished_at IS NULL AND rolled_back_at IS NULL",
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
    broken: "NOT success",
    order: "installed_rank",
  },
  {
    tool: "Flyway",
    table: "schema_version",
    columns: ["script", "installed_rank", "success", "version", "type"],
    name: "script",
    condition: "success AND script IS NOT NULL",
    broken: "NOT success",
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
  {
    tool: "Knex",
    table: "knex_migrations",
    columns: ["name", "batch"],
    name: "name",
    order: "id",
    beside: ["knex_migrations_lock"],
  },
  { tool: "node-pg-migrate", table: "pgmigrations", columns: ["name", "run_on"], name: "name", order: "id" },
  {
    tool: "TypeORM",
    table: "migrations",
    columns: ["timestamp", "name"],
    name: "name",
    order: "timestamp",
    beside: ["typeorm_metadata"],
  },
  { tool: "Laravel", table: "migrations", columns: ["migration", "batch"], name: "migration", order: "id" },
  {
    tool: "Drizzle",
    table: "__drizzle_migrations",
    columns: ["hash", "created_at"],
    name: "created_at",
    order: "created_at",
    ownSchema: "drizzle",
  },
  { tool: "Sequelize or Umzug", table: "SequelizeMeta", columns: ["name"], name: "name", order: "name" },
  { tool: "sql-migrate", table: "gorp_migrations", columns: ["id", "applied_at"], name: "id", order: "applied_at, id" },
  {
    tool: "Liquibase",
    table: "databasechangelog",
    columns: ["id", "author", "filename", "orderexecuted"],
    name: "id",
    order: "orderexecuted",
    beside: ["databasechangeloglock"],
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
    broken: "dirty",
    order: "version",
    keepsLast: true,
  },
  {
    tool: "Supabase",
    table: "schema_migrations",
    columns: ["version", "statements"],
    name: "version",
    order: "version",
    ownSchema: "supabase_migrations",
  },
  {
    tool: "Rails, dbmate or Ecto",
    table: "schema_migrations",
    columns: ["version"],
    name: "version",
    order: "version",
    beside: ["ar_internal_metadata"],
  },
  {
    tool: "Sqitch",
    table: "changes",
    columns: ["change_id", "change", "project", "planned_at"],
    name: "change",
    order: "committed_at",
    beside: ["dependencies", "events", "projects", "releases", "tags"],
    ownSchema: "sqitch",
  },
  {
    tool: "Kysely",
    table: "kysely_migration",
    columns: ["name", "timestamp"],
    name: "name",
    order: "name",
    beside: ["kysely_migration_lock"],
  },
  { tool: "MikroORM", table: "mikro_orm_migrations", columns: ["name", "executed_at"], name: "name", order: "id" },
  { tool: "Diesel", table: "__diesel_schema_migrations", columns: ["version"], name: "version", order: "version" },
  {
    tool: "sqlx",
    table: "_sqlx_migrations",
    columns: ["version", "success"],
    name: "version",
    condition: "success",
    broken: "NOT success",
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
    ownSchema: "atlas_schema_revisions",
  },
  {
    tool: "pgroll",
    table: "migrations",
    columns: ["name", "migration", "done"],
    name: "name",
    condition: "done",
    broken: "NOT done",
    order: "created_at",
    ownSchema: "pgroll",
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
      ran: readable ? await namesIn(session, schema, known, known.condition ?? "true") : null,
      keepsLast: known.keepsLast === true,
      broken: (readable && known.broken !== undefined && (await namesIn(session, schema, known, known.broken))) || [],
      beside: known.beside ?? [],
      ownSchema: schema === known.ownSchema,
    });
  }
  return found;
}

/** What a history says of its tool's work, as a part of a sentence. */
export function ranText({ ran, keepsLast, broken }: OtherHistory): string {
  const [last] = keepsLast ? (ran ?? []) : [];
  const counted = ran === null || (keepsLast && last === undefined) ? null : `ran ${ran.length} here`;
  const said = last === undefined ? counted : `stands at ${last} here`;
  const failed = broken.length === 0 ? null : `says that ${broken.slice(0, 3).join(", ")} failed half way`;
  return [said, failed].filter((part) => part !== null).join(" and ");
}

async function namesIn(
  session: Session,
  schema: string,
  known: Known,
  condition: string,
): Promise<readonly string[] | null> {
  const from = `${ident(schema)}.${ident(known.table)}`;
  const sql = `SELECT ${known.name}::pg_catalog.text AS name FROM ${from} WHERE ${condition.replaceAll("HISTORY", from)} ORDER BY ${known.order}`;
  try {
    return (await session.query<{ name: string }>(sql)).rows.map(({ name }) => name);
  } catch {
    // A later version of the tool that has renamed a column: its history is there all the same.
    return null;
  }
}

/**
 * The migrations of a folder that another tool says it ran: by file name, id, or the version that the id begins with;
 * with all before it, where the tool keeps but the last.
 */
export function matchRan<M extends { readonly id: string; readonly file: string }>(
  migrations: readonly M[],
  { ran, keepsLast }: { readonly ran: readonly string[]; readonly keepsLast: boolean },
): readonly M[] {
  const found = matched(migrations, ran);
  const last = migrations.findLastIndex((migration) => found.includes(migration));
  return keepsLast ? migrations.slice(0, last + 1) : found;
}

function matched<M extends { readonly id: string; readonly file: string }>(
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
