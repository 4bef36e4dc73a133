import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PAGE_BYTES, SEGMENT_BYTES, heapPages, scaledIndexPages, segmentSizes } from "./size.ts";

describe("sizes", () => {
  it.each([
    [0, 100, 0],
    [1, 100, 1],
    // 8,168 bytes of room, 104 + 4 per row: 75 a page.
    [75, 100, 1],
    [76, 100, 2],
    [10, 9000, 10],
  ])("%i rows of %i bytes take %i pages", (rows, bytes, pages) => {
    expect(heapPages(rows, bytes)).toBe(pages);
  });

  it("an index never shrinks, and its metapage does not grow", () => {
    expect(scaledIndexPages(1, 1000)).toBe(1);
    expect(scaledIndexPages(11, 10)).toBe(101);
    expect(scaledIndexPages(11, 0.1)).toBe(11);
  });

  it("segments add up to the whole, all full but the last", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500_000_000 }), (pages) => {
        const sizes = segmentSizes(pages);
        const sum = sizes.reduce((total, size) => total + size, 0);
        return (
          sum === pages * PAGE_BYTES && sizes.slice(0, -1).every((size) => size === SEGMENT_BYTES) && sizes.length > 0
        );
      }),
      { numRuns: 200 },
    );
  });
});
