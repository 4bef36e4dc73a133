import type { CatalogObject } from "../model/catalog.ts";
import { pathOf } from "./rename-requests.ts";

/**
 * The names that an object takes up, each with the space in which it must be unique: relations share one, types
 * another (tables and views are in both), routines a third. Objects of different kinds may want the same name.
 */
export function namespacesOf(object: CatalogObject): readonly string[] {
  const relation = (name: string): string => JSON.stringify(["relation", object.schema, name]);
  const type = JSON.stringify(["type", object.schema, object.name]);
  switch (object.kind) {
    case "table":
    case "view":
    case "composite":
      return [relation(object.name), type];
    case "index":
    case "sequence":
      return [relation(object.name)];
    case "column":
      return object.identity === null ? [] : [relation(object.identity.name ?? `${object.table}_${object.name}_seq`)];
    case "enum":
    case "domain":
      return [type];
    case "range": {
      const [schema, name] = pathOf(object.options["multirange_type_name"] ?? "") ?? [];
      return name === undefined ? [type] : [type, JSON.stringify(["type", schema, name])];
    }
    case "extension":
      return [JSON.stringify(["extension", object.name])];
    case "function":
    case "aggregate":
      return [JSON.stringify(["routine", object.schema, object.name, object.signature])];
    default:
      return [];
  }
}
