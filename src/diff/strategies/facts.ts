import type { Catalog, CatalogObject, ColumnObject, IndexObject } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import { UnprintableChange } from "../../model/change.ts";
import type { Change } from "../../model/change.ts";
import type { Batch, Phase } from "../../model/plan.ts";
import { ref, refKey } from "../../model/ref.ts";
import type { RefKey } from "../../model/ref.ts";
import type { StrategyContext, StrategyStep } from "../strategy.ts";
import { inverse } from "../undo.ts";

// Every change of a plan is looked at against the same two catalogs.
const VIEWS = new WeakMap<Catalog, CatalogView>();
const DEPENDENTS = new WeakMap<Catalog, ReadonlyMap<RefKey, readonly CatalogObject[]>>();

/** The nested reading of a catalog, made once. */
export function viewed(catalog: Catalog): CatalogView {
  let view = VIEWS.get(catalog);
  if (view === undefined) {
    view = viewOf(catalog);
    VIEWS.set(catalog, view);
  }
  return view;
}

/** The objects that need the one at `key` to exist, in catalog order. */
export function dependentsOf(catalog: Catalog, key: RefKey): readonly CatalogObject[] {
  let known = DEPENDENTS.get(catalog);
  if (known === undefined) {
    const map = new Map<RefKey, CatalogObject[]>();
    for (const object of catalog.objects) {
      for (const need of object.dependsOn) {
        const list = map.get(need);
        if (list === undefined) map.set(need, [object]);
        else list.push(object);
      }
    }
    known = map;
    DEPENDENTS.set(catalog, known);
  }
  return known.get(key) ?? [];
}

const HELD = new WeakMap<Catalog, ReadonlyMap<RefKey, readonly CatalogObject[]>>();

/** What hangs on a table, the sequences that its columns own included, in catalog order. */
export function heldBy(catalog: Catalog, table: RefKey): readonly CatalogObject[] {
  let known = HELD.get(catalog);
  if (known === undefined) {
    const map = new Map<RefKey, CatalogObject[]>();
    for (const object of catalog.objects) {
      const owner = object.kind === "sequence" ? object.ownedBy : object;
      if (owner === null || owner.table === null) continue;
      const key = refKey(ref("table", owner.table, { schema: owner.schema }));
      const list = map.get(key);
      if (list === undefined) map.set(key, [object]);
      else list.push(object);
    }
    known = map;
    HELD.set(catalog, known);
  }
  return known.get(table) ?? [];
}

/** The objects that hang on the one at `key` and stay where they are while it is changed. */
export function stayingDependents(context: StrategyContext, key: RefKey): readonly CatalogObject[] {
  const { gone } = context;
  const all = dependentsOf(context.from, key);
  return gone === undefined ? all : all.filter((object) => !gone.has(refKey(object)));
}

/** The table an object hangs on, as the database holds it before the plan; undefined for one that the plan creates. */
export function tableOf(context: StrategyContext, object: CatalogObject): TableView | undefined {
  return viewed(context.from).table(object.schema, object.kind === "table" ? object.name : (object.table ?? ""));
}

/**
 * Whether nobody would wait long for a statement that reads or writes the whole table: the plan itself creates
 * it, or it is known to be small. A table of unknown size may be large.
 */
export function isSettled(context: StrategyContext, object: CatalogObject): boolean {
  const name = object.kind === "table" ? object.name : (object.table ?? "");
  if (context.created.has(refKey(ref("table", name, { schema: object.schema })))) return true;
  const view = viewed(context.from).table(object.schema, name);
  if (view === undefined && holdsRows(context, object.schema, name)) return false;
  // What another server holds is not locked here.
  if (view === undefined || view.table.foreign !== undefined) return true;
  const known = context.statistics?.tables.find((one) => one.schema === object.schema && one.table === name);
  return known !== undefined && known.rows !== null && known.rows <= context.smallRowsMax;
}

