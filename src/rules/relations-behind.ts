import type { TableObject, ViewObject } from "../model/catalog.ts";
import type { CatalogView } from "../model/catalog-view.ts";
import { refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";

/** The tables that a view reads, through other views too. Each view is looked at once. */
export function relationsBehind(view: CatalogView): (of: ViewObject) => ReadonlySet<TableObject> {
  const known = new Map<RefKey, ReadonlySet<TableObject>>();
  const behind = (of: ViewObject): ReadonlySet<TableObject> => {
    const key = refKey(of);
    const before = known.get(key);
    if (before !== undefined) return before;
    const tables = new Set<TableObject>();
    // Views may refer to each other in a circle; the second visit then finds what is known so far.
    known.set(key, tables);
    for (const needed of of.dependsOn) {
      const object = view.get(needed);
      if (object?.kind === "table") tables.add(object);
      else if (object?.kind === "column") {
        const table = view.table(object.schema, object.table)?.table;
        if (table !== undefined) tables.add(table);
      } else if (object?.kind === "view") for (const table of behind(object)) tables.add(table);
    }
    return tables;
  };
  return behind;
}
