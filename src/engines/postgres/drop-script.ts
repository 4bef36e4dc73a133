import type { Catalog, CatalogObject } from "../../model/catalog.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import { ref, refKey } from "../../model/ref.ts";
import type { RefKey } from "../../model/ref.ts";
import type { Statement } from "../../model/statement.ts";
import { print } from "./kinds/registry.ts";
import { cyclesOf, inOrder } from "../../model/order.ts";
import { scriptOf } from "./script.ts";
import type { Script } from "./script.ts";

/*
 * Dropping is creating backwards, with two liberties: what hangs on a table (constraints, indexes,
 * triggers, policies, defaults) goes with it and is named only when it would hold up an earlier drop;
 * and tables that refer to others go before them, so that few foreign keys need naming.
 */

const hangsOnTable = (object: CatalogObject): boolean => object.table !== null;

// What an object disappears with: its table, the table that owns the sequence, or itself.
function holderOf(object: CatalogObject, script: Script): RefKey {
  const { view } = script.context;
  if (object.table !== null) {
    const table = refKey(ref("table", object.table, { schema: object.schema }));
    return view.get(table) === undefined ? refKey(ref("view", object.table, { schema: object.schema })) : table;
  }
  if (object.kind === "sequence" && object.ownedBy !== null) {
    const owner = refKey(ref("table", object.ownedBy.table, { schema: object.ownedBy.schema }));
    if (view.get(owner) !== undefined) return owner;
  }
  return refKey(object);
}

// The function that makes a range's values canonical is dropped with the range.
const goesWithRange = (object: CatalogObject, view: CatalogView): boolean =>
  object.kind === "function" &&
  object.dependsOn.some((key) => {
    const range = view.get(key);
    return range?.kind === "range" && range.dependsOn.includes(refKey(object));
  });

// Partitions by the key of the table they are part of, directly or not.
function partitionsOf(view: CatalogView): ReadonlyMap<RefKey, readonly RefKey[]> {
  const partitions = new Map<RefKey, RefKey[]>();
  for (const { table } of view.tables) {
    let parent = table.partitionOf;
    while (parent !== null) {
      const key = refKey(ref("table", parent.table, { schema: parent.schema }));
      const known = partitions.get(key);
      if (known === undefined) partitions.set(key, [refKey(table)]);
      else known.push(refKey(table));
      parent = view.table(parent.schema, parent.table)?.table.partitionOf ?? null;
    }
  }
  return partitions;
}

// A foreign key to a partitioned table holds on to each of its partitions as well.
function needsOf(object: CatalogObject, partitions: ReadonlyMap<RefKey, readonly RefKey[]>): readonly RefKey[] {
  if (object.kind !== "constraint" || object.references === null) return object.dependsOn;
  const { schema, table } = object.references;
  return [...object.dependsOn, ...(partitions.get(refKey(ref("table", table, { schema }))) ?? [])];
}

function dropOrder(
  catalog: Catalog,
  script: Script,
  partitions: ReadonlyMap<RefKey, readonly RefKey[]>,
): Map<RefKey, number> {
  const { view } = script.context;
  const holders = new Map(catalog.objects.map((object) => [refKey(object), holderOf(object, script)]));
  const nodes = script.nodes
    .filter((node) => node.part === "create" && !hangsOnTable(node.object))
    .map((node) => ({ id: node.id, needs: [...node.needs] }));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  // Wishes: kept where they do not run in a circle.
  const wishes: { from: RefKey; to: RefKey }[] = [];
  for (const object of catalog.objects) {
    const from = holders.get(refKey(object)) ?? "";
    for (const need of needsOf(object, partitions)) {
      const to = holders.get(need);
      if (to !== undefined && to !== from && view.get(to)?.kind !== "schema") wishes.push({ from, to });
    }
  }
  for (const { from, to } of wishes) byId.get(from)?.needs.push(to);
  const cycles = cyclesOf(nodes);
  const fixed = new Map(script.nodes.map((node) => [node.id, new Set(node.needs)]));
  for (const node of nodes) {
    node.needs = node.needs.filter(
      (need) => fixed.get(node.id)?.has(need) === true || cycles.get(need) !== cycles.get(node.id),
    );
  }
  return new Map(
    inOrder(nodes)
      .toReversed()
      .map((node, index) => [node.id, index]),
  );
}

/** Statements that remove every object of a catalog but roles and the schema `public`. */
export function dropScript(catalog: Catalog): readonly Statement[] {
  const script = scriptOf(catalog);
  const { view } = script.context;
  const partitions = partitionsOf(view);
  const order = dropOrder(catalog, script, partitions);
  const positionOf = (key: RefKey): number => {
    const object = view.get(key);
    return (object === undefined ? undefined : order.get(holderOf(object, script))) ?? Number.POSITIVE_INFINITY;
  };
  const early: Statement[] = [];
  for (const object of catalog.objects.toReversed()) {
    const key = refKey(object);
    if (!hangsOnTable(object)) continue;
    const own = positionOf(key);
    const heldUp = needsOf(object, partitions).some((need) => positionOf(need) < own);
    const inherited = object.kind === "constraint" && object.inherited;
    if (heldUp && !inherited) early.push(...print("drop", object, script.context));
  }
  for (const node of script.nodes.toReversed())
    if (node.part === "complete" && !hangsOnTable(node.object))
      early.push(...print("reduce", node.object, script.context));
  const rest = [...order.keys()].flatMap((key) => {
    const object = view.get(key);
    return object === undefined || goesWithRange(object, view) ? [] : print("drop", object, script.context);
  });
  return [...early, ...rest];
}
