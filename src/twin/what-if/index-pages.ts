import { PAGE_BYTES } from "../volumes/size.ts";
import { builtTreePages } from "./btree-size.ts";
import { keyGroups, withLimits } from "./repetition.ts";
import type { CombinationLimit, NumberedColumn } from "./repetition.ts";

/*
 * Pages of an index that was never built, from what the planner's statistics say of its columns. B-trees follow the
 * server's own layout (src/backend/access/nbtree/README, nbtdedup.c, nbtsort.c); the other methods are estimates with
 * their assumption stated beside them. A build on rows corrects all of them.
 */

/** A key or included column. */
export interface IndexedColumn extends NumberedColumn {
  /** Average width of a value that is not NULL, as stored. */
  readonly width_bytes: number;
  /** Whether values are known to be of several widths. */
  readonly varies: boolean;
  /** Where its values may begin: multiples of 1, 2, 4 or 8 bytes. */
  readonly align: number;
  /** Elements of one value (array, text-search vector, jsonb), on average; null where it is not known. */
  readonly elements: number | null;
}

/** An index as far as its size goes. */
export interface SizedIndex {
  readonly method: string;
  readonly keys: readonly IndexedColumn[];
  readonly include: readonly IndexedColumn[];
  /** Rows it holds: those of its table that its predicate admits. */
  readonly rows: number;
  readonly tableRows: number;
  /** What is known of several of the table's columns together. */
  readonly limits: readonly CombinationLimit[];
  /** Pages of its table. */
  readonly tablePages: number;
  /** Whether the server may keep equal keys once (`deduplicate_items`, an operator class that allows it, no INCLUDE). */
  readonly deduplicates: boolean;
  /** 0 to 1; null for the method's own default. */
  readonly fill: number | null;
  /** BRIN's `pages_per_range`; null for the default of 128. */
  readonly pagesPerRange: number | null;
}

const PAGE_HEADER_BYTES = 24;
const SPECIAL_BYTES = 16;
const ROOM_BYTES = PAGE_BYTES - PAGE_HEADER_BYTES - SPECIAL_BYTES;
const LINE_POINTER_BYTES = 4;
const TUPLE_HEADER_BYTES = 8;

const to = (multiple: number, bytes: number): number => Math.ceil(bytes / multiple) * multiple;

// Values one after the other, each at its alignment; a NULL takes no room but makes a bitmap needed.
function dataBytes(columns: readonly IndexedColumn[]): number {
  let bytes = 0;
  for (const { width_bytes, align, nullShare } of columns)
    bytes = (1 - nullShare) * (to(align, bytes) + width_bytes) + nullShare * bytes;
  return bytes;
}

/** What alignment to 8 bytes adds on average where widths differ. */
const PADDING_BYTES = 3.5;

function tupleBytes(columns: readonly IndexedColumn[]): number {
  const holdsNulls = columns.some((column) => column.nullShare > 0.5);
  const bytes = TUPLE_HEADER_BYTES + (holdsNulls ? 8 : 0) + dataBytes(columns);
  return columns.some(({ varies }) => varies) ? bytes + PADDING_BYTES : to(8, bytes);
}

// Off by less than 5 % on the shapes tried; by more where columns hang on each other and nothing says so.
function btreePages({ keys, include, rows, tableRows, limits, deduplicates, fill }: SizedIndex): number {
  return builtTreePages({
    groups: deduplicates
      ? keyGroups(withLimits(keys, limits, tableRows), tableRows, rows)
      : rows < 1
        ? []
        : [{ count: rows, rows: 1 }],
    entry_bytes: tupleBytes([...keys, ...include]),
    key_bytes: tupleBytes(keys),
    deduplicates,
    fill,
  });
}

// An entry is 8 bytes of header, a hash code of 4 and a line pointer, to 20. A build makes as many buckets as are three
// quarters full then, but in whole steps: powers of two, from 1,024 on quarters of the way between them (hashpage.c).
function hashPages({ rows, fill }: SizedIndex): number {
  const perPage = Math.floor((PAGE_BYTES * (fill ?? 0.75)) / (16 + LINE_POINTER_BYTES));
  const wanted = Math.max(2, rows / perPage);
  const power = 2 ** Math.ceil(Math.log2(wanted));
  const step = power <= 1024 ? power : power / 8;
  return 2 + Math.ceil(wanted / step) * step;
}

// One summary a range: two values of each column; the map of ranges holds 1,360 to a page.
function brinPages({ keys, tablePages, pagesPerRange }: SizedIndex): number {
  const ranges = Math.ceil(tablePages / (pagesPerRange ?? 128));
  const summary_bytes = to(8, 8 + 2 * dataBytes(keys)) + LINE_POINTER_BYTES;
  return 2 + Math.ceil(ranges / 1360) + Math.ceil((ranges * summary_bytes) / ROOM_BYTES);
}

/** Elements of a value of which statistics say nothing: a document or text of that width has one in eight bytes. */
const BYTES_PER_ELEMENT = 8;
/** A row's address in a compressed posting list takes 2 to 4 bytes (ginpostinglist.c); more where they lie far apart. */
const POSTED_BYTES = 3;

// Each element once, with the rows that hold it. How many different ones there are is rarely known: a tenth.
function ginPages({ keys, rows }: SizedIndex): number {
  let bytes = 0;
  for (const { elements, width_bytes } of keys) {
    const each = Math.max(1, elements ?? width_bytes / BYTES_PER_ELEMENT);
    const different = Math.min(rows * each, Math.max(1, (rows * each) / 10));
    bytes +=
      rows * each * POSTED_BYTES + different * (to(8, TUPLE_HEADER_BYTES + width_bytes / each) + LINE_POINTER_BYTES);
  }
  return 2 + Math.ceil(bytes / (ROOM_BYTES * 0.8));
}

// Splits leave pages of GiST and SP-GiST two thirds full; a box or signature stands for each value.
function treeOfBoxesPages({ keys, include, rows, fill }: SizedIndex): number {
  const bytes = rows * (tupleBytes([...keys, ...include]) + LINE_POINTER_BYTES);
  const leaves = Math.max(1, Math.ceil(bytes / (ROOM_BYTES * Math.min(fill ?? 0.9, 0.67))));
  return 1 + leaves + Math.ceil(leaves / 50);
}

/** Estimated pages of an index after it was built. Unknown methods are taken for a tree of boxes. */
export function indexPages(index: SizedIndex): number {
  const pages: Readonly<Record<string, (index: SizedIndex) => number>> = {
    btree: btreePages,
    hash: hashPages,
    brin: brinPages,
    gin: ginPages,
  };
  return Math.max(2, Math.round((pages[index.method] ?? treeOfBoxesPages)(index)));
}
