import type { CatalogObject, RangeObject } from "../model/catalog.ts";
import { qualified } from "../sql/identifier.ts";
import { multirangeName } from "../sql/multirange-name.ts";
import { ASIDE_SUFFIX } from "../sql/temporary-name.ts";
import { pathOf } from "./rename-requests.ts";

/*
 * A type that is made anew while columns of it stay steps aside under another name until they have the new one. The
 * multirange type of a range goes by its range's name, or steps aside by itself where it has one of its own.
 */

const ASIDE_BYTES_MAX = 40;
const encoder = new TextEncoder();
const MULTIRANGE = "multirange_type_name";

/** What a type that is replaced is called until its columns have the new one. */
export function asideName(name: string): string {
  let short = name;
  while (encoder.encode(short).length > ASIDE_BYTES_MAX) short = [...short].slice(0, -1).join("");
  return short + ASIDE_SUFFIX;
}

/** Turns a text into one in which the type has the name it is called by while it stands aside. */
export function asideText(type: CatalogObject): (text: string) => string {
  const pairs = [[qualified(type.schema, type.name), qualified(type.schema, asideName(type.name))]];
  if (type.kind === "range") pairs.push([type.options[MULTIRANGE] ?? "", multirangeAside(type)]);
  return (text) => pairs.reduce((made, [was = "", is = ""]) => replacedName(made, was, is), text);
}

function replacedName(text: string, was: string, is: string): string {
  if (was === "" || !text.includes(was)) return text;
  const found = new RegExp(`(?<![\\w"$.])${was.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}(?![\\w"$])`, "g");
  return text.replaceAll(found, () => is);
}

// What its multirange type is called while a range stands aside, as printed.
function multirangeAside(range: RangeObject): string {
  const [schema, name] = ownMultirange(range) ?? [range.schema, null];
  return qualified(schema, name === null ? multirangeName(asideName(range.name)) : asideName(name));
}

// Schema and name of a multirange type that is not called after its range.
function ownMultirange({ schema, name, options }: RangeObject): readonly [string, string] | null {
  const printed = options[MULTIRANGE];
  if (printed === undefined || printed === qualified(schema, multirangeName(name))) return null;
  const [space, own] = pathOf(printed) ?? [];
  return space === undefined || own === undefined ? null : [space, own];
}

/** A range whose multirange type, which has a name of its own, has stepped aside; null for any other type. */
export function withMultirangeAside(type: CatalogObject): RangeObject | null {
  if (type.kind !== "range" || ownMultirange(type) === null) return null;
  return { ...type, options: { ...type.options, [MULTIRANGE]: multirangeAside(type) } };
}

/** A type as it is while it stands aside: a range's multirange type is called after it. */
export function standingAside(type: CatalogObject): CatalogObject {
  const name = asideName(type.name);
  if (type.kind !== "range") return { ...type, name };
  const { [MULTIRANGE]: _, ...options } = type.options;
  return { ...type, name, options: withMultirangeAside(type)?.options ?? options };
}

/**
 * An object of which a type stands aside: a column says so in its type and default, a domain and a range in the type
 * they stand on, a composite type in its attributes.
 */
export function besideAside(object: CatalogObject, types: readonly CatalogObject[]): CatalogObject {
  const renamed = (text: string): string => types.reduce((made, type) => asideText(type)(made), text);
  switch (object.kind) {
    case "domain":
      return { ...object, type: renamed(object.type) };
    case "range":
      return { ...object, subtype: renamed(object.subtype) };
    case "composite":
      return { ...object, attributes: object.attributes.map((one) => ({ ...one, type: renamed(one.type) })) };
    case "column":
      return {
        ...object,
        type: renamed(object.type),
        default: object.default === null ? null : renamed(object.default),
      };
    default:
      return object;
  }
}
