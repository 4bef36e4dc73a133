/*
 * How PostgreSQL lays out the columns of a row: each value starts at a multiple of its type's alignment, in
 * the order of the columns (heap_compute_data_size in access/common/heaptuple.c). Sizes are those of
 * pg_type.typlen and typalign on 64-bit machines.
 */

/** Length and alignment of a type, in bytes; length null for values of varying length. */
export interface TypeLayout {
  readonly length: number | null;
  readonly align: number;
}

// length, alignment
const FIXED: Readonly<Record<string, readonly [number, number]>> = {
  boolean: [1, 1],
  '"char"': [1, 1],
  smallint: [2, 2],
  integer: [4, 4],
  bigint: [8, 8],
  real: [4, 4],
  "double precision": [8, 8],
  money: [8, 8],
  date: [4, 4],
  "time without time zone": [8, 8],
  "time with time zone": [12, 8],
  "timestamp without time zone": [8, 8],
  "timestamp with time zone": [8, 8],
  interval: [16, 8],
  uuid: [16, 1],
  oid: [4, 4],
  regclass: [4, 4],
  regtype: [4, 4],
  regproc: [4, 4],
  xid: [4, 4],
  xid8: [8, 8],
  pg_lsn: [8, 8],
  tid: [6, 2],
  name: [64, 1],
  macaddr: [6, 4],
  macaddr8: [8, 4],
  point: [16, 8],
  line: [24, 8],
  lseg: [32, 8],
  box: [32, 8],
  circle: [24, 8],
};

/** An enumerated value is an oid. */
export const ENUM_LAYOUT: TypeLayout = { length: 4, align: 4 };
/** A short value of varying length has a header of one byte and starts anywhere. */
export const VARYING_LAYOUT: TypeLayout = { length: null, align: 1 };

/** The layout of a built-in type of fixed length, or undefined. */
export function fixedLayout(type: string): TypeLayout | undefined {
  const found = FIXED[type];
  return found === undefined ? undefined : { length: found[0], align: found[1] };
}

/** Rows as a whole start at multiples of this. */
const ROW_ALIGN = 8;

/**
 * The bytes between values that hold nothing, on average. After a value of varying length the place is known
 * only as a remainder, and the padding is the mean over the places that are possible.
 */
export function paddingBytes(columns: readonly TypeLayout[]): number {
  let padding = 0;
  // The place is `rest` modulo `modulus`.
  let [rest, modulus] = [0, ROW_ALIGN];
  for (const { length, align } of columns) {
    let [sum, places] = [0, 0];
    for (let place = rest % align; places === 0 || place < align; place += modulus, places += 1)
      sum += (align - (place % align)) % align;
    padding += sum / places;
    if (align > modulus || places > 1) [rest, modulus] = [0, Math.max(align, modulus === ROW_ALIGN ? 1 : align)];
    else rest = Math.ceil(rest / align) * align;
    if (length === null) [rest, modulus] = [0, 1];
    else rest = (rest + length) % modulus;
  }
  const fixed = columns.every((column) => column.length !== null);
  return padding + (fixed ? (ROW_ALIGN - rest) % ROW_ALIGN : 0);
}

/** The order with the least padding: the widest alignment first, what varies last. Stable. */
export function tightest<C>(columns: readonly C[], layoutOf: (column: C) => TypeLayout): readonly C[] {
  const rank = (column: C): number => {
    const { length, align } = layoutOf(column);
    return length === null ? 0 : align;
  };
  return columns.toSorted((a, b) => rank(b) - rank(a));
}
