import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PAGE_BYTES } from "../volumes/size.ts";
import { btreeHeight } from "./btree-height.ts";
import { HEIGHT_MAX, heightIn, treePageCount, treePages } from "./btree-pages.ts";

const emptyMetapage = (): Buffer => {
  const page = Buffer.alloc(PAGE_BYTES);
  page.writeUInt32LE(0x053162, 24);
  return page;
};

describe("a miniature B-tree", () => {
  it("leads from its root down to a leaf, one level a page, at every height", () => {
    for (let height = 0; height <= HEIGHT_MAX; height++) {
      const pages = treePages(emptyMetapage(), height);
      expect(pages.length).toBe(treePageCount(height) * PAGE_BYTES);
      expect(heightIn(pages)).toBe(height);
      let block = pages.readUInt32LE(24 + 8);
      for (let level = height; level >= 0; level--) {
        const page = pages.subarray(block * PAGE_BYTES, (block + 1) * PAGE_BYTES);
        const special = page.readUInt16LE(16);
        expect(page.readUInt32LE(special + 8)).toBe(level);
        expect(page.readUInt16LE(special + 12)).toBe((level === 0 ? 1 : 0) | (level === height ? 2 : 0));
        if (level === 0) break;
        const tuple = page.readUInt32LE(24) & 0x7fff;
        expect(tuple).toBe(page.readUInt16LE(14));
        block = page.readUInt16LE(tuple) * 65_536 + page.readUInt16LE(tuple + 2);
      }
      expect(block).toBe(1);
    }
  });

  it("is made of nothing but a B-tree's metapage", () => {
    expect(heightIn(Buffer.alloc(PAGE_BYTES))).toBeNull();
    expect(() => treePages(Buffer.alloc(PAGE_BYTES), 1)).toThrow("metapage");
    expect(() => treePages(emptyMetapage(), HEIGHT_MAX + 1)).toThrow("high");
  });
});

describe("an estimated height", () => {
  const key = (width_bytes: number | null, distinct: number | null): Parameters<typeof btreeHeight>[1] => [
    { width_bytes, distinct },
  ];

  // Pages and levels of indexes that PostgreSQL 18 built, read with pageinspect.
  it.each([
    ["50,000 integers", 139, key(4, 50_000), 50_000, 1],
    ["1.5 million integers", 4116, key(4, 1_500_000), 1_500_000, 2],
    ["1.5 million rows of 20,000 integers", 1257, key(4, 20_000), 1_500_000, 2],
    ["1.5 million rows of 5 integers", 1272, key(4, 5), 1_500_000, 2],
    ["two integers, the second of 4", 4116, [...key(4, 375_000), ...key(4, 4)], 1_500_000, 2],
    ["two integers, the first of 5", 1374, [...key(4, 5), ...key(4, 500_000)], 500_000, 2],
    ["300,000 texts of 32", 2165, key(33, 300_000), 300_000, 2],
    ["200,000 UUIDs", 773, key(16, 200_000), 200_000, 2],
    ["30,000 texts of 256", 1214, key(260, 30_000), 30_000, 3],
    ["30,000 texts of 932 that compress well", 320, key(936, 30_000), 30_000, 2],
  ] as const)("%s", (_, pages, keys, rows, height) => {
    expect(btreeHeight(pages, keys, rows)).toBe(height);
  });

  it("grows with pages and with the width of keys, and does not run away", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 - 2 }), fc.integer({ min: 1, max: 2000 }), (pages, width_bytes) => {
        const height = btreeHeight(pages, key(width_bytes, null));
        return (
          height <= HEIGHT_MAX &&
          height <= btreeHeight(Math.min(2 ** 32 - 2, pages * 2), key(width_bytes, null)) &&
          height <= btreeHeight(pages, key(width_bytes + 8, null))
        );
      }),
    );
  });
});
