import { skewedIndex } from "./random.ts";
import type { Random } from "./random.ts";

/** A value in the server's text form, or null. */
export type Value = string | null;
/** The values of one row, in the order of its plan's columns. */
export type Row = Value[];

/** The accepted rows of one table, reduced to the columns that others refer to. */
export class StoredTable {
  readonly columns: readonly string[];
  readonly rows: Value[][] = [];
  private readonly groups = new Map<
    string,
    { readonly columns: readonly number[]; readonly rows: Map<string, number[]> }
  >();

  constructor(columns: readonly string[]) {
    this.columns = columns;
  }

  add(values: Value[]): void {
    const index = this.rows.push(values) - 1;
    for (const { columns, rows } of this.groups.values()) insert(rows, this.keyOf(values, columns), index);
  }

  /** Indexes of the rows that hold `values` in `columns` (positions in `this.columns`). */
  matching(columns: readonly number[], values: readonly Value[]): readonly number[] {
    const name = columns.join(",");
    let group = this.groups.get(name);
    if (group === undefined) {
      group = { columns, rows: new Map() };
      for (const [index, row] of this.rows.entries()) insert(group.rows, this.keyOf(row, columns), index);
      this.groups.set(name, group);
    }
    return group.rows.get(keyText(values)) ?? [];
  }

  private keyOf(row: readonly Value[], columns: readonly number[]): string {
    return keyText(columns.map((column) => row[column] ?? null));
  }
}

/** Values as one string, equal only for equal values: a length before each keeps them apart. */
export function keyText(values: readonly Value[]): string {
  if (values.length === 1) return values[0] ?? "\0";
  let text = "";
  for (const value of values) text += value === null ? "-;" : `${value.length};${value}`;
  return text;
}

function insert(group: Map<string, number[]>, key: string, index: number): void {
  const found = group.get(key);
  if (found === undefined) group.set(key, [index]);
  else found.push(index);
}

/** How the rows of a child spread over its parents. */
export interface Spread {
  /** Share that the first 1 % of parents receive; 0.01 is even. */
  readonly skew: number;
  /** Share that the very first parent receives, or null. */
  readonly first: number | null;
}

/** One of `candidates` (all rows when null) of a parent, as the spread says; −1 when there is none. */
export function drawParent(
  random: Random,
  parent: StoredTable,
  candidates: readonly number[] | null,
  spread: Spread,
): number {
  const count = candidates === null ? parent.rows.length : candidates.length;
  if (count === 0) return -1;
  const place =
    spread.first !== null && count > 1
      ? random.chance(spread.first)
        ? 0
        : 1 + skewedIndex(random, count - 1, spread.skew)
      : skewedIndex(random, count, spread.skew);
  return candidates === null ? place : (candidates[place] ?? -1);
}
