import type { Catalog, CatalogObject, DefaultPrivilegesObject, GrantObject } from "../model/catalog.ts";
import type { Change } from "../model/change.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";

/*
 * Two things that privileges do behind one's back: a REVOKE on a table takes the same rights on its columns along
 * (the manual's page on REVOKE), and default privileges give rights on whatever is created.
 */

/** The key of the grant on the table to the same grantee; null for what is no grant on a column. */
export function tableGrantKey(object: CatalogObject): RefKey | null {
  if (object.kind !== "grant" || object.table === null) return null;
  return refKey(ref("grant", object.table, { schema: object.schema, signature: `table to ${object.grantee}` }));
}

const ON_COLUMNS = new WeakMap<Catalog, ReadonlyMap<RefKey, readonly CatalogObject[]>>();

/** The grants on columns of a catalog that a REVOKE on their table from the same grantee may take along. */
export function columnGrants(catalog: Catalog, table: GrantObject): readonly CatalogObject[] {
  let known = ON_COLUMNS.get(catalog);
  if (known === undefined) {
    const map = new Map<RefKey, CatalogObject[]>();
    for (const object of catalog.objects) {
      const whole = tableGrantKey(object);
      if (whole !== null) map.set(whole, [...(map.get(whole) ?? []), object]);
    }
    known = map;
    ON_COLUMNS.set(catalog, known);
  }
  return known.get(refKey(table)) ?? [];
}

/** Whether changing a grant takes a privilege away. */
export function takesAway(before: CatalogObject, after: CatalogObject): boolean {
  if (before.kind !== "grant" || after.kind !== "grant") return false;
  return before.privileges.some((privilege) => !after.privileges.includes(privilege));
}

const DEFAULTS: Readonly<Record<string, DefaultPrivilegesObject["on"]>> = {
  table: "tables",
  sequence: "sequences",
  function: "functions",
  type: "types",
  schema: "schemas",
};

/** Both sides of a plan: default privileges that go are gone before anything is created, and new ones come last. */
interface Sides {
  readonly from: Catalog;
  readonly to: Catalog;
}

/** What the grantee of a grant holds on the object as soon as it is created, by the default privileges; sorted. */
export function privilegesAtCreation(grant: GrantObject, sides: Sides): readonly string[] {
  const on = DEFAULTS[grant.on];
  if (on === undefined || grant.table !== null) return [];
  const privileges = new Set<string>();
  for (const object of givenBy(sides).defaults) {
    if (object.on !== on || object.grantee !== grant.grantee || object.role !== null) continue;
    if (object.schema === null || object.schema === grant.schema)
      for (const privilege of object.privileges) privileges.add(privilege);
  }
  return [...privileges].toSorted();
}

interface Given {
  readonly defaults: readonly DefaultPrivilegesObject[];
  readonly stated: ReadonlySet<RefKey>;
}

// Asked for again for every table that is dropped.
const GIVEN = new WeakMap<Catalog, WeakMap<Catalog, Given>>();

function givenBy({ from, to }: Sides): Given {
  const known = GIVEN.get(from) ?? new WeakMap<Catalog, Given>();
  GIVEN.set(from, known);
  let given = known.get(to);
  if (given === undefined) {
    const isDefault = (one: CatalogObject): one is DefaultPrivilegesObject => one.kind === "default-privileges";
    const staying = new Set(to.objects.filter(isDefault).map(refKey));
    given = {
      defaults: from.objects.filter(isDefault).filter((one) => staying.has(refKey(one))),
      stated: new Set(from.objects.filter(({ kind }) => kind === "grant").map(refKey)),
    };
    known.set(to, given);
  }
  return given;
}

/** Grants that the default privileges give on a new table or sequence and that FROM does not state. */
export function unstatedGrants(object: CatalogObject, sides: Sides): readonly GrantObject[] {
  const on = object.kind === "table" || object.kind === "sequence" ? object.kind : null;
  if (on === null) return [];
  const { defaults, stated } = givenBy(sides);
  const grantees = new Set<string>();
  for (const one of defaults)
    if (one.on === DEFAULTS[on] && one.role === null)
      if (one.schema === null || one.schema === object.schema) grantees.add(one.grantee);
  if (grantees.size === 0) return [];
  return [...grantees]
    .map((grantee): GrantObject => ({
      ...ref("grant", object.name, { schema: object.schema, signature: `${on} to ${grantee}` }),
      kind: "grant",
      on,
      arguments: null,
      grantee,
      privileges: [],
      comment: null,
      dependsOn: [refKey(object)],
    }))
    .filter((one) => !stated.has(refKey(one)));
}

/** Changes that take from the grants on a new object what the default privileges give beyond them. */
export function excessGrants(grants: readonly CatalogObject[], sides: Sides): readonly Change[] {
  return grants.flatMap((after): Change[] => {
    if (after.kind !== "grant") return [];
    const privileges = [...new Set([...after.privileges, ...privilegesAtCreation(after, sides)])].toSorted();
    if (privileges.length === after.privileges.length) return [];
    return [{ type: "alter", before: { ...after, privileges }, after, properties: ["privileges"] }];
  });
}
