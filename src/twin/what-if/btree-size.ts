import { PAGE_BYTES } from "../volumes/size.ts";
import type { KeyGroups } from "./repetition.ts";

/*
 * Pages of a B-tree as CREATE INDEX builds it (nbtsort.c, nbtdedup.c, nbtinsert.c of PostgreSQL, the same from 13 to 18).
 */

/** Room for line pointers and tuples: without header, special space, and the high key's line pointer. */
const ROOM_BYTES: number = PAGE_BYTES - 24 - 16 - 4;
const LINE_POINTER_BYTES = 4;
const ROW_ADDRESS_BYTES = 6;
/** A tuple with a list of rows takes at most a tenth of a page, its line pointer included, in whole steps of 8. */
const LISTED_BYTES_MAX = 808;
const FILL = 0.9;
const INNER_FILL = 0.7;

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** What the size of a B-tree hangs on. */
export interface SizedTree {
  /** Entries by how often their keys repeat. */
  readonly groups: readonly KeyGroups[];
  /** Bytes of an entry of one row, header and alignment included; of its keys alone, without included columns. */
  readonly entry_bytes: number;
  readonly key_bytes: number;
  /** Whether equal keys are kept once. */
  readonly deduplicates: boolean;
  /** 0 to 1; null for the default of 0.9. */
  readonly fill: number | null;
}

/** Pages of the whole file. An empty tree has one. */
export function builtTreePages({ groups, entry_bytes, key_bytes, deduplicates, fill }: SizedTree): number {
  let leaves = 0;
  for (const { count, rows } of groups) {
    if (!deduplicates) leaves += (count * rows) / perLeaf(entry_bytes, 0, fill ?? FILL);
    else
      for (const part of postings(rows, key_bytes))
        leaves += (count * part.tuples) / perLeaf(part.bytes, part.listed_bytes, fill ?? FILL);
  }
  if (leaves === 0) return 1;
  const perInner = Math.max(2, Math.floor((ROOM_BYTES * INNER_FILL) / (aligned(key_bytes) + LINE_POINTER_BYTES)));
  let level = Math.max(1, Math.ceil(leaves));
  let pages = 1 + level;
  while (level > 1) {
    level = Math.ceil(level / perInner);
    pages += level;
  }
  return pages;
}

// Entries of one size that go to a leaf. One is added while more than a tenth is free, what will be cut off the last
// one's list counted as free; then the last moves on to the next leaf, and its key stays as the upper bound.
function perLeaf(entry_bytes: number, listed_bytes: number, fill: number): number {
  const bytes = entry_bytes + LINE_POINTER_BYTES;
  const kept_bytes = Math.floor(PAGE_BYTES * (1 - fill));
  const fitting = Math.floor((ROOM_BYTES - LINE_POINTER_BYTES - 8) / bytes);
  const filled = Math.floor((ROOM_BYTES - LINE_POINTER_BYTES - kept_bytes + listed_bytes) / bytes) + 1;
  return Math.max(1, Math.min(fitting, filled) - 1);
}

interface Postings {
  /** Tuples of each group, on average, and bytes of each. */
  readonly tuples: number;
  readonly bytes: number;
  /** Of these the list of rows. */
  readonly listed_bytes: number;
}

/** From so many rows on a group's own number of them matters no more than that it fills its last list by half. */
const MANY_ROWS = 40;

// Entries of a group of equal keys with `rows` rows on average: one row without a list, up to a tenth of a page with one.
function postings(rows: number, key_bytes: number): readonly Postings[] {
  const single = { tuples: 1, bytes: aligned(key_bytes), listed_bytes: 0 };
  const perList = Math.max(1, Math.floor((LISTED_BYTES_MAX - aligned(key_bytes)) / ROW_ADDRESS_BYTES));
  const listOf = (held: number, tuples: number): Postings => {
    const bytes = held > 1 ? aligned(aligned(key_bytes) + held * ROW_ADDRESS_BYTES) : aligned(key_bytes);
    return { tuples, bytes, listed_bytes: bytes - aligned(key_bytes) };
  };
  if (rows <= 1.001) return [single];
  if (rows > MANY_ROWS) {
    const full = Math.max(0, rows / perList - 0.5);
    return full < 0.5 ? [listOf(rows, 1)] : [listOf(perList, full), listOf(perList / 2, 1)];
  }
  // Numbers of rows spread as a Poisson's that is not zero, with that mean.
  const mean = untruncated(rows);
  const parts: Postings[] = [];
  let chance = Math.exp(-mean) / -Math.expm1(-mean);
  for (let held = 1; held <= 2 * MANY_ROWS; held++) {
    chance *= mean / held;
    const full = Math.floor(held / perList);
    if (full > 0) parts.push(listOf(perList, chance * full));
    if (held % perList > 0) parts.push(listOf(held % perList, chance));
  }
  return mixed(parts);
}

// Lists of all lengths lie side by side on a leaf.
function mixed(parts: readonly Postings[]): readonly Postings[] {
  const tuples = parts.reduce((sum, part) => sum + part.tuples, 0);
  const mean = (of: (part: Postings) => number): number =>
    parts.reduce((sum, part) => sum + part.tuples * of(part), 0) / tuples;
  return [{ tuples, bytes: mean((part) => part.bytes), listed_bytes: mean((part) => part.listed_bytes) }];
}

// The parameter of a Poisson distribution whose values that are not zero have that mean: m / (1 - e^-m).
function untruncated(mean: number): number {
  let [low, high] = [0, mean];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (middle / -Math.expm1(-middle) < mean) low = middle;
    else high = middle;
  }
  return high;
}
