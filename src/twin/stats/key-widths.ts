import type { Session } from "../../engines/postgres/driver.ts";
import type { KeyWidth } from "./btree-height.ts";

// Of an index on a partitioned table's part the part's own statistics are meant; an expression has the index's.
const KEYS = `
  SELECT i.indexrelid AS index, s.stawidth::float8 AS width, s.stadistinct::float8 AS distinct
    FROM pg_index AS i
    CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attribute, n)
    LEFT JOIN pg_statistic AS s ON NOT s.stainherit
      AND ((k.attribute <> 0 AND s.starelid = i.indrelid AND s.staattnum = k.attribute)
        OR (k.attribute = 0 AND s.starelid = i.indexrelid AND s.staattnum = k.n))
   WHERE i.indexrelid = ANY ($1::oid[]) AND k.n <= i.indnkeyatts
   ORDER BY i.indexrelid, k.n`;

/** What the session's server knows of the keys of indexes, in order, by the index's oid and its number of rows. */
export async function keyWidths(
  admin: Session,
  rowsOf: ReadonlyMap<number, number>,
): Promise<ReadonlyMap<number, readonly KeyWidth[]>> {
  interface Row {
    readonly index: number;
    readonly width: number | null;
    readonly distinct: number | null;
  }
  const { rows } = await admin.query<Row>(KEYS, [[...rowsOf.keys()]]);
  const found = new Map<number, KeyWidth[]>();
  for (const { index, width, distinct } of rows) {
    const counted = Math.max(0, rowsOf.get(index) ?? 0);
    const key = {
      width_bytes: width,
      // Negative: a share of the rows. Zero: not known.
      distinct: distinct === null || distinct === 0 ? null : distinct < 0 ? -distinct * counted : distinct,
    };
    const keys = found.get(index);
    if (keys === undefined) found.set(index, [key]);
    else keys.push(key);
  }
  return found;
}
