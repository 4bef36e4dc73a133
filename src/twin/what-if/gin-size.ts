import { PAGE_BYTES } from "../volumes/size.ts";
import type { ElementClass } from "./element-frequencies.ts";

/*
 * Pages of a GIN index as CREATE INDEX builds it (src/backend/access/gin of PostgreSQL, ginpostinglist.c and
 * ginentrypage.c): a tree of elements, each with the rows that hold it, or with a tree of pages of its own for these.
 */

const ROOM_BYTES: number = PAGE_BYTES - 24 - 8;
const LINE_POINTER_BYTES = 4;
const TUPLE_HEADER_BYTES = 8;
/** Before each stretch of rows: the first of them and its length. */
const SEGMENT_HEADER_BYTES = 8;
const SEGMENT_BYTES = 256;
/** An element with a longer list gets pages of its own: a third of a page (GinMaxItemSize). */
const LISTED_BYTES_MAX = 2_704;
/** A build puts elements in ascending order, and each page that is full is halved. */
const ELEMENTS_FILL = 0.52;
/** Lists are appended to, so that their pages are nearly full. */
const ROWS_FILL = 0.93;

/** Elements of one key column. */
export interface GinColumn {
  readonly classes: readonly ElementClass[];
  /** Width of an element as stored. */
  readonly element_bytes: number;
}

// A row's place is kept as the distance to the one before, in 7 bits a byte, 2,048 for each page between them: within a
// page it takes one byte, up to 8 pages on two, up to 1,024 three.
function placeBytes(share: number, rowsPerPage: number): number {
  const perPage = share * rowsPerPage;
  if (perPage >= 1) return (2 + (perPage - 1) * (rowsPerPage > 127 ? 1.3 : 1)) / perPage;
  const apart = 1 / Math.max(1e-12, perPage);
  return 2 + Math.exp(-8 / apart) + Math.exp(-1024 / apart) + Math.exp(-131_072 / apart);
}

/**
 * Estimated pages of a GIN index over these columns of a table. Arrays of texts and numbers, text search vectors and
 * trigrams (8 shapes of 60,000 to 200,000 rows) came to 0.9 to 1.35 of the built size; documents, whose rare values are
 * guessed from a hundred of them, to 0.5 to 2.2 by both operator classes.
 */
export function ginTreePages(columns: readonly GinColumn[], rows: number, tablePages: number): number {
  const rowsPerPage = Math.max(1, rows / Math.max(1, tablePages));
  // A column's number stands before each element where there are several.
  const number_bytes = columns.length > 1 ? 2 : 0;
  let elements_bytes = 0;
  let pages = 0;
  for (const { classes, element_bytes } of columns) {
    const key_bytes = TUPLE_HEADER_BYTES + number_bytes + element_bytes;
    for (const { count, rows: held } of classes) {
      const places_bytes = held <= 1 ? 0 : (held - 1) * placeBytes(held / Math.max(1, rows), rowsPerPage);
      const list_bytes = places_bytes + SEGMENT_HEADER_BYTES * Math.max(1, places_bytes / SEGMENT_BYTES);
      const isApart = list_bytes > LISTED_BYTES_MAX;
      if (isApart) pages += count * treePages(list_bytes);
      elements_bytes += count * (to8(key_bytes + (isApart ? 6 : list_bytes)) + LINE_POINTER_BYTES);
    }
  }
  const leaves = Math.max(1, Math.ceil(elements_bytes / (ROOM_BYTES * ELEMENTS_FILL)));
  return Math.round(1 + leaves + (leaves > 1 ? 1 + leaves / 150 : 0) + pages);
}

const to8 = (bytes: number): number => Math.ceil(bytes / 8) * 8;

// A list on pages of its own, with a page above where it takes several.
function treePages(list_bytes: number): number {
  const leaves = Math.ceil(list_bytes / (ROOM_BYTES * ROWS_FILL));
  return leaves === 1 ? 1 : leaves + Math.ceil(leaves / 800);
}
