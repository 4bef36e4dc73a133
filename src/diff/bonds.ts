import type { CatalogObject } from "../model/catalog.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import type { Side } from "./compare.ts";

/*
 * Bonds that an object's `dependsOn` does not say: a child table's columns and constraints come from its
 * parents', and an owned sequence goes with the column that owns it.
 */

const tableKey = (schema: string | null, name: string): RefKey => refKey(ref("table", name, { schema }));

/** The keys of the tables that a table is a partition of or inherits from. */
export function parentKeys(object: CatalogObject | undefined): readonly RefKey[] {
  if (object?.kind !== "table") return [];
  if (object.partitionOf !== null) return [tableKey(object.partitionOf.schema, object.partitionOf.table)];
  return object.inherits.map((parent) => tableKey(parent.schema, parent.table));
}

/** The key of the table (or view) that an object hangs on, or null. */
export function holderKey(object: CatalogObject, side: Side): RefKey | null {
  if (object.table === null) return null;
  const table = tableKey(object.schema, object.table);
  if (side.objects.has(table)) return table;
  const view = refKey(ref("view", object.table, { schema: object.schema }));
  return side.objects.has(view) ? view : table;
}

/** The key of the table that the column or constraint at a key hangs on. */
export function holderTable(key: RefKey): RefKey {
  return key.replace(/^(?:column|constraint) (.*)\.(?:[^".]+|"(?:[^"]|"")*")$/s, "table $1");
}

/** The keys of the parents' columns or constraints that one of a child table comes from or is merged with. */
export function sourcesOf(object: CatalogObject, side: Side): readonly RefKey[] {
  if ((object.kind !== "column" && object.kind !== "constraint") || object.table === null) return [];
  const parents = parentKeys(side.objects.get(tableKey(object.schema, object.table)));
  return parents
    .map((parent) => {
      const table = side.objects.get(parent);
      return refKey(ref(object.kind, object.name, { schema: table?.schema ?? null, table: table?.name ?? null }));
    })
    .filter((key) => side.objects.has(key));
}

/** Looks up what is bound to the object at a key: heirs of a column or constraint, sequences that a column owns. */
export function bondsOf(side: Side): (key: RefKey) => readonly RefKey[] {
  let bonds: Map<RefKey, RefKey[]> | null = null;
  return (key) => {
    bonds ??= allBonds(side);
    return bonds.get(key) ?? [];
  };
}

function allBonds(side: Side): Map<RefKey, RefKey[]> {
  const bonds = new Map<RefKey, RefKey[]>();
  const bind = (to: RefKey, key: RefKey): void => {
    const known = bonds.get(to);
    if (known === undefined) bonds.set(to, [key]);
    else known.push(key);
  };
  for (const [key, object] of side.objects) {
    if (object.kind === "sequence" && object.ownedBy !== null) {
      const { schema, table, column } = object.ownedBy;
      bind(refKey(ref("column", column, { schema, table })), key);
    } else if (object.kind === "column" || (object.kind === "constraint" && object.inherited)) {
      for (const source of sourcesOf(object, side)) bind(source, key);
    }
  }
  return bonds;
}

/**
 * The key of the range that a function makes the values of canonical: it takes the range, which is defined with it, so
 * that both come and go together. Null for any other object.
 */
export function ownRange(object: CatalogObject, objects: ReadonlyMap<RefKey, CatalogObject>): RefKey | null {
  if (object.kind !== "function") return null;
  const own = refKey(object);
  return (
    object.dependsOn.find((key) => key.startsWith("range ") && objects.get(key)?.dependsOn.includes(own) === true) ??
    null
  );
}
