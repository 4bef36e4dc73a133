import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Dependency } from "../../model/dependency.ts";
import { analysis, decomposeBcnf } from "./analysis.ts";
import { isLossless, preservesDependencies } from "./lossless.ts";
import { normalFormOf } from "./normal-form.ts";
import type { NormalForm } from "./normal-form.ts";
import { normalise } from "./normalise.ts";
import { namesOf, schemeOf } from "./scheme.ts";
import { projected, synthesise3nf } from "./synthesis.ts";

/*
 * Random dependencies against the definitions, by trying all subsets: sets are the bits of a number here, and nothing
 * is shared with the code under test.
 */

interface Case {
  readonly width: number;
  readonly fds: readonly (readonly [number, number])[];
}

const LETTERS = "ABCDEFG";
const names = (set: number): string[] => [...LETTERS].filter((_, at) => ((set >> at) & 1) === 1);
const setFor = (attributes: readonly string[]): number =>
  attributes.reduce((set, name) => set | (1 << LETTERS.indexOf(name)), 0);
const inside = (a: number, b: number): boolean => (a & ~b) === 0;
const named = ({ fds }: Case): Dependency[] => fds.map(([from, to]) => ({ from: names(from), to: names(to) }));

function cases(widthMax: number): fc.Arbitrary<Case> {
  return fc.integer({ min: 1, max: widthMax }).chain((width) => {
    const side = fc.integer({ min: 1, max: 2 ** width - 1 });
    // Left sides of one or two attributes make the interesting relations; larger ones are mostly keys.
    const left = fc.oneof(
      fc.integer({ min: 0, max: width - 1 }).map((at) => 1 << at),
      fc.tuple(fc.nat(width - 1), fc.nat(width - 1)).map(([a, b]) => (1 << a) | (1 << b)),
      side,
    );
    return fc.record({ width: fc.constant(width), fds: fc.array(fc.tuple(left, side), { maxLength: 8 }) });
  });
}

function closed(start: number, fds: Case["fds"]): number {
  let set = start;
  for (let before = -1; before !== set;) {
    before = set;
    for (const [from, to] of fds) if (inside(from, set)) set |= to;
  }
  return set;
}

function keysByDefinition(all: number, fds: Case["fds"]): number[] {
  const supers = subsets(all).filter((set) => inside(all, closed(set, fds)));
  return supers.filter((set) => !supers.some((other) => other !== set && inside(other, set)));
}

function subsets(all: number): number[] {
  const found = [0];
  for (let set = all; set > 0; set = (set - 1) & all) found.push(set);
  return found;
}

function formByDefinition(all: number, fds: Case["fds"]): NormalForm {
  const keys = keysByDefinition(all, fds);
  const prime = keys.reduce((set, key) => set | key, 0);
  let form: NormalForm = "BCNF";
  const worsen = (to: NormalForm): void => {
    const order: NormalForm[] = ["1NF", "2NF", "3NF", "BCNF"];
    if (order.indexOf(to) < order.indexOf(form)) form = to;
  };
  for (const left of subsets(all)) {
    const reached = closed(left, fds) & all;
    const gained = reached & ~left;
    if (gained === 0 || reached === all) continue;
    worsen("3NF");
    if ((gained & ~prime) === 0) continue;
    worsen("2NF");
    if (keys.some((key) => key !== left && inside(left, key))) worsen("1NF");
  }
  return form;
}

describe("against the definitions", () => {
  test("the normal form, and its violations", () => {
    fc.assert(
      fc.property(cases(6), (given) => {
        const all = 2 ** given.width - 1;
        const { form, keys, violations } = normalFormOf(names(all), named(given));
        expect(new Set(keys.map(setFor))).toEqual(new Set(keysByDefinition(all, given.fds)));
        expect(form).toBe(formByDefinition(all, given.fds));
        for (const { dependency } of violations) {
          const [left, right] = [setFor(dependency.from), setFor(dependency.to)];
          expect(inside(right, closed(left, given.fds)) && !inside(right, left)).toBe(true);
          expect(inside(all, closed(left, given.fds))).toBe(false);
        }
      }),
      { numRuns: 400 },
    );
  });

  test("the dependencies of a part of the attributes", () => {
    fc.assert(
      fc.property(cases(6), fc.nat(63), (given, bits) => {
        const part = bits & (2 ** given.width - 1);
        const own = projected(names(part), named(given)).map(({ from, to }) => [setFor(from), setFor(to)] as const);
        expect(own.every(([from, to]) => inside(from | to, part))).toBe(true);
        for (const set of subsets(part)) expect(closed(set, own)).toBe(closed(set, given.fds) & part);
      }),
      { numRuns: 300 },
    );
  });

  test("preservation, by the parts' own closures", () => {
    fc.assert(
      fc.property(
        cases(5),
        fc.array(fc.integer({ min: 1, max: 31 }), { minLength: 1, maxLength: 4 }),
        (given, sets) => {
          const parts = sets.map((set) => set & (2 ** given.width - 1)).filter((set) => set !== 0);
          const own = parts.flatMap((part) =>
            subsets(part).map((from) => [from, closed(from, given.fds) & part] as const),
          );
          const kept = given.fds.every(([from, to]) => inside(to, closed(from, own)));
          expect(preservesDependencies(parts.map(names), named(given))).toBe(kept);
        },
      ),
      { numRuns: 300 },
    );
  });
});

