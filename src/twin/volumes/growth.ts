import type { Session } from "../../engines/postgres/driver.ts";
import { softReferences } from "../rows/soft-references.ts";
import type { CatalogView } from "../../model/catalog-view.ts";

/** A table's volume to be stated. Partitions are given one by one; their parent is derived. */
export interface StatedTable {
  readonly schema: string;
  readonly table: string;
  readonly rows: number;
  /** Average width of a row with its header; null to keep what was measured. */
  readonly row_bytes: number | null;
  /** Columns whose most frequent values keep their share however many others there are (the tenant). */
  readonly steadyColumns: readonly string[];
}

/** How much everything grows from the loaded rows to the stated volume. */
export interface Growth {
  readonly tables: ReadonlyMap<number, { readonly factor: number; readonly row_bytes: number | null }>;
  readonly columns: readonly {
    readonly table_oid: number;
    readonly attribute: number;
    /** As in pg_statistic: a count, or when negative a share of the rows. */
    readonly distinct: number;
    /** What the shares of the most common values are multiplied by. */
    readonly share: number;
  }[];
}

interface SeenRelation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly rows: number;
}

interface SeenColumn {
  readonly table_oid: number;
  readonly attribute: number;
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly distinct: number;
  readonly parent_oid: number | null;
}

const COLUMNS = `
  SELECT s.starelid AS table_oid, s.staattnum AS attribute, n.nspname AS schema, c.relname AS table,
         a.attname AS column, max(s.stadistinct)::float8 AS distinct,
         (SELECT h.inhparent FROM pg_inherits AS h WHERE h.inhrelid = c.oid AND c.relispartition) AS parent_oid
    FROM pg_statistic AS s
    JOIN pg_class AS c ON c.oid = s.starelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = s.staattnum
   WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
   GROUP BY s.starelid, s.staattnum, n.nspname, c.relname, a.attname, c.oid, c.relispartition`;

/** Compares what was analysed with what is stated. */
export async function growthOf(
  admin: Session,
  view: CatalogView,
  relations: readonly SeenRelation[],
  stated: readonly StatedTable[],
): Promise<Growth> {
  const byName = new Map(relations.map((relation) => [`${relation.schema}\0${relation.name}`, relation]));
  const tables = new Map<number, { factor: number; row_bytes: number | null }>();
  const steady = new Set<string>();
  for (const { schema, table, rows, row_bytes, steadyColumns } of stated) {
    const relation = byName.get(`${schema}\0${table}`);
    for (const column of steadyColumns) steady.add(`${schema}\0${table}\0${column}`);
    if (relation === undefined || relation.rows <= 0) continue;
    tables.set(relation.oid, { factor: Math.max(1, rows / relation.rows), row_bytes });
  }
  const seen = (await admin.query<SeenColumn>(COLUMNS)).rows;
  const distinct = new DistinctCounts(view, relations, tables, seen);
  const columns = seen.flatMap((column) => {
    const factor = tables.get(column.table_oid)?.factor;
    if (factor === undefined || column.distinct === 0) return [];
    const { next, growth } = distinct.of(column);
    const kept = steady.has(`${column.schema}\0${column.table}\0${column.column}`);
    return [{ table_oid: column.table_oid, attribute: column.attribute, distinct: next, share: kept ? 1 : 1 / growth }];
  });
  return { tables, columns };
}

/**
 * Distinct values at the stated volume. A reference takes as many as its parent then has, by the share of
 * parents that were seen to have children; other columns keep the form ANALYZE gave them, a share of the
 * rows (which grows) or a fixed number (which does not).
 */
class DistinctCounts {
  private readonly view: CatalogView;
  private readonly rows: ReadonlyMap<number, number>;
  private readonly factors: ReadonlyMap<number, { readonly factor: number }>;
  private readonly seen: ReadonlyMap<string, SeenColumn>;

  constructor(
    view: CatalogView,
    relations: readonly SeenRelation[],
    factors: ReadonlyMap<number, { readonly factor: number }>,
    seen: readonly SeenColumn[],
  ) {
    this.view = view;
    this.rows = new Map(relations.map((relation) => [relation.oid, Math.max(0, relation.rows)]));
    this.factors = factors;
    this.seen = new Map(seen.map((column) => [`${column.schema}\0${column.table}\0${column.column}`, column]));
  }

  of(column: SeenColumn, depth = 0): { readonly next: number; readonly growth: number } {
    const own = this.counted(column);
    const parent = depth > 8 ? undefined : this.parentOf(column);
    if (parent === undefined) return { next: column.distinct, growth: 1 };
    const before = this.counted(parent);
    const { next } = this.of(parent, depth + 1);
    const factor = this.factors.get(parent.table_oid)?.factor ?? 1;
    const after = next < 0 ? -next * (this.rows.get(parent.table_oid) ?? 0) * factor : next;
    if (before <= 0 || after <= 0) return { next: column.distinct, growth: 1 };
    const growth = Math.max(1, after / before);
    return { next: Math.max(1, Math.min(own, before) * growth), growth };
  }

  private counted(column: SeenColumn): number {
    return column.distinct < 0 ? -column.distinct * (this.rows.get(column.table_oid) ?? 0) : column.distinct;
  }

  // The referenced column with statistics; a partition's references are those of its parent.
  private parentOf(column: SeenColumn): SeenColumn | undefined {
    const object = this.view.table(column.schema, column.table);
    const of = object?.table.partitionOf ?? null;
    const view = of === null ? object : this.view.table(of.schema, of.table);
    if (view === undefined) return undefined;
    const enforced = view.constraints.flatMap(({ columns, references }) =>
      references === null ? [] : [{ columns, target: references, targetColumns: references.columns }],
    );
    for (const reference of [...enforced, ...softReferences(this.view, view)]) {
      const place = reference.columns.indexOf(column.column);
      const { schema, table } = reference.target;
      const columns = reference.targetColumns;
      if (place < 0 || (schema === column.schema && table === column.table)) continue;
      const found = this.seen.get(`${schema}\0${table}\0${columns[place] ?? ""}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
