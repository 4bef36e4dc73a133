/** Tables of so few rows are kept whole: joined to a part of them, the others' rows would find no partner. */
export const KEPT_WHOLE_ROWS = 1000;

/** How many rows each table gets. */
export interface Allotment {
  readonly rows: ReadonlyMap<string, number>;
  /** Rows of a large table for each of the source's; 1: all. */
  readonly scale: number;
}

/**
 * Divides `most` rows among tables, all by the same ratio but for small ones, which stay whole as long as these take
 * less than half. A table with rows gets at least one.
 */
export function allot(tables: ReadonlyMap<string, number>, most: number): Allotment {
  const all = [...tables.values()].reduce((sum, rows) => sum + rows, 0);
  if (all <= most) return { rows: tables, scale: 1 };
  const small = [...tables.values()].filter((rows) => rows <= KEPT_WHOLE_ROWS).reduce((sum, rows) => sum + rows, 0);
  const kept = small <= most / 2 ? small : 0;
  const scale = (most - kept) / (all - kept);
  const whole = (rows: number): boolean => kept > 0 && rows <= KEPT_WHOLE_ROWS;
  return {
    rows: new Map(
      [...tables].map(([key, rows]) => [
        key,
        rows === 0 ? 0 : whole(rows) ? rows : Math.max(1, Math.floor(rows * scale)),
      ]),
    ),
    scale,
  };
}
