/** Bytes of a page, and of a segment file, in a server built with the defaults. */
export const PAGE_BYTES = 8192;
/** @see PAGE_BYTES */
export const SEGMENT_BYTES: number = 1024 ** 3;

/** The server numbers a relation's pages with 32 bits: a table or an index has at most 32 TiB. */
export const PAGES_MAX: number = 2 ** 32 - 2;

const PAGE_HEADER_BYTES = 24;
const LINE_POINTER_BYTES = 4;
/** Tuples begin at multiples of 8 bytes (MAXALIGN). */
const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/**
 * Pages that hold `rows` of `row_bytes` each (with their 23-byte header), at a fill factor of 0 to 1: the
 * layout of a heap page in the server's "Database Page Layout".
 */
export function heapPages(rows: number, row_bytes: number, fill = 1): number {
  const room = (PAGE_BYTES - PAGE_HEADER_BYTES) * fill;
  const perPage = Math.max(1, Math.floor(room / (aligned(row_bytes) + LINE_POINTER_BYTES)));
  return Math.ceil(rows / perPage);
}

/** An index's pages when the rows it covers grow `factor`-fold: its measured density is kept. */
export function scaledIndexPages(pages: number, factor: number): number {
  // The metapage does not grow.
  return Math.max(pages, 1 + Math.ceil(Math.max(0, pages - 1) * factor));
}

/** The sizes of a relation's segment files, in order: all are full but the last. */
export function segmentSizes(pages: number): number[] {
  const bytes = pages * PAGE_BYTES;
  const full = Math.floor(bytes / SEGMENT_BYTES);
  const rest = bytes - full * SEGMENT_BYTES;
  return [...Array.from({ length: full }, () => SEGMENT_BYTES), ...(rest > 0 || full === 0 ? [rest] : [])];
}
