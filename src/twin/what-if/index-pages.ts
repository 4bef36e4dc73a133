import { PAGE_BYTES } from "../volumes/size.ts";
import { builtTreePages } from "./btree-size.ts";
import { documentElements, elementsOfList, elementsOfSample, trigramsOf } from "./element-frequencies.ts";
import type { SampledElement } from "./element-frequencies.ts";
import { ginTreePages } from "./gin-size.ts";
import type { GinColumn } from "./gin-size.ts";
import { keyGroups, withLimits } from "./repetition.ts";
import type { CombinationLimit, NumberedColumn } from "./repetition.ts";

/*
 * Pages of an index that was never built, from what the planner's statistics say of its columns. B-trees, hash and GIN
 * indexes follow the server's own layout; the others are estimates with their assumption stated beside them. A build on
 * rows corrects all of them.
 */

/** A key or included column. */
export interface IndexedColumn extends NumberedColumn {
  /** Average width of a value that is not NULL, as stored. */
  readonly width_bytes: number;
  /** Whether values are known to be of several widths. */
  readonly varies: boolean;
  /** Where its values may begin: multiples of 1, 2, 4 or 8 bytes. */
  readonly align: number;
  /** Name of its operator class; empty for an included column. */
  readonly operators: string;
  /** What is known of the elements of its values (arrays, text search vectors, documents, texts). */
  readonly elements: {
    /** Of one value, on average; null where it is not known. */
    readonly perRow: number | null;
    /** Shares of rows that hold the most common ones. */
    readonly shares: readonly number[];
    /** Of one as an index keeps it; null where it is not known. */
    readonly width_bytes: number | null;
    /** Values that statistics name. */
    readonly values: readonly string[];
  };
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
// quarters full then, but in whole steps: powers of two, above 512 quarters of the way between them (hashpage.c). Until
// the next power is reached, some buckets hold what belongs to two. What does not fit goes to further pages. Off by less
// than 5 % on the shapes tried.
function hashPages({ keys, rows, tableRows, fill }: SizedIndex): number {
  const entry_bytes = 16 + LINE_POINTER_BYTES;
  const wanted = Math.max(2, rows / Math.floor((PAGE_BYTES * (fill ?? 0.75)) / entry_bytes));
  const power = 2 ** Math.ceil(Math.log2(wanted));
  const step = power <= 512 ? power : power / 8;
  const buckets = Math.ceil(wanted / step) * step;
  const held = ROOM_BYTES / entry_bytes;
  const values = keyGroups(keys, tableRows, rows).reduce((sum, { count }) => sum + count, 0);
  const over = (load: number): number =>
    tail((held - load) / Math.sqrt(Math.max(1, (load * rows) / Math.max(1, values))));
  const doubled = power - buckets;
  const further = doubled * over((2 * rows) / power) + (buckets - doubled) * over(rows / power);
  return 2 + buckets + Math.round(further);
}

// Share of a normal distribution above so many deviations (logistic approximation, off by less than 0.01).
const tail = (deviations: number): number => 1 / (1 + Math.exp(1.702 * deviations));

/** Different values that a Bloom filter of BRIN expects, of the 290 rows that a page can hold, and bits for each (brin_bloom.c). */
const BLOOM_SHARE = 0.1;
const BLOOM_BITS = 9.6;
/** Values that the multi-range summaries of BRIN keep (brin_minmax_multi.c). */
const MULTI_VALUES = 32;

// One summary a range: two values of each column; the map of ranges holds 1,360 to a page.
function brinPages({ keys, tablePages, pagesPerRange }: SizedIndex): number {
  const perRange = pagesPerRange ?? 128;
  const ranges = Math.ceil(tablePages / perRange);
  let summary_bytes = 8;
  for (const key of keys) {
    if (key.operators.endsWith("_bloom_ops")) summary_bytes += (perRange * 290 * BLOOM_SHARE * BLOOM_BITS) / 8;
    else summary_bytes += (key.operators.endsWith("_multi_ops") ? MULTI_VALUES : 2) * to(key.align, key.width_bytes);
  }
  const perPage = Math.max(1, Math.floor(ROOM_BYTES / (to(8, summary_bytes) + LINE_POINTER_BYTES)));
  return 1 + Math.max(1, Math.ceil(ranges / 1360)) + Math.max(1, Math.ceil(ranges / perPage));
}

/** Elements of a value of which statistics say nothing: a document or text of that width has one in eight bytes. */
const BYTES_PER_ELEMENT = 8;
/** Of a text search vector's word beside its letters: its place, and where it stands in the text, once (ts_type.h). */
const WORD_BYTES = 8;
/** Documents and texts that are taken apart. */
const SAMPLED_MAX = 300;

function elementsOf(column: IndexedColumn): readonly (readonly SampledElement[])[] {
  const { operators, elements } = column;
  const values = elements.values.slice(0, SAMPLED_MAX);
  if (operators === "gin_trgm_ops" || operators === "gist_trgm_ops") return values.map(trigramsOf);
  if (operators === "jsonb_ops") return values.map((value) => documentElements(value, false));
  if (operators === "jsonb_path_ops") return values.map((value) => documentElements(value, true));
  return [];
}

function ginColumn(column: IndexedColumn, rows: number): GinColumn {
  const { perRow, shares, width_bytes } = column.elements;
  const sample = elementsOf(column);
  const present = rows * (1 - column.nullShare);
  if (sample.length > 0) {
    const all = sample.flat();
    const mean = all.reduce((sum, { text }) => sum + Buffer.byteLength(text) + 2, 0) / Math.max(1, all.length);
    return { classes: elementsOfSample(sample, present), element_bytes: width_bytes ?? mean };
  }
  const wide = width_bytes === null ? BYTES_PER_ELEMENT : width_bytes + 1;
  const guess = column.width_bytes / (column.operators === "tsvector_ops" ? wide + WORD_BYTES : BYTES_PER_ELEMENT);
  return { classes: elementsOfList(shares, Math.max(1, perRow ?? guess), rows), element_bytes: wide };
}

function ginPages({ keys, rows, tablePages }: SizedIndex): number {
  return ginTreePages(
    keys.map((key) => ginColumn(key, rows)),
    rows,
    tablePages,
  );
}

/** How full a build leaves the leaves of GiST, by operator class as tried; two thirds else. */
const GIST_FILL: Readonly<Record<string, number>> = { box_ops: 0.48, inet_ops: 0.55, tsvector_ops: 0.85 };
const SPGIST_FILL: Readonly<Record<string, number>> = { range_ops: 0.35 };
const FILL_BOXES = 0.67;
/** A text search vector is kept as a number for each word, or a signature where there are many (tsgistidx.c). */
const SIGNATURE_BYTES = 124;
const HASHED_WORDS_MAX = 126;

// Bytes of what stands for a value in GiST, where that is not the value.
function boxed(column: IndexedColumn): IndexedColumn {
  const sample = elementsOf(column);
  if (column.operators === "gist_trgm_ops" && sample.length > 0)
    return { ...column, width_bytes: 5 + (3 * sample.flat().length) / sample.length };
  if (column.operators !== "tsvector_ops") return column;
  const words = column.width_bytes / ((column.elements.width_bytes ?? BYTES_PER_ELEMENT) + 1 + WORD_BYTES);
  return { ...column, width_bytes: words > HASHED_WORDS_MAX ? SIGNATURE_BYTES : 5 + 4 * words };
}

// A box or signature stands for each value of GiST, the value itself in SP-GiST. As tried on 14 shapes of 60,000 to 200,000
// rows: 0.7 to 1.5 times the built size, the latter for values of one dimension in the order of rows, which a build sorts.
function otherPages({ method, keys, include, rows, fill }: SizedIndex): number {
  const kept = method === "gist" ? keys.map(boxed) : keys;
  const bytes = rows * (tupleBytes([...kept, ...include]) + LINE_POINTER_BYTES);
  const fills = method === "gist" ? GIST_FILL : SPGIST_FILL;
  const usual = Math.min(...keys.map(({ operators }) => fills[operators] ?? FILL_BOXES));
  const leaves = Math.max(1, Math.ceil(bytes / (ROOM_BYTES * Math.min(fill ?? 0.9, usual))));
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
  return Math.max(2, Math.round((pages[index.method] ?? otherPages)(index)));
}
