import type { Catalog, CatalogObject, ColumnObject } from "../../model/catalog.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { catalogOf, viewOf } from "../../model/catalog-view.ts";
import { refKey } from "../../model/ref.ts";
import { qualified } from "../../sql/identifier.ts";
import type { ServerError } from "../prove/step.ts";

/**
 * FROM with what TO will ask of its rows besides: NOT NULL, keys, checks, references and unique indexes over columns
 * that both have with the same type; of enums the values that both have, of domains the checks of both. Rows that
 * satisfy it live through a plan that only asks more; whether a user's own rows do is for the plan's own validating
 * steps to say. What TO asks of columns that FROM does not have is left out.
 */
export function tightenedCatalog(from: Catalog, to: Catalog): Catalog {
  const there = new Map(from.objects.map((object) => [refKey(object), object]));
  const wanted = new Map(to.objects.map((object) => [refKey(object), object]));
  const columns = new Map<string, ColumnObject>();
  for (const object of from.objects) if (object.kind === "column") columns.set(columnKey(object, object.name), object);
  const shared = new Set<string>();
  for (const object of to.objects) {
    if (object.kind === "column" && columns.get(columnKey(object, object.name))?.type === object.type)
      shared.add(columnKey(object, object.name));
  }
  const fits = (object: CatalogObject): boolean => {
    if (object.kind === "constraint") {
      const { references } = object;
      const own = object.columns.every((name) => shared.has(columnKey(object, name)));
      const others =
        references === null ||
        references.columns.every((name) =>
          shared.has(columnKey({ schema: references.schema, table: references.table }, name)),
        );
      return own && others && object.columns.length > 0;
    }
    if (object.kind === "index" && object.unique && object.constraint === null)
      return (
        object.predicate === null &&
        object.keys.every(({ column }) => column !== null && shared.has(columnKey(object, column)))
      );
    return false;
  };
  const more = to.objects.filter((object) => !there.has(refKey(object)) && fits(object));
  const objects = from.objects.map((object) => {
    const after = wanted.get(refKey(object));
    if (
      object.kind === "column" &&
      after?.kind === "column" &&
      after.notNull &&
      shared.has(columnKey(object, object.name))
    )
      return { ...object, notNull: true };
    if (object.kind === "constraint" && after?.kind === "constraint" && fits(after)) return after;
    return after === undefined ? object : narrowedType(object, after);
  });
  return more.length === 0 && objects.every((object, index) => object === from.objects[index])
    ? from
    : catalogOf(from.engine, [...objects, ...more], from.unmodelled);
}

function narrowedType(object: CatalogObject, after: CatalogObject): CatalogObject {
  if (object.kind === "enum" && after.kind === "enum") {
    const values = object.values.filter((value) => after.values.includes(value));
    return values.length === 0 || values.length === object.values.length ? object : { ...object, values };
  }
  if (object.kind === "domain" && after.kind === "domain" && object.type === after.type) {
    const known = new Set(object.checks.map(({ definition }) => definition));
    const more = after.checks.filter(({ definition }) => !known.has(definition));
    const notNull = object.notNull || after.notNull;
    return more.length === 0 && notNull === object.notNull
      ? object
      : { ...object, notNull, checks: [...object.checks, ...more] };
  }
  return object;
}

const columnKey = (of: { readonly schema: string | null; readonly table: string | null }, name: string): string =>
  JSON.stringify([of.schema, of.table, name]);

/** Whether a refusal hangs on what rows hold: a data exception or a violated constraint (manual, "Error Codes"). */
export function hangsOnRows({ code }: ServerError): boolean {
  return /^2[23]/.test(code ?? "");
}

/** Takes all rows out of a catalog's tables. */
export async function emptyTables(session: Session, catalog: Catalog): Promise<void> {
  const names = viewOf(catalog).tables.map(({ table }) => qualified(table.schema, table.name));
  if (names.length > 0) await session.execute(`TRUNCATE ${names.join(", ")} CASCADE`);
}
