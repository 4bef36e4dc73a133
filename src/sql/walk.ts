import type { Node } from "libpg-query";

/** A node of the tree with its type's name, e.g. `ColumnRef` or `RangeVar`. */
export interface VisitedNode {
  readonly type: string;
  readonly node: Readonly<Record<string, unknown>>;
}

/**
 * Every typed node at or below `root`, parents first. Nodes that the grammar holds without a wrapper
 * (a `relation` field, a `TypeName`) are reached too: they are given under the field's name.
 */
export function* nodesOf(root: Node): Generator<VisitedNode> {
  // An own stack: a long chain of operators nests deeper than the call stack allows.
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    if (Array.isArray(value)) {
      for (let index = value.length - 1; index >= 0; index--) pending.push(value[index]);
      continue;
    }
    if (typeof value !== "object" || value === null) continue;
    const inner: unknown[] = [];
    for (const [type, node] of Object.entries(value)) {
      if (typeof node !== "object" || node === null) continue;
      if (!Array.isArray(node)) yield { type, node: node as Readonly<Record<string, unknown>> };
      inner.push(node);
    }
    for (let index = inner.length - 1; index >= 0; index--) pending.push(inner[index]);
  }
}