// A materialised view that is there before the plan and is not made anew by it.
function holdsRows(context: StrategyContext, schema: string | null, name: string): boolean {
  const key = refKey(ref("view", name, { schema }));
  const found = viewed(context.from).get(key);
  return found?.kind === "view" && found.materialised && !context.created.has(key);
}

/** Whether rows of the table lie in other tables, too, or it is itself a part of another. */
export function hasRelatives(view: TableView, context: StrategyContext): boolean {
  const { table } = view;
  if (table.partitionBy !== null || table.partitionOf !== null || table.inherits.length > 0) return true;
  return dependentsOf(context.from, refKey(table)).some(
    (other) =>
      other.kind === "table" &&
      (other.inherits.some((parent) => parent.schema === table.schema && parent.table === table.name) ||
        (other.partitionOf?.schema === table.schema && other.partitionOf.table === table.name)),
  );
}

function isRowKey(index: IndexObject, columns: readonly ColumnObject[]): boolean {
  if (!index.unique || !index.valid || index.predicate !== null || index.method !== "btree") return false;
  return index.keys.every(
    (key) => key.column !== null && columns.some((column) => column.name === key.column && column.notNull),
  );
}

/**
 * How the rows of a table are cut into slices: by its primary key, else by a unique index over columns that
 * are never null; null where it has neither, so that one statement must do all rows.
 */
export function batchOf(view: TableView): Batch | null {
  const { schema, name } = view.table;
  if (schema === null) return null;
  const primary = view.primaryKey;
  if (primary !== null) return { schema, table: name, key: primary.columns };
  const index = view.indexes.find((one) => isRowKey(one, view.columns));
  return index === undefined ? null : { schema, table: name, key: index.keys.map((key) => key.column ?? "") };
}

/** What to say of a backfill without a key to slice it by; null where there is one. */
export function batchNote(view: TableView): string | null {
  return batchOf(view) === null
    ? `${view.table.name} has no unique key without nulls: all rows are written by one statement, in one transaction`
    : null;
}

/** `schema.table` of the table that an object is or hangs on. */
export function tableName(context: StrategyContext, object: CatalogObject): string {
  return context.dialect.qualified(object.schema, object.kind === "table" ? object.name : (object.table ?? ""));
}

/** The statements of a change as text, or null where no statement makes it. */
export function directSql(change: Change, context: StrategyContext): readonly string[] | null {
  try {
    return context.dialect.change(change, context.from).map(({ sql }) => sql);
  } catch (error) {
    if (error instanceof UnprintableChange) return null;
    throw error;
  }
}

/** The part of an alteration that concerns only `properties`; null when nothing of it does. */
export function narrowed(change: Change, properties: readonly string[]): Change | null {
  if (change.type !== "alter") return null;
  const kept = change.properties.filter((property) => properties.includes(property));
  if (kept.length === 0) return null;
  const patch: Record<string, unknown> = {};
  for (const property of kept) patch[property] = (change.after as unknown as Record<string, unknown>)[property];
  return { ...change, after: { ...change.before, ...patch } as CatalogObject, properties: kept };
}

/** Steps that print a change directly. The first holds the undo of them all, as they belong together. */
export function directSteps(
  change: Change | null,
  context: StrategyContext,
  as: Pick<StrategyStep, "compatible"> & { readonly phase: Phase; readonly together: string },
): StrategyStep[] {
  if (change === null) return [];
  const undo = directSql(inverse(change), context);
  return context.dialect.change(change, context.from).map(({ sql, transactional }, index) => ({
    sql,
    undo: index === 0 ? undo : [],
    phase: as.phase,
    compatible: as.compatible,
    ...(transactional ? { together: as.together } : { transactional: false }),
  }));
}

/** Old and new application code both work. */
export const BOTH: StrategyStep["compatible"] = { old: true, new: true };
/** Only code written for the schema before the change works, or code that does without the change. */
export const OLD_ONLY: StrategyStep["compatible"] = { old: true, new: false };
/** Code written for the schema before the change may fail. */
export const NEW_ONLY: StrategyStep["compatible"] = { old: false, new: true };
