import { PAGE_BYTES } from "../volumes/size.ts";

/*
 * Leaves of B-trees as pages: taken apart, and put together of entries. Layouts as in btree-pages.ts.
 */

const PAGE_HEADER_BYTES = 24;
const SPECIAL_AT = PAGE_BYTES - 16;
const LEAF = 1;

/** The entries on all leaves of a B-tree's file, by the place of their row as the server prints it: `(0,1)`. */
export function leafTuples(file: Buffer): ReadonlyMap<string, Buffer> {
  const tuples = new Map<string, Buffer>();
  for (let start = PAGE_BYTES; start + PAGE_BYTES <= file.length; start += PAGE_BYTES) {
    const page = file.subarray(start, start + PAGE_BYTES);
    if ((page.readUInt16LE(SPECIAL_AT + 12) & LEAF) === 0) continue;
    // With a right neighbour the first item is a bound and no entry.
    const first = page.readUInt32LE(SPECIAL_AT + 4) === 0 ? 0 : 1;
    const items = (page.readUInt16LE(12) - PAGE_HEADER_BYTES) / 4;
    for (let item = first; item < items; item++) {
      const pointer = page.readUInt32LE(PAGE_HEADER_BYTES + 4 * item);
      const tuple = page.subarray(pointer & 0x7fff, (pointer & 0x7fff) + (pointer >>> 17));
      const block = tuple.readUInt16LE(0) * 65_536 + tuple.readUInt16LE(2);
      tuples.set(`(${block},${tuple.readUInt16LE(4)})`, Buffer.from(tuple));
    }
  }
  return tuples;
}

/**
 * A leaf with these entries, in this order, as of the first rows of the table's first page. Null where they do not fit.
 */
export function leafOf(tuples: readonly Buffer[]): Buffer | null {
  const page = Buffer.alloc(PAGE_BYTES);
  let upper = SPECIAL_AT;
  for (const [index, tuple] of tuples.entries()) {
    upper -= Math.ceil(tuple.length / 8) * 8;
    if (upper < PAGE_HEADER_BYTES + 4 * tuples.length) return null;
    tuple.copy(page, upper);
    page.writeUInt32LE(0, upper);
    page.writeUInt16LE(index + 1, upper + 4);
    page.writeUInt32LE((upper | (1 << 15) | (tuple.length << 17)) >>> 0, PAGE_HEADER_BYTES + 4 * index);
  }
  page.writeUInt16LE(PAGE_HEADER_BYTES + 4 * tuples.length, 12);
  page.writeUInt16LE(upper, 14);
  page.writeUInt16LE(SPECIAL_AT, 16);
  page.writeUInt16LE(PAGE_BYTES | 4, 18);
  page.writeUInt16LE(LEAF, SPECIAL_AT + 12);
  return page;
}

/** A visibility map that says of a table's first page alone that all see its rows (visibilitymapdefs.h). */
export function firstPageVisible(): Buffer {
  const page = Buffer.alloc(PAGE_BYTES);
  page.writeUInt16LE(PAGE_HEADER_BYTES, 12);
  page.writeUInt16LE(PAGE_BYTES, 14);
  page.writeUInt16LE(PAGE_BYTES, 16);
  page.writeUInt16LE(PAGE_BYTES | 4, 18);
  page.writeUInt8(1, PAGE_HEADER_BYTES);
  return page;
}
