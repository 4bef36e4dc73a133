import type { Catalog, CatalogObject, ColumnObject } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import type { Change } from "../../model/change.ts";
import { ref, refKey } from "../../model/ref.ts";
import type { RefKey } from "../../model/ref.ts";
import { qualified } from "../../sql/identifier.ts";

interface Lookup {
  readonly view: CatalogView;
  readonly dependents: ReadonlyMap<RefKey, readonly CatalogObject[]>;
}

// Many changes are looked at against one catalog.
const LOOKUPS = new WeakMap<Catalog, Lookup>();

function lookupOf(catalog: Catalog): Lookup {
  const known = LOOKUPS.get(catalog);
  if (known !== undefined) return known;
  const dependents = new Map<RefKey, CatalogObject[]>();
  for (const object of catalog.objects) {
    for (const need of object.dependsOn) {
      const list = dependents.get(need);
      if (list === undefined) dependents.set(need, [object]);
      else list.push(object);
    }
  }
  const lookup = { view: viewOf(catalog), dependents };
  LOOKUPS.set(catalog, lookup);
  return lookup;
}

// The server itself takes these along when a column's type changes (ATRememberAllDependentForRebuilding).
const FOLLOWS_TYPE: ReadonlySet<string> = new Set(["index", "constraint", "sequence", "statistics", "grant", "column"]);

const bare = (type: string): string => type.replace(/\([^)]*\)/, "");

function disturbedByType(before: ColumnObject, after: ColumnObject, { dependents }: Lookup): RefKey[] {
  const sameType = bare(before.type) === bare(after.type);
  return (dependents.get(refKey(before)) ?? [])
    .filter((other) => {
      // A foreign key compares two columns: between the change of one and of the other it may not fit.
      if (other.kind === "constraint") return other.type === "foreign key" && !sameType;
      if (other.kind === "column") return other.generated !== null;
      // The server makes them anew without their target.
      if (other.kind === "statistics") return other.target !== null;
      // The operator class was chosen for the type.
      if (other.kind === "index") return !sameType && other.keys.some((one) => one.opclass !== null);
      return !FOLLOWS_TYPE.has(other.kind);
    })
    .map(refKey);
}

// What kinds print as "drop, then create": objects that hang on it would stand in the way.
const REBUILT: Readonly<Record<string, readonly string[]>> = {
  index: ["definition", "method", "unique", "nullsNotDistinct", "keys", "include", "predicate"],
  constraint: ["definition", "type", "deferrable", "initiallyDeferred"],
};

function hasDependents(object: CatalogObject, { dependents }: Lookup): boolean {
  return (dependents.get(refKey(object)) ?? []).some((other) => {
    const own = other.kind === "index" && object.kind === "constraint" && other.constraint === object.name;
    return own ? (dependents.get(refKey(other)) ?? []).length > 0 : true;
  });
}

/**
 * What must be gone while an alteration runs, itself included where it must be dropped and created: the rules of
 * ALTER TABLE … ALTER COLUMN TYPE ("cannot alter type of a column used by a view or rule", and the like). Also what
 * must be gone while a column is added.
 */
export function disturbedBy(change: Change, catalog: Catalog): readonly RefKey[] {
  const lookup = lookupOf(catalog);
  if (change.type === "create")
    return change.object.kind === "column" && fills(change.object) ? storedRows(change.object, lookup) : [];
  if (change.type !== "alter") return [];
  const { before, after, properties } = change;
  if (before.kind === "column" && after.kind === "column") {
    const retyped = properties.includes("type") || properties.includes("collation");
    return retyped ? [...new Set([...disturbedByType(before, after, lookup), ...storedRows(before, lookup)])] : [];
  }
  const rebuilt = properties.some((name) => REBUILT[before.kind]?.includes(name) === true);
  const part = (before.kind === "index" && before.partitionOf !== null) || before.kind === "constraint";
  if (rebuilt && (hasDependents(before, lookup) || (part && isPart(before, lookup)))) return [refKey(before)];
  return [];
}

// Whether the object is of a partitioned table or of a partition, whose keys and indexes hang together, or is a check
// that parents hand down.
function isPart(object: CatalogObject, { view, dependents }: Lookup): boolean {
  const table = view.table(object.schema, object.table ?? "")?.table;
  if (table === undefined) return false;
  if (table.partitionBy !== null || table.partitionOf !== null) return true;
  if (object.kind !== "constraint" || object.type !== "check") return false;
  const heirs = dependents.get(refKey(table)) ?? [];
  return table.inherits.length > 0 || heirs.some((one) => one.kind === "table" && one.inherits.length > 0);
}

// What stores rows of a table's own type: the server changes the type of a column, or fills a new one, only without.
function storedRows(column: ColumnObject, { dependents }: Lookup): RefKey[] {
  const table = refKey(ref("table", column.table, { schema: column.schema }));
  const type = qualified(column.schema, column.table);
  const views = (dependents.get(table) ?? []).filter((one) => one.kind === "view" && one.materialised);
  return views
    .filter((one) => one.kind === "view" && one.columns.some((own) => own.type.replace(/(?:\[\])+$/, "") === type))
    .map(refKey);
}

// ALTER TABLE … ADD COLUMN gives the rows something (ATExecAddColumn in the server's tablecmds.c).
const fills = (column: ColumnObject): boolean =>
  column.default !== null ||
  column.identity !== null ||
  column.generated !== null ||
  column.dependsOn.some((key) => key.startsWith("domain "));
