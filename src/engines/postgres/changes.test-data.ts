import { expect } from "vitest";
import type { Catalog, CatalogObject } from "../../model/catalog.ts";
import type { Change } from "../../model/change.ts";
import { refKey } from "../../model/ref.ts";
import { postgres } from "./dialect.ts";
import type { Session } from "./driver.ts";
import { introspect } from "./introspect.ts";
import { apply } from "./testing.test-data.ts";
import type { Place } from "./testing.test-data.ts";

const positionOf = (object: CatalogObject): number => (object.kind === "column" ? object.position : 0);

/** The change from one object to another at the same address. Properties that only one side has differ as well. */
export function alteration(before: CatalogObject, after: CatalogObject): Change {
  const [was, is] = [before, after].map((object) => new Map<string, unknown>(Object.entries(object)));
  const properties = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])]
    .filter((name) => JSON.stringify(was?.get(name)) !== JSON.stringify(is?.get(name)))
    .toSorted();
  return { type: "alter", before, after, properties };
}

// What turns one catalog into another: alterations, then what is new, then what goes. Enough for small cases.
function changesBetween(from: Catalog, to: Catalog): Change[] {
  const before = new Map(from.objects.map((object) => [refKey(object), object]));
  const alters: Change[] = [];
  const creates: CatalogObject[] = [];
  for (const object of to.objects) {
    const was = before.get(refKey(object));
    before.delete(refKey(object));
    if (was === undefined) creates.push(object);
    else if (JSON.stringify(was) !== JSON.stringify(object)) alters.push(alteration(was, object));
  }
  const order = (object: CatalogObject): number =>
    ["schema", "enum", "sequence", "table", "column"].indexOf(object.kind) >>> 0;
  return [
    ...alters,
    ...creates
      .toSorted((a, b) => order(a) - order(b) || positionOf(a) - positionOf(b))
      .map((object): Change => ({ type: "create", object })),
    ...[...before.values()].map((object): Change => ({ type: "drop", object })),
  ];
}

/** `public` is again as a new database has it. */
export const SWEEP: string = `DROP OWNED BY CURRENT_USER CASCADE; DROP SCHEMA public CASCADE;
  CREATE SCHEMA public AUTHORIZATION pg_database_owner; GRANT USAGE ON SCHEMA public TO PUBLIC;
  COMMENT ON SCHEMA public IS 'standard public schema'`;

/** The changes from one schema to the other, printed and run on the first, make the second. Returns what was run. */
export async function checkChanges({ first, second }: Place, from: string, to: string): Promise<readonly string[]> {
  for (const session of [first, second]) await session.execute(SWEEP);
  return await convert(first, second, from, to);
}

/** {@link checkChanges} for what needs a superuser. */
export async function checkChangesAsAdmin(place: Place, from: string, to: string): Promise<readonly string[]> {
  const [one, two] = [await place.database(), await place.database()];
  // A superuser of the twin creates nothing by chance: no schema is searched.
  for (const { admin } of [one, two]) await admin.execute("set search_path = public");
  return await convert(one.admin, two.admin, from, to);
}

async function convert(first: Session, second: Session, from: string, to: string): Promise<readonly string[]> {
  await first.execute(from);
  await second.execute(to);
  const [before, after] = [await introspect(first), await introspect(second)];
  // As the planner does: what goes is printed against FROM, all else against TO.
  const statements = changesBetween(before, after).flatMap((change) =>
    postgres.change(change, change.type === "drop" ? before : after),
  );
  await apply(first, statements);
  expect((await introspect(first)).objects).toEqual(after.objects);
  return statements.map(({ sql }) => sql);
}