type Row = readonly number[];

// Every way that n rows can agree and differ in one attribute: as many small instances as there are, up to renaming.
function agreements(rows: number): Row[] {
  let found: number[][] = [[]];
  for (let row = 0; row < rows; row++) {
    found = found.flatMap((start) =>
      Array.from({ length: Math.max(-1, ...start) + 2 }, (_, symbol) => [...start, symbol]),
    );
  }
  return found;
}

function instances(width: number, rows: number): Row[][] {
  let found: Row[][] = [Array.from({ length: rows }, () => [])];
  for (let at = 0; at < width; at++)
    found = found.flatMap((instance) =>
      agreements(rows).map((column) => instance.map((row, place) => [...row, column[place] ?? 0])),
    );
  return found;
}

const agree = (a: Row, b: Row, set: number): boolean =>
  a.every((value, at) => ((set >> at) & 1) === 0 || value === b[at]);

const holdsIn = (instance: readonly Row[], fds: Case["fds"]): boolean =>
  fds.every(([from, to]) => instance.every((a) => instance.every((b) => !agree(a, b, from) || agree(a, b, to))));

// Rows of the join of the projections: each combination of one row per part that agrees where parts meet.
function joined(instance: readonly Row[], parts: readonly number[], width: number): Set<string> {
  let partial: (readonly (number | null)[])[] = [Array.from({ length: width }, () => null)];
  for (const part of parts) {
    partial = partial.flatMap((row) =>
      instance.flatMap((own) => {
        const fits = row.every((value, at) => value === null || ((part >> at) & 1) === 0 || value === own[at]);
        return fits ? [row.map((value, at) => (((part >> at) & 1) === 1 ? (own[at] ?? null) : value))] : [];
      }),
    );
  }
  return new Set(partial.map((row) => row.join()));
}

describe("losslessness", () => {
  // A decomposition into n parts that loses something does so on n rows already: those of the chase.
  test("the chase against the join of every small instance", () => {
    fc.assert(
      fc.property(
        cases(4),
        fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 2, maxLength: 3 }),
        (given, sets) => {
          const all = 2 ** given.width - 1;
          const parts = sets.map((set) => set & all).filter((set) => set !== 0);
          fc.pre(parts.reduce((a, b) => a | b, 0) === all);
          const survives = instances(given.width, parts.length)
            .filter((instance) => holdsIn(instance, given.fds))
            .every(
              (instance) =>
                joined(instance, parts, given.width).size === new Set(instance.map((row) => row.join())).size,
            );
          expect(isLossless(names(all), parts.map(names), named(given))).toBe(survives);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("of both decompositions, on instances too", () => {
    fc.assert(
      fc.property(cases(4), (given) => {
        const all = 2 ** given.width - 1;
        for (const relations of [synthesise3nf(names(all), named(given)), decomposeBcnf(names(all), named(given))]) {
          const parts = relations.map(({ attributes }) => setFor(attributes));
          for (const instance of instances(given.width, 2)) {
            if (!holdsIn(instance, given.fds)) continue;
            expect(joined(instance, parts, given.width).size).toBe(new Set(instance.map((row) => row.join())).size);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("the whole result", () => {
  test.each(["3NF", "BCNF"] as const)("to %s holds what it says", (target) => {
    fc.assert(
      fc.property(cases(7), (given) => {
        const all = 2 ** given.width - 1;
        const result = normalise({ attributes: names(all), dependencies: named(given), target });
        const sets = result.relations.map(({ attributes }) => attributes);
        expect(result.lossless).toBe(true);
        expect(isLossless(names(all), sets, named(given))).toBe(true);
        expect(result.preservesDependencies).toBe(preservesDependencies(sets, named(given)));
        if (target === "3NF") expect(result.preservesDependencies).toBe(true);
        for (const relation of result.relations) {
          const form = formByDefinition(setFor(relation.attributes), ownOf(setFor(relation.attributes), given.fds));
          expect(relation.normalForm).toBe(form);
          expect(target === "3NF" ? ["3NF", "BCNF"] : ["BCNF"]).toContain(form);
        }
        // No relation lies within another.
        for (const a of sets) for (const b of sets) if (a !== b) expect(inside(setFor(a), setFor(b))).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});

test("Boyce–Codd normal form holds where a relation's dependencies are too many to list", () => {
  fc.assert(
    fc.property(cases(7), (given) => {
      const all = 2 ** given.width - 1;
      const scheme = schemeOf(names(all), named(given));
      const parts = analysis(scheme, 0).map((set) => namesOf(scheme, set));
      expect(isLossless(names(all), parts, named(given))).toBe(true);
      for (const part of parts) expect(formByDefinition(setFor(part), ownOf(setFor(part), given.fds))).toBe("BCNF");
    }),
    { numRuns: 300 },
  );
});

const ownOf = (part: number, fds: Case["fds"]): Case["fds"] =>
  subsets(part).map((from) => [from, closed(from, fds) & part] as const);
