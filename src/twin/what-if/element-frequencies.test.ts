import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { documentElements, elementsOfList, elementsOfSample, trigramsOf } from "./element-frequencies.ts";
import type { ElementClass } from "./element-frequencies.ts";

const postings = (classes: readonly ElementClass[]): number =>
  classes.reduce((sum, { count, rows }) => sum + count * rows, 0);
const different = (classes: readonly ElementClass[]): number => classes.reduce((sum, { count }) => sum + count, 0);

describe("how often elements come", () => {
  it("by a list comes to as many as the rows hold together", () => {
    const share = fc.double({ min: 1e-4, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(share, { maxLength: 60 }),
        fc.double({ min: 0, max: 50, noNaN: true }),
        fc.integer({ min: 1_000, max: 1e7 }),
        (shares, more, rows) => {
          const perRow = shares.reduce((sum, one) => sum + one, 0) * 1.05 + more;
          const classes = elementsOfList(shares, perRow, rows);
          for (const one of classes) expect(one.rows).toBeGreaterThanOrEqual(1);
          if (perRow > 0.1) expect(postings(classes) / (perRow * rows)).toBeGreaterThan(0.9);
          if (perRow > 0.1) expect(postings(classes) / (perRow * rows)).toBeLessThan(1.1);
        },
      ),
    );
  });

  it("by Zipf's law goes on beyond the list", () => {
    // 22,000 elements, each as frequent as its rank is low; the first 1,000 are listed.
    const shares = Array.from({ length: 22_000 }, (_, at) => 0.6 / (at + 1));
    const perRow = shares.reduce((sum, one) => sum + one, 0);
    const found = different(elementsOfList(shares.slice(0, 1_000), perRow, 200_000));
    expect(found).toBeGreaterThan(15_000);
    expect(found).toBeLessThan(33_000);
  });

  it("by a sample tells what is different everywhere from what repeats", () => {
    const documents = Array.from({ length: 100 }, (_, n) => ({ id: n, kind: `k${n % 5}`, at: { city: (n * 7) % 60 } }));
    const elements = documents.map((document) => documentElements(JSON.stringify(document), true));
    const classes = elementsOfSample(elements, 50_000);
    // Five kinds, sixty cities, and numbers of which none came twice.
    expect(different(classes)).toBeGreaterThan(10_000);
    expect(different(classes)).toBeLessThan(50_100);
    expect(postings(classes)).toBeCloseTo(150_000, -3);
    expect(
      different(
        elementsOfSample(
          elements.map((one) => one.slice(1)),
          50_000,
        ),
      ),
    ).toBeLessThan(200);
  });

  it.each([
    ["Word", ["  w", " wo", "wor", "ord", "rd "]],
    ["a-b a", ["  a", " a ", "  b", " b "]],
    ["", []],
  ])("takes trigrams of %j as pg_trgm does", (text, trigrams) => {
    expect(trigramsOf(text).map((one) => one.text)).toEqual(trigrams);
  });

  it.each([
    ['{"a": {"b": [1, 1, "x"]}, "c": null}', 6, 3],
    ["[]", 0, 0],
    ["no document", 0, 0],
  ])("of the document %s keeps %i keys and values, %i paths", (text, all, paths) => {
    expect(documentElements(text, false)).toHaveLength(all);
    expect(documentElements(text, true)).toHaveLength(paths);
  });
});
