/** One value on a line of whole numbers, and where its stand-in may lie. */
export interface Placed {
  readonly key: bigint;
  /** Where the stand-in should lie; it comes as near to it as order and limits allow. */
  readonly target: bigint;
  /** The stand-in is a multiple of it. The key itself must be one. */
  readonly step: bigint;
  /** Inclusive; the key itself lies within. */
  readonly min: bigint;
  readonly max: bigint;
}

/** How far a stand-in moves aside for one of the values, in steps, before it is taken all the same. */
const ASIDE_MAX = 512;

const down = (value: bigint, step: bigint): bigint => {
  const rest = value % step;
  return rest === 0n ? value : value - (rest < 0n ? rest + step : rest);
};
const up = (value: bigint, step: bigint): bigint => -down(-value, step);

/**
 * Gives each value another, strictly in the same order. `values` ascend strictly by `key`. There is always a way, since
 * the values themselves are one. Where there is room within {@link ASIDE_MAX} steps, no stand-in is one of the values.
 */
export function assignInOrder(values: readonly Placed[]): bigint[] {
  // From above: the highest place each can take so that those after it still find theirs.
  const highest: bigint[] = Array.from({ length: values.length });
  let above: bigint | null = null;
  for (let at = values.length - 1; at >= 0; at--) {
    const value = values[at];
    if (value === undefined) continue;
    const bound: bigint = above === null || value.max < above ? value.max : above - 1n;
    above = down(bound, value.step);
    highest[at] = above;
  }
  const taken = new Set(values.map(({ key }) => key));
  const chosen: bigint[] = [];
  let below: bigint | null = null;
  for (const [at, value] of values.entries()) {
    const least = up(below === null || below < value.min ? value.min : below + 1n, value.step);
    const most = highest[at] ?? least;
    const wanted = up(value.target, value.step);
    below = aside(wanted < least ? least : wanted > most ? most : wanted, least, most, value.step, taken);
    chosen.push(below);
  }
  return chosen;
}

function aside(wanted: bigint, least: bigint, most: bigint, step: bigint, taken: ReadonlySet<bigint>): bigint {
  let higher = wanted;
  for (let tries = 0; tries < ASIDE_MAX && higher <= most; tries++, higher += step)
    if (!taken.has(higher)) return higher;
  let lower = wanted - step;
  for (let tries = 0; tries < ASIDE_MAX && lower >= least; tries++, lower -= step) if (!taken.has(lower)) return lower;
  return wanted;
}
