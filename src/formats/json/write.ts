import type { Catalog } from "../../model/catalog.ts";

/** Writes a catalog as the JSON document that `readJson` reads: `format`, `version` and the catalog itself. */
export function writeJson(catalog: Catalog): string {
  return `${JSON.stringify({ format: "dbwright.catalog", version: 1, ...catalog }, null, 2)}\n`;
}
