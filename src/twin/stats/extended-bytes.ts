/*
 * The forms in which the server stores what extended statistics hold, which it takes in no text form:
 * `statext_ndistinct_serialize`, `statext_dependencies_serialize` and `statext_mcv_serialize` in
 * src/backend/statistics of PostgreSQL, the same from 15 to 18. Numbers are little-endian, nothing is aligned.
 */

const NDISTINCT = { magic: 0xa352bfa4, type: 1 } as const;
const DEPENDENCIES = { magic: 0xb4549a2c, type: 1 } as const;

const number32 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
  return bytes;
};
const number16 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) bytes.writeInt16LE(value, 2 * index);
  return bytes;
};
const double = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
};

/** Something known of several columns, which are given by number (expressions from -1 downwards). */
export interface ColumnSet {
  readonly columns: readonly number[];
  readonly value: number;
}

/**
 * Reads what the server prints of `pg_ndistinct` (`{"1, 2": 30}`) and `pg_dependencies` (`{"1 => 2": 0.9}`, whose
 * last column is the one that hangs on the others). Null where it is not of that form.
 */
export function readColumnSets(text: string): readonly ColumnSet[] | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof read !== "object" || read === null || Array.isArray(read)) return null;
  const sets = Object.entries(read).map(([key, value]) => ({
    columns: key.split(/,|=>/).map(Number),
    value: Number(value),
  }));
  const whole = sets.every(({ columns, value }) => Number.isFinite(value) && columns.every(Number.isSafeInteger));
  return whole ? sets : null;
}

/** What `pg_ndistinct` is stored as. */
export function ndistinctBytes(sets: readonly ColumnSet[]): Buffer {
  const items = sets.map(({ columns, value }) =>
    Buffer.concat([double(value), number32(columns.length), number16(...columns)]),
  );
  return Buffer.concat([number32(NDISTINCT.magic, NDISTINCT.type, sets.length), ...items]);
}

/** What `pg_dependencies` is stored as. */
export function dependenciesBytes(sets: readonly ColumnSet[]): Buffer {
  const items = sets.map(({ columns, value }) => Buffer.concat([double(value), number16(columns.length, ...columns)]));
  return Buffer.concat([number32(DEPENDENCIES.magic, DEPENDENCIES.type, sets.length), ...items]);
}

/** Shares of one item of a list of most common combinations. */
export interface ItemShares {
  /** Its place in the list as stored. */
  readonly at: number;
  readonly share: number;
  readonly baseShare: number;
}

/**
 * A stored `pg_mcv_list` with its items in another order and with other shares. Its items stand at the end, each with a
 * byte per column (NULL or not), the two shares, and two bytes per column (which of the values).
 */
export function withShares(list: Uint8Array, columns: number, items: readonly ItemShares[]): Buffer {
  const size = columns + 16 + 2 * columns;
  const start = list.length - size * items.length;
  if (start < 14) throw new Error("a list of most common combinations is shorter than its items");
  const stored = Buffer.from(list);
  const moved = items.map(({ at, share, baseShare }) => {
    const item = Buffer.from(stored.subarray(start + at * size, start + (at + 1) * size));
    item.writeDoubleLE(share, columns);
    item.writeDoubleLE(baseShare, columns + 8);
    return item;
  });
  return Buffer.concat([stored.subarray(0, start), ...moved]);
}
