import type { EncodedColumn } from "../../model/dependency.ts";

/**
 * The rows of a table by equal values of some columns, classes of one row left out (a stripped partition; Huhtala,
 * Kärkkäinen, Porkka and Toivonen 1999: TANE).
 */
export interface Partition {
  /** Row numbers, class after class. */
  readonly rows: Int32Array;
  /** Where each class ends in `rows`. */
  readonly ends: Int32Array;
}

/** All rows in one class: what no column at all tells apart. */
export function undivided(rows: number): Partition {
  return { rows: Int32Array.from({ length: rows }, (_, row) => row), ends: Int32Array.of(rows) };
}

/** Rows beyond the first of each class: how often a dependency on these columns could have failed. */
export function repeatsOf({ rows, ends }: Partition): number {
  return rows.length - ends.length;
}

/** Each class divided by the values of one more column. */
export function refined({ rows, ends }: Partition, { codes, distinct }: EncodedColumn): Partition {
  const counts = new Int32Array(distinct);
  // Where the next row of a value goes; -1 while the class at hand has not met it.
  const next = new Int32Array(distinct).fill(-1);
  const kept = new Int32Array(rows.length);
  const keptEnds: number[] = [];
  let length = 0;
  let start = 0;
  for (const end of ends) {
    for (let at = start; at < end; at++) {
      const code = codes[rows[at] ?? 0] ?? 0;
      counts[code] = (counts[code] ?? 0) + 1;
    }
    for (let at = start; at < end; at++) {
      const row = rows[at] ?? 0;
      const code = codes[row] ?? 0;
      const count = counts[code] ?? 0;
      if (count < 2) continue;
      let to = next[code] ?? -1;
      if (to === -1) {
        to = length;
        length += count;
        keptEnds.push(length);
      }
      kept[to] = row;
      next[code] = to + 1;
    }
    for (let at = start; at < end; at++) {
      const code = codes[rows[at] ?? 0] ?? 0;
      counts[code] = 0;
      next[code] = -1;
    }
    start = end;
  }
  return { rows: kept.slice(0, length), ends: Int32Array.from(keptEnds) };
}

/** How many rows were looked at until two of one class differed in the column; null when none do. */
export function firstDifference({ rows, ends }: Partition, { codes }: EncodedColumn): number | null {
  let start = 0;
  for (const end of ends) {
    const code = codes[rows[start] ?? 0];
    for (let at = start + 1; at < end; at++) if (codes[rows[at] ?? 0] !== code) return at + 1;
    start = end;
  }
  return null;
}
