import type { IndexKey, IndexObject } from "../model/catalog.ts";
import type { CatalogView } from "../model/catalog-view.ts";
import { refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";

/*
 * What two indexes have in common, compared as text: the server prints expressions and predicates in one
 * canonical form.
 */

/** Whether the index starts in descending order; a B-tree is read either way, so the mirror image serves alike. */
export function isMirrored(index: IndexObject): boolean {
  return index.method === "btree" && index.keys[0]?.order === "desc";
}

/** Each key as text that is equal for keys that serve alike, in the direction in which the first one ascends. */
export function keyTexts(index: IndexObject): readonly string[] {
  const mirrored = isMirrored(index);
  return index.keys.map(({ column, expression, opclass, collation, order, nulls }) =>
    JSON.stringify([
      column,
      expression,
      opclass,
      collation,
      (order === "desc") !== mirrored,
      (nulls === "first") !== mirrored,
    ]),
  );
}

/** The keys as people write them: `(tenant_id, lower(email) DESC)`. */
export function keysInWords(index: IndexObject): string {
  const word = ({ column, expression, order }: IndexKey): string =>
    `${column ?? expression ?? ""}${order === "desc" ? " DESC" : ""}`;
  return `(${index.keys.map(word).join(", ")})`;
}

/** The indexes of each table and materialised view. */
export function indexesByTable(view: CatalogView): Iterable<readonly IndexObject[]> {
  const groups = new Map<string, IndexObject[]>();
  for (const index of view.of("index")) {
    const key = JSON.stringify([index.schema, index.table]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  }
  return groups.values();
}

/**
 * Indexes that something else stands on, apart from their own constraint: a foreign key that refers to their
 * columns, the replica identity of their table, or an order for CLUSTER.
 */
export function indexesInUse(view: CatalogView): (index: IndexObject) => boolean {
  const needed = new Set<RefKey>();
  for (const { type, dependsOn } of view.of("constraint")) {
    if (type === "foreign key") for (const key of dependsOn) needed.add(key);
  }
  return (index) => needed.has(refKey(index)) || index.replicaIdentity === true || index.clustered === true;
}
