import type { CatalogView, TableView } from "../model/catalog-view.ts";
import { ownTables } from "./own-tables.ts";
import type { RuleSettings } from "./rule.ts";

/** How a schema tells tenants apart. */
export interface Tenancy {
  readonly column: string;
  /** Whether the project said so; else it was read off the schema. */
  readonly stated: boolean;
  /** The tables that carry the column. */
  readonly tables: readonly TableView[];
}

/** A column is taken for the tenant's only where it is that of at least so many tables. */
const TABLES_MIN = 3;
/** And where row security keeps at least so many of them apart by it. */
const KEPT_APART_MIN = 2;

const carries = (of: TableView, column: string): boolean => of.columns.some(({ name }) => name === column);

function keepsApart({ table, policies }: TableView, column: string): boolean {
  if (!table.rowSecurity.enabled) return false;
  return policies.some((policy) => `${policy.using ?? ""} ${policy.check ?? ""}`.includes(column));
}

// The `*_id` column that most tables carry, never null, all referring to the same table.
function commonColumn(tables: readonly TableView[]): string | null {
  const counts = new Map<string, { readonly column: string; tables: number }>();
  for (const of of tables) {
    const notNull = new Set(of.columns.filter((column) => column.notNull).map(({ name }) => name));
    const here = new Set<string>();
    for (const { type, columns, references } of of.constraints) {
      const [column] = columns;
      if (type !== "foreign key" || references === null || column === undefined || columns.length > 1) continue;
      if (!column.endsWith("_id") || !notNull.has(column)) continue;
      const key = JSON.stringify([column, references.schema, references.table]);
      if (here.has(key)) continue;
      here.add(key);
      counts.set(key, { column, tables: (counts.get(key)?.tables ?? 0) + 1 });
    }
  }
  const [most] = [...counts.values()].toSorted((a, b) => b.tables - a.tables || (a.column < b.column ? -1 : 1));
  const enough = most !== undefined && most.tables >= TABLES_MIN && most.tables * 2 > tables.length;
  return enough ? most.column : null;
}

/**
 * The tenancy of a schema: as the settings state it, else where most tables carry the same reference and
 * policies already keep some of them apart by it. Null where there is none.
 */
export function tenancyOf(view: CatalogView, settings: RuleSettings): Tenancy | null {
  const tables = [...ownTables(view)];
  const stated = settings.tenantColumn;
  const column = stated ?? commonColumn(tables);
  if (column === null) return null;
  const carrying = tables.filter((of) => carries(of, column));
  if (stated === null && carrying.filter((of) => keepsApart(of, column)).length < KEPT_APART_MIN) return null;
  return { column, stated: stated !== null, tables: carrying };
}
