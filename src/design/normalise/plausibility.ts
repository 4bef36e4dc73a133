import type { EncodedColumn } from "../../model/dependency.ts";

/** How far rows speak for a dependency. Neither makes it a law. */
export type Plausibility = "strong" | "moderate";

/** What is known of a dependency that holds in rows. */
export interface Evidence {
  readonly rows: number;
  readonly repeats: number;
  /** Dependencies that were tried in all: among many, some hold by chance. */
  readonly tests: number;
  readonly left: readonly EncodedColumn[];
  readonly right: EncodedColumn;
}

// Ours, tried on tables with planted dependencies and without (discover.test.ts).
/** Above 1 in 1,000 by chance, after as many tries: not worth a reader's time. */
const EVIDENCE_BITS_MIN = 10;
/** Below this many rows per left value, the left side is nearly a key, and there was little to contradict it. */
const ROWS_PER_LEFT_MIN = 1.1;
const STRONG_ROWS_PER_LEFT = 3;
const STRONG_BITS = 30;
// Points in time, measures and documents seldom determine anything but themselves.
const SELDOM_DETERMINES =
  /^(?:real|double|float|timestamp|datetime|time\b|interval|json|xml|bytea|blob|tsvector|point|polygon)/i;

/**
 * How far rows speak for a dependency, or null when they hardly do. If the columns had nothing to do with each other,
 * each repeated row would agree with the first of its left value with at most the share of the right side's commonest
 * value; `evidence_bits` is that chance over all repeated rows, times the number of tries (union bound), as -log2.
 */
export function plausibilityOf({ rows, repeats, tests, left, right }: Evidence): {
  readonly evidence_bits: number;
  readonly plausibility: Plausibility;
} | null {
  const perRow_bits = -Math.log2(commonestShare(right));
  const evidence_bits = Math.floor(repeats * perRow_bits - Math.log2(Math.max(1, tests)));
  const rowsPerLeft = rows / (rows - repeats);
  if (evidence_bits < EVIDENCE_BITS_MIN || rowsPerLeft < ROWS_PER_LEFT_MIN) return null;
  const strong =
    evidence_bits >= STRONG_BITS &&
    rowsPerLeft >= STRONG_ROWS_PER_LEFT &&
    !left.some(({ type }) => SELDOM_DETERMINES.test(type));
  return { evidence_bits, plausibility: strong ? "strong" : "moderate" };
}

function commonestShare({ codes, distinct }: EncodedColumn): number {
  const counts = new Int32Array(distinct);
  let most = 0;
  for (const code of codes) {
    const count = (counts[code] ?? 0) + 1;
    counts[code] = count;
    if (count > most) most = count;
  }
  return most / codes.length;
}
