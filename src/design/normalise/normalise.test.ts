import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { closure, equivalent } from "./closure.ts";
import type { Dependency } from "./closure.ts";
import { minimalCover } from "./cover.ts";
import { candidateKeys, isSuperkey } from "./keys.ts";
import { normalFormOf } from "./normal-form.ts";
import { decomposeBcnf } from "./analysis.ts";
import { isLossless, preservesDependencies } from "./lossless.ts";
import { projected, synthesise3nf } from "./synthesis.ts";

const fd = (text: string): Dependency => {
  const [from = "", to = ""] = text.split("->");
  return { from: [...from], to: [...to] };
};
const fds = (...texts: readonly string[]): Dependency[] => texts.map(fd);

const LETTERS = ["A", "B", "C", "D", "E", "F"] as const;
const some = fc.subarray([...LETTERS], { minLength: 1, maxLength: 3 });
const relation = fc.record({
  attributes: fc.constant([...LETTERS]),
  dependencies: fc.array(fc.record({ from: some, to: some }), { maxLength: 6 }),
});

// Every subset by itself: the definition, without an algorithm.
function keysByDefinition(attributes: readonly string[], dependencies: readonly Dependency[]): string[] {
  const subsets = Array.from({ length: 2 ** attributes.length }, (_, bits) =>
    attributes.filter((_one, at) => (bits & (1 << at)) !== 0),
  );
  const supers = subsets.filter((set) => isSuperkey(set, attributes, dependencies));
  return supers
    .filter(
      (set) =>
        !supers.some((other) => other.length < set.length && other.every((attribute) => set.includes(attribute))),
    )
    .map((set) => set.join(""))
    .toSorted();
}

describe("textbook relations", () => {
  const check = (
    attributes: string,
    dependencies: readonly string[],
    expected: { keys: string[]; form: string },
  ): void => {
    const found = normalFormOf([...attributes], fds(...dependencies));
    expect(found.keys.map((key) => key.join(""))).toEqual(expected.keys);
    expect(found.form).toBe(expected.form);
  };
  test.each([
    ["ABC", ["A->B", "B->C"], { keys: ["A"], form: "2NF" }],
    ["ABC", ["AB->C", "B->C"], { keys: ["AB"], form: "1NF" }],
    ["ABC", ["AB->C", "C->B"], { keys: ["AB", "AC"], form: "3NF" }],
    ["ABC", ["A->BC"], { keys: ["A"], form: "BCNF" }],
    ["AB", [], { keys: ["AB"], form: "BCNF" }],
    ["ABCD", ["A->B", "B->A", "A->CD"], { keys: ["A", "B"], form: "BCNF" }],
  ] as const)("%s with %j", (attributes, dependencies, expected) => {
    check(attributes, dependencies, { keys: [...expected.keys], form: expected.form });
  });

  test("a minimal cover leaves out what the rest implies", () => {
    const cover = minimalCover(fds("A->BC", "B->C", "A->B", "AB->C"));
    expect(cover.map(({ from, to }) => `${from.join("")}->${to.join("")}`)).toEqual(["A->B", "B->C"]);
  });

  test("a transitive dependency becomes a relation of its own", () => {
    const relations = synthesise3nf(["A", "B", "C"], fds("A->B", "B->C"));
    expect(relations.map((one) => one.attributes.join(""))).toEqual(["AB", "BC"]);
  });
});

describe("laws", () => {
  test("the closure contains its start, grows with it and is closed", () => {
    fc.assert(
      fc.property(relation, some, some, ({ dependencies }, a, b) => {
        const own = closure(a, dependencies);
        const wider = closure([...a, ...b], dependencies);
        expect(a.every((attribute) => own.has(attribute))).toBe(true);
        expect([...own].every((attribute) => wider.has(attribute))).toBe(true);
        expect(new Set(closure(own, dependencies))).toEqual(new Set(own));
      }),
    );
  });

  test("candidate keys are those of the definition", () => {
    fc.assert(
      fc.property(relation, ({ attributes, dependencies }) => {
        const found = candidateKeys(attributes, dependencies)
          .map((key) => key.join(""))
          .toSorted();
        expect(found).toEqual(keysByDefinition(attributes, dependencies));
      }),
    );
  });

  test("a minimal cover says the same, one attribute at a time, and nothing twice", () => {
    fc.assert(
      fc.property(relation, ({ dependencies }) => {
        const cover = minimalCover(dependencies);
        expect(equivalent(cover, dependencies)).toBe(true);
        for (const one of cover) {
          expect(one.to).toHaveLength(1);
          expect(
            equivalent(
              cover.filter((other) => other !== one),
              cover,
            ),
          ).toBe(false);
        }
      }),
    );
  });

  test("synthesis is lossless, preserves dependencies and is in third normal form", () => {
    fc.assert(
      fc.property(relation, ({ attributes, dependencies }) => {
        const relations = synthesise3nf(attributes, dependencies);
        const sets = relations.map((one) => one.attributes);
        expect(new Set(sets.flat())).toEqual(new Set(attributes));
        expect(isLossless(attributes, sets, dependencies)).toBe(true);
        expect(preservesDependencies(sets, dependencies)).toBe(true);
        for (const set of sets) expect(["3NF", "BCNF"]).toContain(normalFormOf(set, projected(set, dependencies)).form);
      }),
    );
  });

  test("analysis is lossless and in Boyce–Codd normal form", () => {
    fc.assert(
      fc.property(relation, ({ attributes, dependencies }) => {
        const sets = decomposeBcnf(attributes, dependencies).map((one) => one.attributes);
        expect(isLossless(attributes, sets, dependencies)).toBe(true);
        for (const set of sets) expect(normalFormOf(set, projected(set, dependencies)).form).toBe("BCNF");
      }),
    );
  });

  test("the form does not depend on the order of the dependencies", () => {
    fc.assert(
      fc.property(relation, ({ attributes, dependencies }) => {
        expect(normalFormOf(attributes, dependencies).form).toBe(
          normalFormOf(attributes, dependencies.toReversed()).form,
        );
      }),
    );
  });
});
