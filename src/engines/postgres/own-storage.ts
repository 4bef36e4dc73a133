import type { CatalogView } from "../../model/catalog-view.ts";
import { qualified } from "./print.ts";

const EXTENDED =
  /^(?:text|character varying|character|bytea|json|jsonb|jsonpath|xml|tsvector|bit|bit varying|path|polygon|refcursor|(?:pg|txid)_snapshot|\w+multirange|\w+range)(?![\w"])/;
const MAIN = /^(?:numeric|inet|cidr)(?![\w"])/;
const OWN_KINDS = ["enum", "domain", "composite", "range", "table", "view"] as const;

/**
 * What SET STORAGE is to say so that a column is stored as its type is (pg_type.typstorage): `DEFAULT` says so itself
 * from PostgreSQL 16 on, and is left for types that the catalog does not know. `type` is as the server prints it.
 */
export function ownStorage(type: string, view: CatalogView): string {
  if (type.endsWith("[]") || EXTENDED.test(type)) return "EXTENDED";
  if (MAIN.test(type)) return "MAIN";
  // The server's own types are named without their schema.
  if (!type.includes(".")) return "PLAIN";
  for (const kind of OWN_KINDS)
    for (const object of view.of(kind)) {
      const multirange = object.kind === "range" ? object.options["multirange_type_name"] : undefined;
      if (qualified(object.schema, object.name) !== type && multirange !== type) continue;
      if (object.kind === "domain") return ownStorage(object.type, view);
      return object.kind === "enum" ? "PLAIN" : "EXTENDED";
    }
  return "DEFAULT";
}
