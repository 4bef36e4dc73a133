import type { ColumnObject, TableObject } from "../../model/catalog.ts";
import type { TableView } from "../../model/catalog-view.ts";
import { refKey } from "../../model/ref.ts";
import type { StrategyContext } from "../strategy.ts";
import { dependentsOf, viewed } from "./facts.ts";

/** A table of a tree with its column that is changed along with the parent's. */
export interface Branch {
  readonly view: TableView;
  readonly before: ColumnObject;
  readonly after: ColumnObject;
}

// What a column of the tree must have in common with its parent's, since ALTER TABLE on the parent hands it down.
const ALIKE = [
  "type",
  "collation",
  "default",
  "notNull",
  "generated",
  "storage",
  "compression",
  "statisticsTarget",
] as const satisfies readonly (keyof ColumnObject)[];

const alike = (a: ColumnObject, b: ColumnObject): boolean =>
  ALIKE.every((name) => JSON.stringify(a[name]) === JSON.stringify(b[name]));

const isChildOf = (table: TableObject, parent: TableObject): boolean =>
  [...table.inherits, ...(table.partitionOf === null ? [] : [table.partitionOf])].some(
    (one) => one.schema === parent.schema && one.table === parent.name,
  );

/** The partitions and children of a table, in catalog order. */
export function childrenOf(parent: TableObject, catalog: StrategyContext["from"]): readonly TableView[] {
  return dependentsOf(catalog, refKey(parent)).flatMap((one) => {
    if (one.kind !== "table" || !isChildOf(one, parent)) return [];
    return viewed(catalog).table(one.schema, one.name) ?? [];
  });
}

/**
 * A column of a table with those of its partitions or children that have it from there alone, parents first; null where
 * they are not all alike, before and after, or where the tree is not one, or not the same on both sides.
 */
export function branchesOf(
  before: ColumnObject,
  after: ColumnObject,
  context: StrategyContext,
): readonly Branch[] | null {
  const view = viewed(context.from).table(before.schema, before.table);
  const later = viewed(context.to).table(after.schema, after.table);
  if (view === undefined || later === undefined || view.table.foreign !== undefined) return null;
  const own: Branch = { view, before, after };
  if (view.table.partitionOf !== null || view.table.inherits.length > 0) return null;
  const branches: Branch[] = [own];
  // What is added meanwhile is gone through as well.
  for (const { view: parent } of branches) {
    const children = childrenOf(parent.table, context.from);
    const there = viewed(context.to).table(parent.table.schema, parent.table.name);
    if (there === undefined || childrenOf(there.table, context.to).length !== children.length) return null;
    for (const child of children) {
      const branch = branchOf(child, own, context);
      if (branch === null) return null;
      branches.push(branch);
    }
  }
  return branches;
}

function branchOf(child: TableView, root: Branch, context: StrategyContext): Branch | null {
  const { table } = child;
  const there = viewed(context.to).table(table.schema, table.name);
  const parents = table.inherits.length + (table.partitionOf === null ? 0 : 1);
  if (there === undefined || parents !== 1 || table.foreign !== undefined) return null;
  if (context.gone?.has(refKey(table)) === true) return null;
  const same =
    JSON.stringify([table.partitionOf, table.inherits]) ===
    JSON.stringify([there.table.partitionOf, there.table.inherits]);
  const before = child.columns.find(({ name }) => name === root.before.name);
  const after = there.columns.find(({ name }) => name === root.after.name);
  if (!same || before === undefined || after === undefined || !before.inherited || !after.inherited) return null;
  return alike(before, root.before) && alike(after, root.after) ? { view: child, before, after } : null;
}
