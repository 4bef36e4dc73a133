import { keysOf } from "../model/catalog-view.ts";
import type { Catalog, CatalogObject, ConstraintObject, IndexObject } from "../model/catalog.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import { leftOutKeys } from "./left-out.ts";

/** One of the two catalogs, with what is looked up in it again and again. */
export interface Side {
  readonly catalog: Catalog;
  readonly objects: ReadonlyMap<RefKey, CatalogObject>;
  /** Keys of the objects that need the one at a key, in catalog order. */
  dependents(key: RefKey): readonly RefKey[];
}

/** An object that is on both sides and differs. */
export interface Changed {
  readonly key: RefKey;
  readonly before: CatalogObject;
  readonly after: CatalogObject;
  /** What differs, sorted. */
  readonly properties: readonly string[];
}

/** What differs between two catalogs, fact by fact. */
export interface Comparison {
  readonly from: Side;
  readonly to: Side;
  readonly gone: ReadonlyMap<RefKey, CatalogObject>;
  readonly come: ReadonlyMap<RefKey, CatalogObject>;
  readonly changed: ReadonlyMap<RefKey, Changed>;
  /** The way back: `from` is what the plan leads to. */
  readonly isUndo?: true;
}

const NONE: readonly RefKey[] = [];

/** Makes the {@link Side} of a catalog; linear, once somebody looks something up. */
export function sideOf(catalog: Catalog): Side {
  let objects: ReadonlyMap<RefKey, CatalogObject> | null = null;
  let dependents: Map<RefKey, RefKey[]> | null = null;
  return {
    catalog,
    // Between equal catalogs nobody does.
    get objects() {
      return (objects ??= byKey(catalog));
    },
    dependents(key) {
      dependents ??= reversed(this.objects);
      return dependents.get(key) ?? NONE;
    },
  };
}

function byKey(catalog: Catalog): ReadonlyMap<RefKey, CatalogObject> {
  const objects = new Map<RefKey, CatalogObject>();
  const keys = keysOf(catalog);
  for (const [at, object] of catalog.objects.entries()) objects.set(keys[at] ?? refKey(object), object);
  return objects;
}

function reversed(objects: ReadonlyMap<RefKey, CatalogObject>): Map<RefKey, RefKey[]> {
  const dependents = new Map<RefKey, RefKey[]>();
  for (const [key, object] of objects) {
    for (const need of object.dependsOn) {
      const known = dependents.get(need);
      if (known === undefined) dependents.set(need, [key]);
      else known.push(key);
    }
  }
  return dependents;
}

// Addresses are equal by construction; the rest follows from other facts and is changed by changing those.
const NOT_COMPARED: ReadonlySet<string> = new Set([
  "kind",
  "schema",
  "table",
  "name",
  "signature",
  "dependsOn",
  "inherited",
  "position",
]);

/** Whether two values of a property are the same. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [names, others] = [Object.keys(a), Object.keys(b)];
  const [was, is] = [a, b] as unknown as readonly [
    Readonly<Record<string, unknown>>,
    Readonly<Record<string, unknown>>,
  ];
  return names.length === others.length && names.every((name, at) => name === others[at] && equal(was[name], is[name]));
}

/** Names of the properties in which two objects of one kind differ, sorted; what only echoes others is left out. */
export function differences(before: CatalogObject, after: CatalogObject): string[] {
  const was = before as unknown as Readonly<Record<string, unknown>>;
  const is = after as unknown as Readonly<Record<string, unknown>>;
  const found: string[] = [];
  const names = Object.keys(was);
  for (const name of names) {
    const [a, b] = [was[name], is[name]];
    if (a !== b && !NOT_COMPARED.has(name) && !equal(a, b)) found.push(name);
  }
  // That TO never filled a materialised view is no wish to empty it.
  const others = Object.keys(is);
  for (let at = 0; at < others.length; at++) {
    const name = others[at] ?? "";
    if (name !== names[at] && !(name in was) && is[name] !== undefined && name !== "populated") found.push(name);
  }
  if (found.length === 0) return found;
  return withoutEchoes(before, after, found).toSorted();
}

