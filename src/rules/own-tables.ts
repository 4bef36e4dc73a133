import type { ColumnObject } from "../model/catalog.ts";
import type { CatalogView, TableView } from "../model/catalog-view.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";

/*
 * Which tables a rule speaks of. A partition follows its parent, so only the parent is judged; what a
 * migration tool keeps for itself is not the project's to change.
 */

// Where migration tools and frameworks keep their own history.
const TOOL_TABLES: ReadonlySet<string> = new Set([
  "__diesel_schema_migrations",
  "__drizzle_migrations",
  "__efmigrationshistory",
  "_prisma_migrations",
  "_sqlx_migrations",
  "alembic_version",
  "ar_internal_metadata",
  "databasechangelog",
  "databasechangeloglock",
  "django_migrations",
  "doctrine_migration_versions",
  "flyway_schema_history",
  "gorp_migrations",
  "goose_db_version",
  "knex_migrations",
  "knex_migrations_lock",
  "migrations",
  "pgmigrations",
  "schema_info",
  "schema_migrations",
  "schema_version",
  "sequelizemeta",
  "spatial_ref_sys",
  "typeorm_metadata",
]);

// pg_partman keeps what partitions do not inherit in tables without rows.
const PARTMAN_TEMPLATE = /^template_./;

/** Whether the table is the private record of a migration tool or an extension. */
export function isToolTable({ table }: TableView): boolean {
  if (TOOL_TABLES.has(table.name.toLowerCase())) return true;
  return (
    PARTMAN_TEMPLATE.test(table.name) &&
    (table.schema === "partman" || table.name.startsWith(`template_${table.schema}_`))
  );
}

/** The tables a project designed: neither partitions nor records of tools, nor another server's. */
export function* ownTables(view: CatalogView): Iterable<TableView> {
  for (const table of view.tables) {
    const { partitionOf, foreign } = table.table;
    if (partitionOf === null && foreign === undefined && !isToolTable(table)) yield table;
  }
}

/** The columns of {@link ownTables} that their table itself declares. */
export function* ownColumns(view: CatalogView): Iterable<{ readonly of: TableView; readonly column: ColumnObject }> {
  for (const of of ownTables(view)) {
    for (const column of of.columns) if (!column.inherited) yield { of, column };
  }
}

/** The partitions of each partitioned table, by the key of their parent; those one level below it. */
export function partitionsByParent(view: CatalogView): ReadonlyMap<RefKey, readonly TableView[]> {
  const parts = new Map<RefKey, TableView[]>();
  for (const of of view.tables) {
    const { partitionOf } = of.table;
    if (partitionOf === null) continue;
    const parent = refKey(ref("table", partitionOf.table, { schema: partitionOf.schema }));
    const known = parts.get(parent);
    if (known === undefined) parts.set(parent, [of]);
    else known.push(of);
  }
  return parts;
}
