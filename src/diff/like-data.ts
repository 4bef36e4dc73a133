import type { ColumnStatistics, Statistics } from "../model/statistics.ts";

/** What the planners of two servers know of a dropped and a created column, held against each other. */
export interface LikeData {
  /** 0 (nothing alike) to 1. */
  readonly likeness: number;
  readonly verdict: "alike" | "unlike" | "unclear";
  /** The figures it rests on: "2 % and 3 % null, 50 and 51 distinct values, 12 and 12 bytes wide". */
  readonly figures: string;
}

/** A column's place. */
interface Place {
  readonly schema: string | null;
  readonly table: string;
  readonly name: string;
}

// Of one column sampled twice the planner's figures differ by a few hundredths; half is another column's.
const ALIKE_MIN = 0.8;
const UNLIKE_MAX = 0.5;

/**
 * How alike the data of two columns are, by the share of nulls, the number of distinct values and the average width;
 * null where either server has no statistics of its column. Distinct values are compared as a number (states, kinds) and
 * as a share of the rows (names, keys), whichever is closer, since one side may hold fewer rows. No value is looked at.
 */
export function likeData(
  before: Place,
  after: Place,
  { from, to }: { readonly from: Statistics; readonly to: Statistics },
): LikeData | null {
  const [a, b] = [columnIn(from, before), columnIn(to, after)];
  if (a === undefined || b === undefined) return null;
  const nulls = 1 - Math.abs(a.nullShare - b.nullShare);
  const width = ratio(a.width_bytes, b.width_bytes);
  const measures = [nulls, width];
  const figures = [`${percent(a.nullShare)} and ${percent(b.nullShare)} null`];
  if (a.distinct !== null && b.distinct !== null) {
    const [rowsBefore, rowsAfter] = [rowsIn(from, before), rowsIn(to, after)];
    const shares = rowsBefore > 0 && rowsAfter > 0 ? ratio(a.distinct / rowsBefore, b.distinct / rowsAfter) : 0;
    measures.push(Math.max(ratio(a.distinct, b.distinct), shares));
    figures.push(`${Math.round(a.distinct)} and ${Math.round(b.distinct)} distinct values`);
  }
  figures.push(`${a.width_bytes} and ${b.width_bytes} bytes wide`);
  const worst = Math.min(...measures);
  return {
    likeness: measures.reduce((sum, one) => sum + one, 0) / measures.length,
    verdict: worst >= ALIKE_MIN ? "alike" : worst <= UNLIKE_MAX ? "unlike" : "unclear",
    figures: figures.join(", "),
  };
}

const columnIn = ({ columns }: Statistics, { schema, table, name }: Place): ColumnStatistics | undefined =>
  columns.find((one) => one.schema === schema && one.table === table && one.column === name);

const rowsIn = ({ tables }: Statistics, { schema, table }: Place): number =>
  tables.find((one) => one.schema === schema && one.table === table)?.rows ?? 0;

const ratio = (a: number, b: number): number => (Math.max(a, b) === 0 ? 1 : Math.min(a, b) / Math.max(a, b));

const percent = (share: number): string => `${Math.round(share * 100)} %`;
