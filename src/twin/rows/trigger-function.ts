import type { CatalogView } from "../../model/catalog-view.ts";
import type { FunctionObject, TriggerObject } from "../../model/catalog.ts";
import { nameParts } from "./column-type.ts";

/** Finds the functions that triggers call; undefined for one that is no object of the catalog (an extension's). */
export function triggerFunctions(view: CatalogView): (trigger: TriggerObject) => FunctionObject | undefined {
  const functions = new Map(view.of("function").map((object) => [`${object.schema}.${object.name}`, object]));
  return ({ definition }) => {
    const called = /EXECUTE (?:FUNCTION|PROCEDURE) ([^(]+)\(/.exec(definition)?.[1] ?? "";
    const [schema, name] = nameParts(called.trim());
    return functions.get(`${schema}.${name}`);
  };
}
