import type { TableObject } from "./catalog.ts";
import { ref } from "./ref.ts";

/** A table without anything that need be said; `more` goes before. */
export function plainTable(schema: string, name: string, more: Partial<TableObject> = {}): TableObject {
  return {
    ...ref("table", name, { schema }),
    kind: "table",
    unlogged: false,
    partitionBy: null,
    partitionOf: null,
    inherits: [],
    rowSecurity: { enabled: false, forced: false },
    options: {},
    comment: null,
    dependsOn: [],
    ...more,
  };
}
