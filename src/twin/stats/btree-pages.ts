import { PAGE_BYTES } from "../volumes/size.ts";

/*
 * A B-tree that is valid, has the height of a large one and holds nothing: a metapage, one page per level with a single
 * downlink that is less than everything, and an empty leaf. The planner charges for the height (metapage) and reads an
 * index's extremes (a descent to the outermost leaves), and finds its way in it as in a real one.
 *
 * Layouts: PostgreSQL's src/include/access/nbtree.h (metapage version 4, BTPageOpaqueData), storage/bufpage.h,
 * storage/itemid.h and access/itup.h; the same from 13 to 18. All numbers are little-endian, as on every platform that
 * the embedded server is built for.
 */

const PAGE_HEADER_BYTES = 24;
const SPECIAL_BYTES = 16;
const SPECIAL_AT = PAGE_BYTES - SPECIAL_BYTES;
/** Page layout version 4, in the low byte of the page's size. */
const SIZE_AND_VERSION = PAGE_BYTES | 4;
const BTREE_MAGIC = 0x053162;
const META = { root: 8, level: 12, fastRoot: 16, fastLevel: 20 } as const;
const LEAF = 1;
const ROOT = 2;
/** An index tuple whose block number is a downlink and whose key was cut off: less than every key. */
const MINUS_INFINITY = { bytes: 8, info: 0x2000 | 8 } as const;
const ITEM_NORMAL = 1;
const BLOCK_LEAF = 1;

/** The highest tree that a downlink per level is written for; the server's own limit is far above real heights. */
export const HEIGHT_MAX = 12;

/**
 * The first pages of a B-tree's file: metapage, leaf, then one page per level up to the root. `metapage` is that of the
 * index as the server made it when empty, of which everything but root and height is kept. `leaf` is the leaf to use in
 * place of an empty one. Throws when `metapage` is not a B-tree's.
 */
export function treePages(metapage: Uint8Array, height: number, leaf: Uint8Array | null = null): Buffer {
  if (!Number.isInteger(height) || height < 0 || height > HEIGHT_MAX) throw new Error(`no B-tree is ${height} high`);
  const root = BLOCK_LEAF + height;
  const pages = [metaPage(metapage, root, height), leafPage(height, leaf)];
  for (let level = 1; level <= height; level++) pages.push(innerPage(level, level === height, BLOCK_LEAF + level - 1));
  return Buffer.concat(pages);
}

/** Pages that {@link treePages} takes. */
export function treePageCount(height: number): number {
  return height + 2;
}

/** The height that a B-tree's metapage states; null when the page is not a B-tree's metapage. */
export function heightIn(metapage: Uint8Array): number | null {
  const view = Buffer.from(metapage);
  if (view.length < PAGE_BYTES || view.readUInt32LE(PAGE_HEADER_BYTES) !== BTREE_MAGIC) return null;
  return view.readUInt32LE(PAGE_HEADER_BYTES + META.fastLevel);
}

function metaPage(original: Uint8Array, root: number, height: number): Buffer {
  if (heightIn(original) === null) throw new Error("not the metapage of a B-tree");
  const page = Buffer.from(original.subarray(0, PAGE_BYTES));
  const set = (field: keyof typeof META, value: number): void => {
    page.writeUInt32LE(value, PAGE_HEADER_BYTES + META[field]);
  };
  set("root", root);
  set("level", height);
  set("fastRoot", root);
  set("fastLevel", height);
  return page;
}

function emptyPage(lower: number, upper: number, level: number, flags: number): Buffer {
  const page = Buffer.alloc(PAGE_BYTES);
  page.writeUInt16LE(lower, 12);
  page.writeUInt16LE(upper, 14);
  page.writeUInt16LE(SPECIAL_AT, 16);
  page.writeUInt16LE(SIZE_AND_VERSION, 18);
  // No neighbours: it is the only page of its level, hence leftmost and rightmost.
  page.writeUInt32LE(level, SPECIAL_AT + 8);
  page.writeUInt16LE(flags, SPECIAL_AT + 12);
  return page;
}

function leafPage(height: number, given: Uint8Array | null): Buffer {
  const flags = LEAF | (height === 0 ? ROOT : 0);
  if (given === null) return emptyPage(PAGE_HEADER_BYTES, SPECIAL_AT, 0, flags);
  const page = Buffer.from(given.subarray(0, PAGE_BYTES));
  page.fill(0, SPECIAL_AT);
  page.writeUInt16LE(flags, SPECIAL_AT + 12);
  return page;
}

function innerPage(level: number, isRoot: boolean, child: number): Buffer {
  const tupleAt = SPECIAL_AT - MINUS_INFINITY.bytes;
  const page = emptyPage(PAGE_HEADER_BYTES + 4, tupleAt, level, isRoot ? ROOT : 0);
  page.writeUInt32LE(tupleAt | (ITEM_NORMAL << 15) | (MINUS_INFINITY.bytes << 17), PAGE_HEADER_BYTES);
  page.writeUInt16LE(child >>> 16, tupleAt);
  page.writeUInt16LE(child & 0xffff, tupleAt + 2);
  // Bytes 4 and 5 are the number of key columns kept: none.
  page.writeUInt16LE(MINUS_INFINITY.info, tupleAt + 6);
  return page;
}
