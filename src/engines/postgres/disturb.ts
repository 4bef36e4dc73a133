import type { Catalog, CatalogObject, ColumnObject, CompositeObject, DomainObject } from "../../model/catalog.ts";
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
  if (before.kind === "domain" && after.kind === "domain")
    return asksMore(before, after) ? storedInside(before, lookup, false) : [];
  if (before.kind === "composite" && after.kind === "composite")
    return retypes(before, after) ? storedInside(before, lookup, true) : [];
  // Columns and functions name its multirange type.
  if (before.kind === "range" && properties.includes("options")) return [refKey(before)];
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

// Whether values that are there have to be looked at.
function asksMore(before: DomainObject, after: DomainObject): boolean {
  const known = new Set(before.checks.filter(({ validated }) => validated).map(({ definition }) => definition));
  return (
    (after.notNull && !before.notNull) ||
    after.checks.some(({ definition, validated }) => validated && !known.has(definition))
  );
}

const retypes = (before: CompositeObject, after: CompositeObject): boolean =>
  before.attributes.some((was) =>
    after.attributes.some((is) => is.name === was.name && (is.type !== was.type || is.collation !== was.collation)),
  );

const withoutArray = (type: string): string => type.replace(/(?:\[\])+$/, "");

/**
 * What stores values of a type inside others (arrays, composite types, rows of tables), where the server does not look
 * for them and refuses the change (find_composite_type_dependencies in its tablecmds.c): materialised views, which are
 * built again, or the type itself, where tables do. `whole`: values that are stored by themselves count as well.
 */
function storedInside(type: CatalogObject, { view }: Lookup, whole: boolean): RefKey[] {
  const own = qualified(type.schema, type.name);
  const plain = new Set([own]);
  const inside = new Set(whole ? [own] : []);
  const holds = (one: string): boolean =>
    inside.has(withoutArray(one)) || (one !== withoutArray(one) && plain.has(withoutArray(one)));
  const members = membersOf(view);
  for (let size = -1; size < plain.size + inside.size;) {
    size = plain.size + inside.size;
    for (const domain of view.of("domain"))
      if (plain.has(domain.type)) plain.add(qualified(domain.schema, domain.name));
      else if (holds(domain.type)) inside.add(qualified(domain.schema, domain.name));
    for (const [name, types] of members) if (types.some((one) => plain.has(one) || holds(one))) inside.add(name);
  }
  if (view.of("column").some((one) => holds(one.type))) return [refKey(type)];
  return view
    .of("view")
    .filter((one) => one.materialised && one.columns.some((column) => holds(column.type)))
    .map(refKey);
}

// The types that make up a row: of composite types, tables and views, by name; and what a range stands on.
function membersOf(view: CatalogView): ReadonlyMap<string, readonly string[]> {
  const members = new Map<string, string[]>();
  const add = (object: Pick<CatalogObject, "schema" | "name">, types: readonly string[]): void => {
    const name = qualified(object.schema, object.name);
    const known = members.get(name);
    if (known === undefined) members.set(name, [...types]);
    else known.push(...types);
  };
  for (const one of view.of("composite"))
    add(
      one,
      one.attributes.map(({ type }) => type),
    );
  for (const one of view.of("view"))
    add(
      one,
      one.columns.map(({ type }) => type),
    );
  for (const one of view.of("range")) add(one, [one.subtype]);
  for (const { schema, table, type } of view.of("column")) add({ schema, name: table }, [type]);
  return members;
}
