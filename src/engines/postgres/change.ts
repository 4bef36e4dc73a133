import type { Catalog, CatalogObject } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import { UnprintableChange } from "../../model/change.ts";
import type { Change } from "../../model/change.ts";
import type { Statement } from "../../model/statement.ts";
import type { ObjectKind, PrintContext } from "./kinds/kind.ts";
import { print, REGISTRY } from "./kinds/registry.ts";
import { renameScript } from "./rename.ts";
import { ownedSequencesOf, partedIndexesOf } from "./script.ts";

// Many changes are printed against one catalog, whose view takes longer than any of them.
const CONTEXTS = new WeakMap<Catalog, PrintContext>();

function contextOf(catalog: Catalog): PrintContext {
  const known = CONTEXTS.get(catalog);
  if (known !== undefined) return known;
  const view = viewOf(catalog);
  const context: PrintContext = {
    view,
    postponed: new Set(),
    ownedSequences: ownedSequencesOf(view),
    partedIndexes: partedIndexesOf(view),
    // Each object of a change stands for itself.
    inlines: () => false,
  };
  CONTEXTS.set(catalog, context);
  return context;
}

const kindOf = (object: CatalogObject): ObjectKind<CatalogObject["kind"]> =>
  REGISTRY[object.kind] as unknown as ObjectKind<CatalogObject["kind"]>;

/**
 * The statements of one change in a database that holds `catalog`. Indexes are built and dropped
 * CONCURRENTLY where the server can. Throws `UnprintableChange` for what no statement can do.
 */
export function changeScript(change: Change, catalog: Catalog): readonly Statement[] {
  const context = contextOf(catalog);
  switch (change.type) {
    case "create":
      return print(kindOf(change.object).add === undefined ? "create" : "add", change.object, context);
    case "drop":
      return print(kindOf(change.object).remove === undefined ? "drop" : "remove", change.object, context);
    case "rename":
      return renameScript(change.before, change.to);
    case "alter": {
      const { alter } = kindOf(change.before);
      if (change.properties.length === 0) return [];
      if (alter === undefined) throw new UnprintableChange(change.before.kind, change.properties.join(", "));
      return alter(change, context);
    }
  }
}
