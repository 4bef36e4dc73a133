import type {
  Catalog,
  CatalogObject,
  ColumnObject,
  ConstraintObject,
  EngineId,
  IndexObject,
  ObjectOf,
  PolicyObject,
  TableObject,
  TriggerObject,
  Unmodelled,
} from "./catalog.ts";
import { refKey } from "./ref.ts";
import type { RefKey } from "./ref.ts";

/** A table with all that hangs on it, in the order people read it. */
export interface TableView {
  readonly table: TableObject;
  /** By position. */
  readonly columns: readonly ColumnObject[];
  readonly primaryKey: ConstraintObject | null;
  readonly constraints: readonly ConstraintObject[];
  /** Includes the indexes behind constraints. */
  readonly indexes: readonly IndexObject[];
  readonly policies: readonly PolicyObject[];
  readonly triggers: readonly TriggerObject[];
}

/** The nested reading of a catalog. Built once in linear time; lookups are constant. */
export interface CatalogView {
  readonly catalog: Catalog;
  readonly tables: readonly TableView[];
  /** The table of that name, or undefined. */
  table(schema: string | null, name: string): TableView | undefined;
  /** The object at that key, or undefined. */
  get(key: RefKey): CatalogObject | undefined;
  /** All objects of one kind, in catalog order. */
  of<K extends CatalogObject["kind"]>(kind: K): readonly ObjectOf<K>[];
}

interface Bucket {
  columns: ColumnObject[];
  constraints: ConstraintObject[];
  indexes: IndexObject[];
  policies: PolicyObject[];
  triggers: TriggerObject[];
}

const tableKey = (schema: string | null, name: string): string => JSON.stringify([schema, name]);

/** Makes the {@link CatalogView} of a catalog. */
export function viewOf(catalog: Catalog): CatalogView {
  const byKey = new Map<RefKey, CatalogObject>();
  const byKind = new Map<string, CatalogObject[]>();
  const buckets = new Map<string, Bucket>();
  const bucket = (object: CatalogObject): Bucket => {
    const key = tableKey(object.schema, object.table ?? "");
    let found = buckets.get(key);
    if (found === undefined) {
      found = { columns: [], constraints: [], indexes: [], policies: [], triggers: [] };
      buckets.set(key, found);
    }
    return found;
  };
  for (const object of catalog.objects) {
    byKey.set(refKey(object), object);
    const same = byKind.get(object.kind);
    if (same === undefined) byKind.set(object.kind, [object]);
    else same.push(object);
    if (object.kind === "column") bucket(object).columns.push(object);
    else if (object.kind === "constraint") bucket(object).constraints.push(object);
    else if (object.kind === "index") bucket(object).indexes.push(object);
    else if (object.kind === "policy") bucket(object).policies.push(object);
    else if (object.kind === "trigger") bucket(object).triggers.push(object);
  }
  const tables = ((byKind.get("table") ?? []) as TableObject[]).map((table): TableView => {
    const own = buckets.get(tableKey(table.schema, table.name));
    return {
      table,
      columns: (own?.columns ?? []).toSorted((a, b) => a.position - b.position),
      primaryKey: own?.constraints.find((constraint) => constraint.type === "primary key") ?? null,
      constraints: own?.constraints ?? [],
      indexes: own?.indexes ?? [],
      policies: own?.policies ?? [],
      triggers: own?.triggers ?? [],
    };
  });
  const byName = new Map(tables.map((view) => [tableKey(view.table.schema, view.table.name), view]));
  return {
    catalog,
    tables,
    table: (schema, name) => byName.get(tableKey(schema, name)),
    get: (key) => byKey.get(key),
    of: <K extends CatalogObject["kind"]>(kind: K) => (byKind.get(kind) ?? []) as ObjectOf<K>[],
  };
}

// Each look at a catalog begins with its keys: to make them once more takes longer than what is done with them.
const KEYS = new WeakMap<Catalog, readonly RefKey[]>();

/** The keys of a catalog's objects, in their order. */
export function keysOf(catalog: Catalog): readonly RefKey[] {
  let keys = KEYS.get(catalog);
  if (keys === undefined) {
    keys = catalog.objects.map(refKey);
    KEYS.set(catalog, keys);
  }
  return keys;
}

/** Builds a catalog: sorts the objects by key and their dependencies, so that equal schemas are equal values. */
export function catalogOf(
  engine: EngineId,
  objects: readonly CatalogObject[],
  unmodelled: readonly Unmodelled[] = [],
): Catalog {
  const keyed = new Map<RefKey, CatalogObject>();
  for (const object of objects) {
    const key = refKey(object);
    if (keyed.has(key)) throw new Error(`two catalog objects share the key ${key}`);
    keyed.set(key, object);
  }
  return catalogOfKeyed(engine, keyed, unmodelled);
}

/** As {@link catalogOf}, of objects by their keys. */
export function catalogOfKeyed(
  engine: EngineId,
  keyed: ReadonlyMap<RefKey, CatalogObject>,
  unmodelled: readonly Unmodelled[] = [],
): Catalog {
  const keys = [...keyed.keys()].toSorted();
  const objects: CatalogObject[] = [];
  for (const key of keys) {
    const object = keyed.get(key);
    if (object === undefined) continue;
    const dependsOn = inOrder(object.dependsOn, key);
    objects.push(dependsOn === object.dependsOn ? object : { ...object, dependsOn });
  }
  const catalog: Catalog = {
    engine,
    objects,
    unmodelled: unmodelled.toSorted((a, b) => `${a.kind} ${a.name}`.localeCompare(`${b.kind} ${b.name}`)),
  };
  KEYS.set(catalog, keys);
  return catalog;
}

/**
 * What the object at a key needs: sorted, each once, and without itself. The given list where it is so already: of
 * eighty thousand objects, copying each shows in the profile.
 */
export function inOrder(needs: readonly RefKey[], key: RefKey): readonly RefKey[] {
  let last: RefKey | null = null;
  for (const need of needs) {
    if (need === key || (last !== null && last >= need)) {
      const sorted = needs.toSorted();
      return sorted.filter((one, at) => one !== key && one !== sorted[at - 1]);
    }
    last = need;
  }
  return needs;
}
