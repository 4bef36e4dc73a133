import { catalogOf } from "../model/catalog-view.ts";
import type { Catalog, CatalogObject, ConstraintObject, IndexObject } from "../model/catalog.ts";
import type { Change } from "../model/change.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import type { Dialect } from "../model/statement.ts";
import { parentKeys } from "./bonds.ts";
import { compare, differences } from "./compare.ts";
import type { Comparison } from "./compare.ts";
import { namespacesOf } from "./namespaces.ts";

/*
 * A constraint or an index is what it says: two of one table that say the same are the same, whatever they are
 * called. Giving it the other name spares building it again. (Of tables and columns nobody can say so: they hold
 * rows.)
 */

/** FROM with the names of TO where only those differ, and the changes that give them. */
export interface Renamed {
  readonly comparison: Comparison;
  readonly changes: readonly Change[];
}

type Named = ConstraintObject | IndexObject;

const isNamed = (object: CatalogObject): object is Named =>
  (object.kind === "constraint" && !object.inherited && object.type !== "not null") ||
  (object.kind === "index" && object.constraint === null);

/** Finds constraints and indexes that differ in their name alone. Linear; gives the comparison back where there are none. */
export function withSameNames(comparison: Comparison, dialect: Dialect): Renamed {
  const pairs = pairsOf(comparison, dialect);
  if (pairs.length === 0) return { comparison, changes: [] };
  const { from, to } = comparison;
  const names = new Map<RefKey, string>();
  for (const { before, name } of pairs) {
    names.set(refKey(before), name);
    if (before.kind === "constraint") names.set(refKey({ ...before, kind: "index" }), name);
  }
  const changes = pairs.map(({ before, name }): Change => {
    const { kind, schema, table, signature } = before;
    return { type: "rename", before, to: { kind, schema, table, signature, name } };
  });
  return { comparison: compare(renamedCatalog(from.catalog, names, dialect), to.catalog), changes };
}

function pairsOf({ from, to, gone, come }: Comparison, dialect: Dialect): { before: Named; name: string }[] {
  const candidates = new Map<string, Named[]>();
  for (const object of come.values()) {
    if (!isNamed(object)) continue;
    const place = placeOf(object);
    const known = candidates.get(place);
    if (known === undefined) candidates.set(place, [object]);
    else known.push(object);
  }
  if (candidates.size === 0) return [];
  const parents = new Set([...from.objects.values()].flatMap(parentKeys));
  let taken: Set<string> | null = null;
  const pairs: { before: Named; name: string }[] = [];
  for (const before of gone.values()) {
    if (!isNamed(before)) continue;
    const others = candidates.get(placeOf(before));
    const table = from.objects.get(refKey(ref("table", before.table ?? "", { schema: before.schema })));
    // What hangs together with parts or children has names that hang together, too.
    if (others === undefined || table?.kind !== "table" || parents.has(refKey(table)) || parentKeys(table).length > 0)
      continue;
    if (table.partitionBy !== null || !to.objects.has(refKey(table))) continue;
    const at = others.findIndex((after) => saysTheSame(before, after, dialect));
    const after = others[at];
    if (after === undefined) continue;
    taken ??= new Set([...from.objects.values()].flatMap(namespacesOf));
    const relation = namespacesOf({ ...before, kind: "index", name: after.name } as IndexObject);
    const free = relation.every((name) => taken?.has(name) !== true);
    const sibling = refKey({ ...before, name: after.name });
    if (!free || from.objects.has(sibling)) continue;
    others.splice(at, 1);
    pairs.push({ before, name: after.name });
  }
  return pairs;
}

const placeOf = (object: Named): string => JSON.stringify([object.kind, object.schema, object.table]);

// What may differ is altered afterwards.
const ALTERABLE: ReadonlySet<string> = new Set(["comment", "options", "clustered", "replicaIdentity"]);

function saysTheSame(before: Named, after: Named, dialect: Dialect): boolean {
  return differences(called(before, after.name, dialect), after).every((name) => ALTERABLE.has(name));
}

function called<O extends Named>(object: O, name: string, { ident }: Dialect): O {
  if (object.kind === "constraint") return { ...object, name };
  const definition = object.definition.replace(/^(CREATE (?:UNIQUE )?INDEX )/, "");
  const head = object.definition.slice(0, object.definition.length - definition.length);
  const old = ident(object.name);
  return {
    ...object,
    name,
    definition: head + (definition.startsWith(old) ? ident(name) + definition.slice(old.length) : definition),
  };
}

function renamedCatalog(catalog: Catalog, names: ReadonlyMap<RefKey, string>, dialect: Dialect): Catalog {
  const keys = new Map<RefKey, RefKey>();
  for (const object of catalog.objects) {
    const name = names.get(refKey(object));
    if (name !== undefined) keys.set(refKey(object), refKey({ ...object, name }));
  }
  const objects = catalog.objects.map((object): CatalogObject => {
    const name = names.get(refKey(object));
    const dependsOn = object.dependsOn.some((key) => keys.has(key))
      ? object.dependsOn.map((key) => keys.get(key) ?? key)
      : object.dependsOn;
    if (name === undefined || (object.kind !== "constraint" && object.kind !== "index"))
      return dependsOn === object.dependsOn ? object : { ...object, dependsOn };
    const made = { ...called(object, name, dialect), dependsOn };
    return made.kind === "index" && made.constraint !== null ? { ...made, constraint: name } : made;
  });
  return catalogOf(catalog.engine, objects, catalog.unmodelled);
}