const CONSTRAINT_ECHOES: ReadonlySet<string> = new Set(["columns", "references", "expression"]);
const INDEX_MEANING: readonly string[] = ["method", "unique", "nullsNotDistinct", "keys", "include", "predicate"];

// A text that says the whole (`definition`) says again what single properties say.
function withoutEchoes(before: CatalogObject, after: CatalogObject, found: readonly string[]): readonly string[] {
  if (before.kind === "constraint" && after.kind === "constraint") return constraintDifferences(before, after, found);
  if (before.kind === "index" && after.kind === "index") return indexDifferences(before, after, found);
  return found;
}

function constraintDifferences(
  before: ConstraintObject,
  after: ConstraintObject,
  found: readonly string[],
): readonly string[] {
  const rest = found.filter((name) => !CONSTRAINT_ECHOES.has(name));
  // Storage parameters and tablespace belong to the index behind the constraint and are changed there.
  const plain = (one: ConstraintObject): string =>
    one.definition.replace(/ USING INDEX TABLESPACE \S+/, "").replace(/ WITH \([^)]*\)/, "");
  return rest.filter((name) => name !== "definition" || plain(before) !== plain(after) || before.type === "check");
}

function indexDifferences(before: IndexObject, after: IndexObject, found: readonly string[]): readonly string[] {
  if (found.some((name) => INDEX_MEANING.includes(name))) return found;
  // Where no property that the text is made of differs, only storage parameters can.
  return found.includes("options") || found.includes("tablespace")
    ? found.filter((name) => name !== "definition")
    : found;
}

/** Compares two catalogs. Linear. Equal catalogs, in whatever order of their objects, have no difference. */
export function compare(from: Catalog, to: Catalog): Comparison {
  const a = sideOf(from);
  const b = from === to ? a : sideOf(to);
  const gone = new Map<RefKey, CatalogObject>();
  const come = new Map<RefKey, CatalogObject>();
  const changed = new Map<RefKey, Changed>();
  const kept = leftOutKeys(a, to);
  const [keys, others] = [keysOf(from), keysOf(to)];
  for (const [at, before] of from.objects.entries()) {
    const key = keys[at] ?? refKey(before);
    // Nearly always the other side has the object at the same place.
    const after = others[at] === key ? to.objects[at] : b.objects.get(key);
    if (after === undefined) {
      if (mayGo(before) && !kept.has(key)) gone.set(key, before);
      continue;
    }
    if (after === before) continue;
    const properties = withoutAttachment(before, differences(before, after), a, b);
    if (properties.length > 0) changed.set(key, { key, before, after, properties });
  }
  for (const [at, after] of to.objects.entries()) {
    const key = others[at] ?? refKey(after);
    if (keys[at] !== key && !a.objects.has(key)) come.set(key, after);
  }
  return { from: a, to: b, gone, come, changed };
}

/** Whether a comparison found nothing. */
export function isAlike({ gone, come, changed }: Comparison): boolean {
  return gone.size === 0 && come.size === 0 && changed.size === 0;
}

// An index is attached and detached along with its table.
function withoutAttachment(index: CatalogObject, properties: readonly string[], a: Side, b: Side): readonly string[] {
  if (index.kind !== "index" || !properties.includes("partitionOf")) return properties;
  const table = refKey(ref("table", index.table ?? "", { schema: index.schema }));
  const [was, is] = [a.objects.get(table), b.objects.get(table)];
  const moves = was?.kind === "table" && is?.kind === "table" && !equal(was.partitionOf, is.partitionOf);
  return moves ? properties.filter((name) => name !== "partitionOf") : properties;
}

// Roles belong to the cluster, where others may need them; `public` is listed only where something needs it.
function mayGo(object: CatalogObject): boolean {
  return object.kind !== "role" && !(object.kind === "schema" && object.name === "public");
}
