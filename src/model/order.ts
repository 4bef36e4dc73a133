/** A node of a dependency graph, with the ids of the nodes it needs first. Unknown ids are ignored. */
export interface OrderNode {
  readonly id: string;
  readonly needs: readonly string[];
}

/**
 * Puts every node after all it needs. Among nodes that are free to go, the order given is kept: equal
 * input gives equal output. Depth-first, in time linear in nodes and needs; on a cycle one of its needs
 * goes unmet.
 */
export function inOrder<T extends OrderNode>(nodes: readonly T[]): T[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const met = new Set<string>();
  const result: T[] = [];
  for (const start of nodes) {
    if (met.has(start.id)) continue;
    met.add(start.id);
    // A stack of our own: a chain of five thousand tables must not exhaust the call stack.
    const stack = [{ node: start, next: 0 }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const need = top.node.needs[top.next++];
      if (need === undefined) {
        result.push(top.node);
        stack.pop();
      } else {
        const node = byId.get(need);
        if (node === undefined || met.has(need)) continue;
        met.add(need);
        stack.push({ node, next: 0 });
      }
    }
  }
  return result;
}

/**
 * Numbers the strongly connected components: two nodes have the same number exactly when each needs the
 * other, directly or not. Tarjan's algorithm ("Depth-first search and linear graph algorithms", 1972),
 * without recursion.
 */
export function cyclesOf(nodes: readonly OrderNode[]): ReadonlyMap<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const component = new Map<string, number>();
  const open: string[] = [];
  let components = 0;
  const enter = (node: OrderNode): { node: OrderNode; next: number } => {
    index.set(node.id, index.size);
    low.set(node.id, index.size - 1);
    open.push(node.id);
    return { node, next: 0 };
  };
  const lower = (id: string, to: number): void => {
    low.set(id, Math.min(low.get(id) ?? to, to));
  };
  for (const start of nodes) {
    if (index.has(start.id)) continue;
    const stack = [enter(start)];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const { id, needs } = top.node;
      const need = needs[top.next++];
      if (need !== undefined) {
        const node = byId.get(need);
        if (node === undefined) continue;
        if (!index.has(need)) stack.push(enter(node));
        else if (!component.has(need)) lower(id, index.get(need) ?? 0);
        continue;
      }
      stack.pop();
      const parent = stack.at(-1);
      if (parent !== undefined) lower(parent.node.id, low.get(id) ?? 0);
      if (low.get(id) !== index.get(id)) continue;
      for (let member = open.pop(); member !== undefined; member = open.pop()) {
        component.set(member, components);
        if (member === id) break;
      }
      components++;
    }
  }
  return component;
}
