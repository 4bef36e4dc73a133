import type { CatalogObject } from "../model/catalog.ts";
import { qualified } from "../sql/identifier.ts";
import { multirangeName } from "../sql/multirange-name.ts";

/*
 * A type that is made anew while columns of it stay steps aside under another name until they have the new one.
 */

const ASIDE_BYTES_MAX = 40;

/** What a type that is replaced is called until its columns have the new one. */
export function asideName(name: string): string {
  return `${name.slice(0, ASIDE_BYTES_MAX)}__dbwright_old`;
}

/** Turns a text into one in which the type has the name it is called by while it stands aside. */
export function asideText(type: CatalogObject): (text: string) => string {
  const printed = qualified(type.schema, type.name);
  const renamed = qualified(type.schema, asideName(type.name));
  const found = new RegExp(
    `(?<![\\w"$.])${printed.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}(?![\\w"$])`,
    "g",
  );
  return (text) => text.replaceAll(found, () => renamed);
}

/** A type as it is while it stands aside: a range's multirange type is called after it. */
export function standingAside(type: CatalogObject): CatalogObject {
  const name = asideName(type.name);
  if (type.kind !== "range") return { ...type, name };
  const { multirange_type_name: multirange, ...options } = type.options;
  const own = multirange !== undefined && multirange !== qualified(type.schema, multirangeName(type.name));
  return { ...type, name, options: own ? type.options : options };
}

/** An object of which a type stands aside: a column says so in its type and default, a domain in its base type. */
export function besideAside(object: CatalogObject, types: readonly CatalogObject[]): CatalogObject {
  const renamed = (text: string): string => types.reduce((made, type) => asideText(type)(made), text);
  if (object.kind === "domain") return { ...object, type: renamed(object.type) };
  if (object.kind !== "column") return object;
  return {
    ...object,
    type: renamed(object.type),
    default: object.default === null ? null : renamed(object.default),
  };
}
