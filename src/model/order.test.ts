import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cyclesOf, inOrder } from "./order.ts";
import type { OrderNode } from "./order.ts";

// A graph as a list of needs: `a: b c` needs b and c.
function graph(text: string): OrderNode[] {
  return text.split("\n").map((line) => {
    const [id = "", needs = ""] = line.split(":");
    return { id: id.trim(), needs: needs.split(" ").filter((need) => need !== "") };
  });
}

const ids = (nodes: readonly OrderNode[]): string => nodes.map((node) => node.id).join(" ");

describe("inOrder", () => {
  test.each([
    ["what nobody constrains keeps its place", "b:\na:\nc:", "b a c"],
    ["needs come first", "a: c\nb: a\nc:", "c a b"],
    ["unknown needs are ignored", "a: nowhere\nb:", "a b"],
    ["a cycle does not hang", "a: b\nb: a\nc: b", "b a c"],
    ["a node that needs itself", "a: a", "a"],
  ])("%s", (_name, text, expected) => {
    expect(ids(inOrder(graph(text)))).toBe(expected);
  });

  test("every need of a graph without cycles is met, and nothing is lost", () => {
    const acyclic = fc
      .array(fc.array(fc.nat(40), { maxLength: 5 }), { maxLength: 40 })
      .map((lists) =>
        lists.map((needs, id) => ({
          id: `n${id}`,
          needs: needs.filter((need) => need < id).map((need) => `n${need}`),
        })),
      )
      .chain((nodes) => fc.shuffledSubarray(nodes, { minLength: nodes.length }));
    fc.assert(
      fc.property(acyclic, (nodes) => {
        const placeOf = new Map(inOrder(nodes).map((node, place) => [node.id, place]));
        expect(placeOf.size).toBe(nodes.length);
        for (const node of nodes)
          for (const need of node.needs) expect(placeOf.get(need)).toBeLessThan(placeOf.get(node.id) ?? -1);
      }),
    );
  });

  test("a chain of a hundred thousand does not exhaust the stack", () => {
    const nodes = Array.from({ length: 100_000 }, (_, id) => ({ id: String(id), needs: [String(id + 1)] }));
    expect(inOrder(nodes)[0]?.id).toBe("99999");
    expect(new Set(cyclesOf(nodes).values()).size).toBe(100_000);
  });
});

test("cyclesOf: two nodes share a component exactly when each reaches the other", () => {
  const any = fc
    .array(fc.array(fc.nat(11), { maxLength: 3 }), { minLength: 1, maxLength: 12 })
    .map((lists) => lists.map((needs, id) => ({ id: String(id), needs: needs.map(String) })));
  const reaches = (nodes: readonly OrderNode[], from: string, to: string): boolean => {
    const seen = new Set([from]);
    for (const id of seen) for (const need of nodes.find((node) => node.id === id)?.needs ?? []) seen.add(need);
    return seen.has(to);
  };
  fc.assert(
    fc.property(any, (nodes) => {
      const component = cyclesOf(nodes);
      for (const a of nodes)
        for (const b of nodes)
          expect(component.get(a.id) === component.get(b.id)).toBe(
            reaches(nodes, a.id, b.id) && reaches(nodes, b.id, a.id),
          );
    }),
  );
});
