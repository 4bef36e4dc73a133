import type { Tree } from "./tree.ts";
import type { Violation } from "./violation.ts";

interface Mark {
  index: number;
  low: number;
  onStack: boolean;
}

// Tarjan, "Depth-first search and linear graph algorithms" (1972): strongly connected components in linear time.
function components(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const marks = new Map<string, Mark>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (path: string): Mark => {
    const mark: Mark = { index: marks.size, low: marks.size, onStack: true };
    marks.set(path, mark);
    stack.push(path);
    for (const next of graph.get(path) ?? []) {
      const seen = marks.get(next);
      if (seen === undefined) mark.low = Math.min(mark.low, visit(next).low);
      else if (seen.onStack) mark.low = Math.min(mark.low, seen.index);
    }
    if (mark.low === mark.index) {
      const component = stack.splice(stack.indexOf(path));
      for (const member of component) (marks.get(member) as Mark).onStack = false;
      found.push(component);
    }
    return mark;
  };
  for (const path of graph.keys()) if (!marks.has(path)) visit(path);
  return found;
}

// One way round: the shortest path from a member back to itself, for the message.
function wayRound(start: string, graph: ReadonlyMap<string, readonly string[]>): string[] {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const at of queue) {
    for (const next of graph.get(at) ?? []) {
      if (next === start) {
        const way = [start];
        for (let back: string | undefined = at; back !== undefined && back !== start; back = cameFrom.get(back)) {
          way.unshift(back);
        }
        return [start, ...way];
      }
      if (!cameFrom.has(next)) {
        cameFrom.set(next, at);
        queue.push(next);
      }
    }
  }
  return [start];
}

/** No file imports itself by any way, imports of types and dynamic imports included. */
export function checkCycles(tree: Tree): Violation[] {
  const known = new Set(tree.sources.map((file) => file.path));
  const graph = new Map<string, readonly string[]>();
  for (const file of tree.sources) {
    const targets = file.imports.flatMap((found) =>
      found.target !== null && known.has(found.target) ? [found.target] : [],
    );
    graph.set(file.path, [...new Set(targets)]);
  }
  return components(graph)
    .filter((members) => members.length > 1 || graph.get(members[0] as string)?.includes(members[0] as string) === true)
    .map((members) => {
      const start = members.toSorted()[0] as string;
      const way = wayRound(start, graph);
      const file = tree.sources.find((one) => one.path === start);
      return {
        path: start,
        line: file?.imports.find((found) => found.target === way[1])?.line ?? 1,
        rule: "no-cycles",
        what: `an import cycle: ${way.join(" -> ")}`,
        why: "files in a cycle can only be understood, moved and loaded together; a cycle of types is one of meanings",
        mend: "move what both need into a file that imports neither",
      };
    });
}
