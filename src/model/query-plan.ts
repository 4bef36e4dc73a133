/*
 * A plan as a server prints it (EXPLAIN), read into one shape for all that judge plans. Engines read it
 * (`engines/<db>/explain.ts`); tuning and explaining take it as a value.
 */

/** What one node did when it ran, summed over its loops and workers. */
export interface NodeActuals {
  readonly loops: number;
  /** Rows given upwards by all loops together. */
  readonly rows: number;
  /** Until its first row and until its last, of all loops together; null where timing was off. */
  readonly startup_ms: number | null;
  readonly total_ms: number | null;
  /** Rows read and thrown away by a filter, a recheck or a join's condition, all loops together. */
  readonly rowsRemoved: number;
}

/** Pages touched by a node and its children, in blocks of the server (8 KiB). */
export interface BufferUse {
  readonly sharedHit: number;
  readonly sharedRead: number;
  readonly sharedDirtied: number;
  readonly sharedWritten: number;
  readonly localRead: number;
  readonly tempRead: number;
  readonly tempWritten: number;
}

/** One node of a plan's tree. */
export interface QueryPlanNode {
  /** Number in the plan, from 1, in the order the server prints. */
  readonly id: number;
  /** As the server names it: `Index Scan`, `Hash Join`. */
  readonly kind: string;
  /** The relation it reads or writes; null where it has none. `schema` is null where the text did not say. */
  readonly relation: { readonly schema: string | null; readonly name: string; readonly alias: string } | null;
  readonly index: string | null;
  readonly cost: { readonly startup: number; readonly total: number };
  /** Rows of one loop, as estimated. */
  readonly rows: number;
  readonly width_bytes: number;
  /** Null: the query was not run, or the node was never executed (`loops` 0 says the latter). */
  readonly actual: NodeActuals | null;
  readonly buffers: BufferUse | null;
  /** How it hangs on its parent: `Outer`, `Inner`, `InitPlan`, `SubPlan`, `Member`, `Subquery`; null at the root. */
  readonly relationship: string | null;
  /** Everything else under the server's own names in its JSON form: `Filter`, `Sort Method`, `Workers Launched`. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly children: readonly QueryPlanNode[];
}

/** A whole plan. */
export interface QueryPlan {
  readonly root: QueryPlanNode;
  readonly planning_ms: number | null;
  readonly execution_ms: number | null;
  /** Settings that differ from the server's defaults (EXPLAIN's SETTINGS). */
  readonly settings: Readonly<Record<string, string>>;
  /** `total_ms` is null where timing was off, here and of triggers. */
  readonly jit: { readonly functions: number; readonly total_ms: number | null } | null;
  readonly triggers: readonly {
    readonly name: string;
    readonly relation: string;
    readonly calls: number;
    readonly total_ms: number | null;
  }[];
}

/** A plan's nodes from the root down, each before its children. */
export function planNodes(root: QueryPlanNode): QueryPlanNode[] {
  const found: QueryPlanNode[] = [];
  const pending = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    found.push(node);
    pending.push(...node.children.toReversed());
  }
  return found;
}
