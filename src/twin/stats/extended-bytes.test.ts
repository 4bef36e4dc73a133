import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dependenciesBytes, ndistinctBytes, readColumnSets, withShares } from "./extended-bytes.ts";

describe("what extended statistics hold", () => {
  it.each([
    ['{"1, 2": 30}', [{ columns: [1, 2], value: 30 }]],
    [
      '{"1 => 2": 0.5, "1, -1 => 3": 1}',
      [
        { columns: [1, 2], value: 0.5 },
        { columns: [1, -1, 3], value: 1 },
      ],
    ],
    ["{}", []],
    ["[]", null],
    ['{"1, x": 2}', null],
    ['{"1, 2": "many"}', null],
    ["{", null],
  ])("is read from %s", (text, sets) => {
    expect(readColumnSets(text)).toEqual(sets);
  });

  it("is stored without gaps", () => {
    const set = { columns: [1, -2], value: 3 };
    expect(ndistinctBytes([set]).toString("hex")).toBe("a4bf52a301000000010000000000000000000840020000000100feff");
    expect(dependenciesBytes([set]).toString("hex")).toBe("2c9a54b40100000001000000000000000000084002000100feff");
  });

  it("takes shares in any order, and nothing else of a list", () => {
    const item = fc.record({
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      baseShare: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 8 }), (items, columns) => {
        const size = 3 * columns + 16;
        const head = Buffer.alloc(20, 7);
        const list = Buffer.concat([head, ...items.map((_, at) => Buffer.alloc(size, at))]);
        const order = items.map((one, at) => ({ ...one, at })).toReversed();
        const moved = withShares(list, columns, order);
        return (
          moved.subarray(0, 20).equals(head) &&
          order.every(({ at, share, baseShare }, index) => {
            const one = moved.subarray(20 + index * size, 20 + (index + 1) * size);
            return (
              one[0] === at &&
              one.at(-1) === at &&
              one.readDoubleLE(columns) === share &&
              one.readDoubleLE(columns + 8) === baseShare
            );
          })
        );
      }),
    );
  });

  it("is refused where a list is shorter than its items", () => {
    expect(() => withShares(Buffer.alloc(20), 2, [{ at: 0, share: 1, baseShare: 1 }])).toThrow("shorter");
  });
});
