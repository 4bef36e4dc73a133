/** A directed connection between two nodes. */
export interface Edge {
  readonly from: string;
  readonly to: string;
}

function successors<E extends Edge>(edges: readonly E[]): ReadonlyMap<string, readonly E[]> {
  const next = new Map<string, E[]>();
  for (const edge of edges) {
    const known = next.get(edge.from);
    if (known === undefined) next.set(edge.from, [edge]);
    else known.push(edge);
  }
  return next;
}

interface Visit {
  readonly node: string;
  next: number;
}

/**
 * The groups of two or more nodes that all reach each other, each sorted: strongly connected components by
 * Tarjan (1972), without recursion, linear in the number of edges.
 */
export function cyclicGroups(edges: readonly Edge[]): readonly (readonly string[])[] {
  const next = successors(edges);
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const groups: string[][] = [];
  const lower = (node: string, value: number): void => void low.set(node, Math.min(low.get(node) ?? value, value));
  for (const start of next.keys()) {
    const visits: Visit[] = index.has(start) ? [] : [{ node: start, next: 0 }];
    for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
      const { node } = visit;
      if (!index.has(node)) {
        index.set(node, index.size);
        low.set(node, index.size - 1);
        open.push(node);
        isOpen.add(node);
      }
      const edge = next.get(node)?.[visit.next];
      visit.next += 1;
      if (edge !== undefined) {
        if (!index.has(edge.to)) visits.push({ node: edge.to, next: 0 });
        else if (isOpen.has(edge.to)) lower(node, index.get(edge.to) ?? 0);
        continue;
      }
      visits.pop();
      const parent = visits.at(-1);
      if (parent !== undefined) lower(parent.node, low.get(node) ?? 0);
      if (low.get(node) !== index.get(node)) continue;
      const group = open.splice(open.lastIndexOf(node));
      for (const member of group) isOpen.delete(member);
      if (group.length > 1) groups.push(group.toSorted());
    }
  }
  return groups.toSorted((a, b) => ((a[0] ?? "") < (b[0] ?? "") ? -1 : 1));
}

/** A shortest way from a node back to itself, as its edges; empty where there is none. Breadth first. */
export function cycleThrough<E extends Edge>(start: string, edges: readonly E[]): readonly E[] {
  const next = successors(edges.filter((edge) => edge.from !== edge.to));
  const cameBy = new Map<string, E>();
  const queue = [start];
  for (const node of queue) {
    for (const edge of next.get(node) ?? []) {
      if (edge.to === start) {
        const way: E[] = [edge];
        for (let at = cameBy.get(edge.from); at !== undefined; at = cameBy.get(at.from)) way.unshift(at);
        return way;
      }
      if (cameBy.has(edge.to)) continue;
      cameBy.set(edge.to, edge);
      queue.push(edge.to);
    }
  }
  return [];
}
