import { PAGE_BYTES } from "../volumes/size.ts";
import { HEIGHT_MAX } from "./btree-pages.ts";

/** Share of an inner page that is filled when a B-tree is built, and kept where its right edge splits (nbtree.h). */
const INNER_FILL = 0.7;
/** Share of a leaf that is filled when a B-tree is built. */
const LEAF_FILL = 0.9;
const PAGE_HEADER_BYTES = 24;
const SPECIAL_BYTES = 16;
const LINE_POINTER_BYTES = 4;
const TUPLE_HEADER_BYTES = 8;
const ROW_ADDRESS_BYTES = 8;

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** A key column of an index, as far as the height hangs on it. */
export interface KeyWidth {
  /** Average width of its values; null where it is not known. */
  readonly width_bytes: number | null;
  /** Number of different values; null where it is not known. */
  readonly distinct: number | null;
}

/** Assumed where no statistics tell a key's width: between an integer and a short text. */
const WIDTH_UNKNOWN_BYTES = 16;

/**
 * Levels above the leaves of a B-tree of `pages` pages. A level has as many pages as its inner tuples fill, up to the
 * root: an inner tuple is 8 bytes of header and a line pointer of 4 plus the leading columns that tell two neighbouring
 * leaves apart (the rest is cut off: "suffix truncation"); where all columns together cannot, the row's address too.
 * Inner pages are filled to 70 %. Keys over 508 bytes are compressed where they can be: with `rows` (entries) known, the
 * leaves' own size says how far. Source: src/backend/access/nbtree/README and nbtsort.c of PostgreSQL,
 * TOAST_INDEX_TARGET in heaptoast.h.
 */
export function btreeHeight(pages: number, keys: readonly KeyWidth[], rows: number | null = null): number {
  let level = Math.max(1, pages - 1);
  const perPage = fanOut(level, keys, rows);
  // Inner pages are a part of the file, which the leaves do not have.
  level = Math.max(1, Math.ceil(level * (1 - 1 / perPage)));
  let height = 0;
  for (; level > 1 && height < HEIGHT_MAX; height++) level = Math.ceil(level / perPage);
  return height;
}

/** Wider keys are compressed in an index: a sixteenth of a page. */
const COMPRESSED_FROM_BYTES = 508;

function fanOut(leaves: number, keys: readonly KeyWidth[], rows: number | null): number {
  let width_bytes = 0;
  let combinations = 1;
  for (const key of keys) {
    width_bytes += Math.max(1, key.width_bytes ?? WIDTH_UNKNOWN_BYTES);
    combinations *= Math.max(1, key.distinct ?? leaves);
    if (combinations >= leaves) break;
  }
  if (rows !== null && width_bytes > COMPRESSED_FROM_BYTES) {
    // Equal keys share a tuple.
    const tuples = Math.max(1, Math.min(rows, combinations));
    width_bytes = Math.min(width_bytes, Math.max(1, (leaves * PAGE_BYTES * LEAF_FILL) / tuples - TUPLE_HEADER_BYTES));
  }
  if (combinations < leaves) width_bytes += ROW_ADDRESS_BYTES;
  const tuple_bytes = aligned(TUPLE_HEADER_BYTES + width_bytes) + LINE_POINTER_BYTES;
  return Math.max(2, Math.floor(((PAGE_BYTES - PAGE_HEADER_BYTES - SPECIAL_BYTES) * INNER_FILL) / tuple_bytes));
}
