import { closeSync, fchownSync, ftruncateSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { PAGE_BYTES } from "../volumes/size.ts";
import { firstPageVisible } from "./btree-leaf.ts";
import { heightIn, treePageCount, treePages } from "./btree-pages.ts";

/** What the first pages of an index's file are to say. */
export type IndexShape =
  | { readonly method: "btree"; readonly height: number; readonly leaf: Uint8Array | null }
  | { readonly method: "brin"; readonly tablePages: number; readonly pagesPerRange: number };

// Above any number the server will come to by counting.
const NODE_FIRST = 4_000_000_000;
const NODE_LAST = 4_294_967_000;

/**
 * Writes the file of an index anew under a number of its own and returns the number (`relfilenode`), to be entered in
 * pg_class. A new number, because the server may hold the old file's pages in its buffers and would go on reading
 * those. `path` is the index's present file, which must be on disk (CHECKPOINT); `dataDir` the data directory.
 * Null when the file is not what an index of that method begins with.
 */
export function writeIndexFile(dataDir: string, path: string, shape: IndexShape): number | null {
  const old = join(dataDir, path);
  const { uid, gid, mode } = statSync(old);
  const pages = shapedPages(old, shape);
  if (pages === null) return null;
  const { node, file } = freshNode(join(dataDir, dirname(path)), mode & 0o777);
  try {
    if (process.getuid?.() === 0) fchownSync(file, uid, gid);
    writeSync(file, pages);
    ftruncateSync(file, pages.length);
  } finally {
    closeSync(file);
  }
  return node;
}

/**
 * Writes the visibility map of a table that pretends to be large (`path`: its main file): of its first page, which the
 * entries of made leaves point to, it says that all see its rows, so that the planner looks for none.
 */
export function writeVisibility(dataDir: string, path: string): void {
  const { uid, gid, mode } = statSync(join(dataDir, path));
  const file = openSync(join(dataDir, `${path}_vm`), "w", mode & 0o777);
  try {
    if (process.getuid?.() === 0) fchownSync(file, uid, gid);
    writeSync(file, firstPageVisible());
  } finally {
    closeSync(file);
  }
}

/** Makes an empty file beside a relation's own (`path`), as the server would, under a number of its own. */
export function emptyFile(dataDir: string, path: string): { readonly node: number; readonly path: string } {
  const { uid, gid, mode } = statSync(join(dataDir, path));
  const { node, file } = freshNode(join(dataDir, dirname(path)), mode & 0o777);
  try {
    if (process.getuid?.() === 0) fchownSync(file, uid, gid);
  } finally {
    closeSync(file);
  }
  return { node, path: join(dirname(path), String(node)) };
}

/** Pages that an index must have at least for its shape to fit. */
export function shapePageCount(shape: IndexShape): number {
  return shape.method === "btree" ? treePageCount(shape.height) : revmapLast(shape) + 1;
}

// A number of files is not known beforehand to be free: another session may be making one, too.
function freshNode(folder: string, mode: number): { readonly node: number; readonly file: number } {
  for (let node = nextNode; node <= NODE_LAST; node++) {
    try {
      const file = openSync(join(folder, String(node)), "wx", mode);
      nextNode = node + 1;
      return { node, file };
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST") throw error;
    }
  }
  throw new Error("no number is left for a relation's file");
}
let nextNode = NODE_FIRST;

function firstPage(path: string): Buffer {
  const file = openSync(path, "r");
  try {
    const page = Buffer.alloc(PAGE_BYTES);
    return page.subarray(0, readSync(file, page, 0, PAGE_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

function shapedPages(path: string, shape: IndexShape): Buffer | null {
  if (shape.method === "brin") return brinMetapage(shape);
  const metapage = firstPage(path);
  return heightIn(metapage) === null ? null : treePages(metapage, shape.height, shape.leaf);
}

/** Pages of a table that one page of a BRIN index's map of ranges tells of, in ranges (brin_revmap.c). */
const RANGES_PER_PAGE = 1360;

/** The last page of the map of ranges, which the planner takes its cost from. */
function revmapLast(shape: Extract<IndexShape, { method: "brin" }>): number {
  return Math.floor(Math.max(0, shape.tablePages - 1) / shape.pagesPerRange / RANGES_PER_PAGE) + 1;
}

/*
 * A BRIN index's metapage: BrinMetaPageData behind the page's header of 24 bytes, the page's type in its last 2
 * (src/include/access/brin_page.h). Made, not changed: that of an unlogged table's index is in memory alone.
 */
function brinMetapage(shape: Extract<IndexShape, { method: "brin" }>): Buffer {
  const page = Buffer.alloc(PAGE_BYTES);
  page.writeUInt16LE(40, 12);
  page.writeUInt16LE(PAGE_BYTES - 8, 14);
  page.writeUInt16LE(PAGE_BYTES - 8, 16);
  page.writeUInt16LE(PAGE_BYTES | 4, 18);
  page.writeUInt32LE(0xa8109cfa, 24);
  page.writeUInt32LE(1, 28);
  page.writeUInt32LE(shape.pagesPerRange, 32);
  page.writeUInt32LE(revmapLast(shape), 36);
  page.writeUInt16LE(0xf091, PAGE_BYTES - 2);
  return page;
}
