import fc from "fast-check";
import { expect, test } from "vitest";
import { cycleThrough, cyclicGroups } from "./cycles.ts";
import type { Edge } from "./cycles.ts";

const graphs = fc.array(fc.record({ from: fc.constantFrom(..."abcdefgh"), to: fc.constantFrom(..."abcdefgh") }), {
  maxLength: 20,
});

// Reachability by repeated widening: slow, and plainly right.
function reached(start: string, edges: readonly Edge[]): ReadonlySet<string> {
  const seen = new Set<string>();
  for (let grown = true; grown;) {
    const before = seen.size;
    for (const { from, to } of edges) if (from === start || seen.has(from)) seen.add(to);
    grown = seen.size > before;
  }
  return seen;
}

test("nodes are in one group exactly when each reaches the other", () => {
  fc.assert(
    fc.property(graphs, (edges) => {
      const groups = cyclicGroups(edges);
      const groupOf = new Map(groups.flatMap((group, at) => group.map((node) => [node, at] as const)));
      expect(groupOf.size).toBe(groups.flat().length);
      for (const a of "abcdefgh") {
        for (const b of "abcdefgh") {
          if (a === b) continue;
          const mutual = reached(a, edges).has(b) && reached(b, edges).has(a);
          expect(groupOf.has(a) && groupOf.get(a) === groupOf.get(b)).toBe(mutual);
        }
      }
    }),
  );
});

test("a way back goes from edge to edge, through each node once, and is found where there is one", () => {
  fc.assert(
    fc.property(graphs, (edges) => {
      const way = cycleThrough("a", edges);
      const plain = edges.filter(({ from, to }) => from !== to);
      expect(way.length > 0).toBe(reached("a", plain).has("a"));
      if (way.length === 0) return;
      expect([way[0]?.from, way.at(-1)?.to]).toEqual(["a", "a"]);
      for (const [at, edge] of way.entries()) if (at > 0) expect(edge.from).toBe(way[at - 1]?.to);
      expect(new Set(way.map(({ from }) => from)).size).toBe(way.length);
    }),
  );
});

test("long chains need no deep stack", () => {
  const edges = Array.from({ length: 50_000 }, (_, at) => ({ from: `n${at}`, to: `n${(at + 1) % 50_000}` }));
  expect(cyclicGroups(edges).map((group) => group.length)).toEqual([50_000]);
  expect(cycleThrough("n0", edges).length).toBe(50_000);
});
