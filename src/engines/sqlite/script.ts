import type { Catalog, CatalogObject } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import { inOrder } from "../../model/order.ts";
import { ref, refKey } from "../../model/ref.ts";
import type { Kind, RefKey } from "../../model/ref.ts";
import type { Statement } from "../../model/statement.ts";
import { print } from "./kinds/registry.ts";

// What people expect to read first, where needs leave it open. SQLite looks a foreign key's table up when rows
// change, so that a circle of tables needs no cutting.
const ORDER: readonly Kind[] = ["table", "index", "view", "trigger"];

function ordered(catalog: Catalog): CatalogObject[] {
  const view = viewOf(catalog);
  // Columns and constraints are part of their table's statement.
  const nodeOf = (key: RefKey): RefKey => {
    const object = view.get(key);
    const carried = object?.kind === "column" || object?.kind === "constraint";
    return carried ? refKey(ref("table", object.table, { schema: object.schema })) : key;
  };
  const needs = new Map<RefKey, RefKey[]>();
  for (const object of catalog.objects) {
    const id = nodeOf(refKey(object));
    const known = needs.get(id) ?? [];
    needs.set(id, known);
    known.push(...object.dependsOn.map(nodeOf).filter((need) => need !== id));
  }
  const nodes = catalog.objects
    .filter((object) => nodeOf(refKey(object)) === refKey(object))
    .map((object) => ({ id: refKey(object), needs: needs.get(refKey(object)) ?? [], object }))
    .toSorted((a, b) => ORDER.indexOf(a.object.kind) - ORDER.indexOf(b.object.kind));
  return inOrder(nodes).map(({ object }) => object);
}

/** Statements that create every object of a catalog in an empty database. */
export function createScript(catalog: Catalog): readonly Statement[] {
  const context = { view: viewOf(catalog) };
  return ordered(catalog).flatMap((object) => print("create", object, context));
}

/**
 * Statements that remove every object of a catalog: who refers goes before what is referred to. Where tables refer
 * to each other in a circle and hold rows, foreign keys must not be enforced meanwhile.
 */
export function dropScript(catalog: Catalog): readonly Statement[] {
  const context = { view: viewOf(catalog) };
  // Indexes and triggers go with their table; triggers of views go with the view.
  const standing = ordered(catalog).filter((object) => object.table === null);
  return standing.toReversed().flatMap((object) => print("drop", object, context));
}
