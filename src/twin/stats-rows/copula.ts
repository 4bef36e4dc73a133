import type { Random } from "../rows/random.ts";

/** From here on values follow the rows' order but for a few places: what sequences and clocks give. */
const FOLLOWS_MIN = 0.995;
/** Below it the order on disk tells nothing. */
const SEEN_MIN = 0.02;
/** Places by which a value that follows the rows' order may be off, so that children of one parent vary in number. */
export const JITTER_ROWS = 4;

/** Whether values are to follow the rows' order exactly, against it, or neither. */
export function follows(correlation: number | null): 1 | -1 | 0 {
  if (correlation === null || Math.abs(correlation) < FOLLOWS_MIN) return 0;
  return correlation > 0 ? 1 : -1;
}

/**
 * A number from 0 to 1 for row `number` of `count`, spread evenly over all rows, whose ranks correlate with the rows'
 * order as stated: a Gaussian copula, whose parameter for a rank correlation r is 2 sin(πr/6) (Pearson 1907). This is
 * what `pg_stats.correlation` measures.
 */
export function correlated(
  random: Random,
  number: number,
  count: number,
  correlation: number | null,
  jitter_rows: number,
): number {
  if (correlation === null || Math.abs(correlation) < SEEN_MIN) return random.float();
  const way = follows(correlation);
  if (way !== 0) {
    const place = inside((number - 0.5 + (random.float() - 0.5) * jitter_rows) / count);
    return way > 0 ? place : inside(1 - place);
  }
  return normalShare(scoreOf(random, number, count, correlation));
}

/** The order of all rows' scores: for each row its rank from 0, each rank once, correlated as stated. */
export function ranks(random: Random, count: number, correlation: number | null): Uint32Array {
  const way = follows(correlation);
  const order = Uint32Array.from({ length: count }, (_, at) => (way < 0 ? count - 1 - at : at));
  if (way !== 0) return order;
  if (correlation === null || Math.abs(correlation) < SEEN_MIN) {
    for (let at = count - 1; at > 0; at--) {
      const other = random.int(at + 1);
      [order[at], order[other]] = [order[other] as number, order[at] as number];
    }
    return order;
  }
  const scores = Float64Array.from({ length: count }, (_, at) => scoreOf(random, at + 1, count, correlation));
  const byScore = order.toSorted((a, b) => (scores[a] as number) - (scores[b] as number));
  const ranked = new Uint32Array(count);
  byScore.forEach((row, rank) => (ranked[row] = rank));
  return ranked;
}

function scoreOf(random: Random, number: number, count: number, correlation: number): number {
  const weight = 2 * Math.sin((Math.PI * correlation) / 6);
  const own = normalQuantile(inside((number - 0.5) / count));
  return weight * own + Math.sqrt(Math.max(0, 1 - weight * weight)) * normalDraw(random);
}

const inside = (share: number): number => Math.min(1 - 1e-9, Math.max(1e-9, share));

// Box and Muller 1958.
function normalDraw(random: Random): number {
  return Math.sqrt(-2 * Math.log(inside(random.float()))) * Math.cos(2 * Math.PI * random.float());
}

// Abramowitz and Stegun, 26.2.17: off by less than 7.5e-8.
function normalShare(score: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(score));
  const density = Math.exp((-score * score) / 2) / Math.sqrt(2 * Math.PI);
  const tail =
    density * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return inside(score >= 0 ? 1 - tail : tail);
}

// Abramowitz and Stegun, 26.2.23: off by less than 4.5e-4, which is nothing beside what is drawn.
function normalQuantile(share: number): number {
  const tail = Math.min(share, 1 - share);
  const t = Math.sqrt(-2 * Math.log(tail));
  const value = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  return share < 0.5 ? -value : value;
}
