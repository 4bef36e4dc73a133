import type { LoadOrder } from "./order.ts";
import { StoredTable } from "./store.ts";

/** An empty store for a table: for what others refer to, its keys, and what a second pass needs. */
export function storeFor(order: LoadOrder, plan: LoadOrder["tables"][number]): StoredTable {
  const names = new Set<string>();
  for (const other of order.tables) {
    for (const reference of other.references) {
      const { schema, table } = reference.target;
      if (schema === plan.schema && table === plan.table)
        for (const column of reference.targetColumns) names.add(column);
    }
  }
  for (const key of plan.keys) for (const column of key.columns) names.add(plan.columns[column]?.name ?? "");
  for (const reference of plan.references) {
    if (order.cut.has(reference)) for (const column of reference.columns) names.add(plan.columns[column]?.name ?? "");
  }
  return new StoredTable([...names]);
}
