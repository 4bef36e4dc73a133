import type { ConstraintObject } from "../model/catalog.ts";
import type { CatalogView, TableView } from "../model/catalog-view.ts";

/** A foreign key read as a relationship between two tables. */
export interface Relationship {
  readonly constraint: ConstraintObject;
  readonly child: TableView;
  readonly parent: TableView;
  readonly columns: readonly string[];
  readonly parentColumns: readonly string[];
  /** Every child row has a parent: no referencing column admits null (MATCH SIMPLE checks nothing otherwise). */
  readonly required: boolean;
  /** A parent row has at most one child: a key of the child lies within the referencing columns. */
  readonly one: boolean;
  /** Who declares it: the table itself, or its partitions one by one (each of them, or only some). */
  readonly declaredBy: "table" | "every partition" | "some partitions";
}

/** A foreign key that leads out of the catalog, or to a table that is not shown. */
export interface DanglingReference {
  readonly constraint: ConstraintObject;
  readonly child: TableView;
}

/** The tables people think of (partitions are part of their parent) and how they relate. */
export interface Relationships {
  readonly tables: readonly TableView[];
  /** In the order of `tables`, then by constraint name. */
  readonly all: readonly Relationship[];
  readonly dangling: readonly DanglingReference[];
  /** How many partitions each partitioned table has, at all depths, by {@link tableId}. */
  readonly partitions: ReadonlyMap<string, number>;
}

/** A key for maps over tables. */
export function tableId(of: { readonly schema: string | null; readonly name: string }): string {
  return JSON.stringify([of.schema, of.name]);
}

const subset = (inner: readonly string[], outer: readonly string[]): boolean =>
  inner.every((name) => outer.includes(name));

/** The column sets that no two rows share: primary key, unique constraints and plain unique indexes. */
export function uniqueColumnSets(view: TableView): readonly (readonly string[])[] {
  const sets: (readonly string[])[] = [];
  for (const constraint of view.constraints) {
    if (constraint.type === "primary key" || constraint.type === "unique") sets.push(constraint.columns);
  }
  for (const index of view.indexes) {
    const columns = index.keys.map((key) => key.column);
    const plain = index.unique && index.valid && index.predicate === null && index.constraint === null;
    if (plain && columns.every((column) => column !== null)) sets.push(columns);
  }
  return sets.filter((set) => set.length > 0);
}

/** Whether a column never holds null, by itself or as part of the primary key. */
export function neverNull(view: TableView, column: string): boolean {
  if (view.primaryKey?.columns.includes(column) === true) return true;
  return view.columns.find((candidate) => candidate.name === column)?.notNull === true;
}

function rootOf(catalog: CatalogView, table: TableView): TableView {
  let root = table;
  // The bound keeps a malformed catalog (a partition of itself) from hanging the walk.
  for (let depth = 0; depth < 64; depth++) {
    const above = root.table.partitionOf;
    const next = above === null ? undefined : catalog.table(above.schema, above.table);
    if (next === undefined) return root;
    root = next;
  }
  return table;
}

const shapeOf = (constraint: ConstraintObject): string => JSON.stringify([constraint.columns, constraint.references]);

interface Declared {
  readonly constraint: ConstraintObject;
  readonly by: Relationship["declaredBy"];
}

// The foreign keys of a table and those that its leaf partitions declare for themselves, each once.
function foreignKeysOf(table: TableView, leaves: readonly TableView[]): readonly Declared[] {
  const foreignKeys = (of: TableView): ConstraintObject[] =>
    of.constraints.filter((constraint) => constraint.type === "foreign key");
  const own = foreignKeys(table);
  const known = new Set(own.map(shapeOf));
  const counted = new Map<string, { readonly constraint: ConstraintObject; readonly leaves: Set<TableView> }>();
  for (const leaf of leaves) {
    for (const constraint of foreignKeys(leaf)) {
      const shape = shapeOf(constraint);
      if (known.has(shape)) continue;
      const entry = counted.get(shape) ?? { constraint, leaves: new Set() };
      entry.leaves.add(leaf);
      counted.set(shape, entry);
    }
  }
  return [
    ...own.map((constraint): Declared => ({ constraint, by: "table" })),
    ...[...counted.values()].map((entry): Declared => ({
      constraint: entry.constraint,
      by: entry.leaves.size === leaves.length ? "every partition" : "some partitions",
    })),
  ];
}

/** Reads the foreign keys of a catalog as relationships, with partitions folded into their table. */
export function relationshipsOf(catalog: CatalogView): Relationships {
  const partitions = new Map<string, number>();
  const leaves = new Map<string, TableView[]>();
  const tables: TableView[] = [];
  for (const view of catalog.tables) {
    const root = rootOf(catalog, view);
    if (root === view) {
      tables.push(view);
      continue;
    }
    const id = tableId(root.table);
    partitions.set(id, (partitions.get(id) ?? 0) + 1);
    if (view.table.partitionBy === null) leaves.set(id, [...(leaves.get(id) ?? []), view]);
  }
  const all: Relationship[] = [];
  const dangling: DanglingReference[] = [];
  for (const child of tables) {
    for (const { constraint, by } of foreignKeysOf(child, leaves.get(tableId(child.table)) ?? [])) {
      const target = constraint.references;
      const found = target === null ? undefined : catalog.table(target.schema, target.table);
      if (target === null || found === undefined) {
        dangling.push({ constraint, child });
        continue;
      }
      all.push({
        constraint,
        child,
        parent: rootOf(catalog, found),
        columns: constraint.columns,
        parentColumns: target.columns,
        required: by !== "some partitions" && constraint.columns.every((column) => neverNull(child, column)),
        one: uniqueColumnSets(child).some((set) => subset(set, constraint.columns)),
        declaredBy: by,
      });
    }
  }
  return { tables, all, dangling, partitions };
}

/** A table that most others point to with the same column: the tenant, as a rule. */
export interface Hub {
  readonly table: TableView;
  /** The referencing column, the same in all tables. */
  readonly column: string;
  readonly relationships: readonly Relationship[];
}

// Below five lines nothing is hidden by them; from 60 % of the tables on they connect everything with everything.
const HUB_LINES_MIN = 5;
const HUB_SHARE_MIN = 0.6;

/**
 * Finds the table that at least 60 % of the other tables (and at least five) reference by a single column of
 * one name. Both thresholds are ours, chosen by looking at diagrams of 10 to 30 tables. Null when there is none.
 */
export function hubOf(relationships: Relationships): Hub | null {
  const groups = new Map<string, Relationship[]>();
  for (const relationship of relationships.all) {
    const [column, ...more] = relationship.columns;
    if (column === undefined || more.length > 0 || relationship.child === relationship.parent) continue;
    const key = JSON.stringify([tableId(relationship.parent.table), column]);
    groups.set(key, [...(groups.get(key) ?? []), relationship]);
  }
  const largest = [...groups.values()].toSorted((a, b) => b.length - a.length)[0];
  const first = largest?.[0];
  if (largest === undefined || first === undefined) return null;
  const share = largest.length / Math.max(1, relationships.tables.length - 1);
  if (largest.length < HUB_LINES_MIN || share < HUB_SHARE_MIN) return null;
  return { table: first.parent, column: first.columns[0] ?? "", relationships: largest };
}
