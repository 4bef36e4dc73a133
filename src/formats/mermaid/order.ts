import type { TableView } from "../../model/catalog-view.ts";
import type { Relationship } from "../relationships.ts";

/**
 * The order in which tables are declared. Mermaid's layout (dagre) places nodes of one rank in the order it
 * meets them, so neighbours are named one after the other: each connected group in turn, largest first,
 * walked breadth-first from its most referenced table; tables without any line come last.
 */
export function readingOrder(tables: readonly TableView[], lines: readonly Relationship[]): readonly TableView[] {
  const neighbours = new Map<TableView, Set<TableView>>(tables.map((table) => [table, new Set()]));
  const weight = new Map<TableView, number>();
  for (const { parent, child } of lines) {
    neighbours.get(parent)?.add(child);
    neighbours.get(child)?.add(parent);
    weight.set(parent, (weight.get(parent) ?? 0) + 1);
  }
  const heavy = (a: TableView, b: TableView): number => (weight.get(b) ?? 0) - (weight.get(a) ?? 0);
  const seen = new Set<TableView>();
  const groups: TableView[][] = [];
  for (const start of tables.toSorted(heavy)) {
    if (seen.has(start)) continue;
    const group = [start];
    seen.add(start);
    for (const table of group) {
      for (const next of [...(neighbours.get(table) ?? [])].toSorted(heavy)) {
        if (seen.has(next)) continue;
        seen.add(next);
        group.push(next);
      }
    }
    groups.push(group);
  }
  return groups.toSorted((a, b) => b.length - a.length).flat();
}
