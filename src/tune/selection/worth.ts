import { extendsIndex } from "../extends-index.ts";
import type { TriedIndex } from "../what-if.ts";
import { choiceProgram, seenPlans } from "./choice-program.ts";
import type { CostBook } from "./cost-book.ts";
import type { SolveProgram } from "./program.ts";
import type { SparedIndex, WeighedQuery } from "./selection.ts";

/**
 * What an index has to gain where no budget says how much room there is: an index that makes the database so much
 * larger has to make what the workload still costs cheaper by at least half of that share. Room is cache, backup and
 * VACUUM, too. No source has a figure for it: half is a choice of ours, which lets indexes take as much room as the
 * tables where they halve the cost.
 */
export const GAIN_PER_SIZE = 0.5;
/** However small it is: one more index is one more thing to plan with, to watch and to explain. */
export const GAIN_LEAST = 0.005;

/** What a further column has to gain, as a share of the workload's cost: it makes entries longer and updates dearer. */
export const GAIN_OF_COLUMN = 1e-4;
/** A query that costs more than this share of the workload hides what all others could gain. */
export const DOMINANT_SHARE = 0.9;
/** What gains less is not told of: it stood in the choice for rounding. */
const TOLD_LEAST = 5e-4;

/** How far to go. */
export interface WorthLimits {
  /** Of tables and indexes together. */
  readonly databaseBytes: number;
  /** Bytes of existing indexes that a candidate makes needless, by its id: it widens them. */
  readonly freed: ReadonlyMap<string, number>;
  readonly solve: SolveProgram | null;
  readonly solve_s: number;
}

const SPARE_SHARE = 1e-3;
const SOLVER_GAP = 1e-3;

/**
 * The part of a choice that is worth its size. First an integer program over the plans that were seen, with a price on
 * each byte and each index, so that a smaller index takes the place of a large one that does a little more; then what
 * still gains too little goes, the least first, and so do last columns that gain next to nothing. What an index gains
 * is held against the whole workload, and against what is left of it without the queries that outweigh all others.
 */
export async function worthwhile(
  book: CostBook,
  start: ReadonlySet<string>,
  candidates: readonly TriedIndex[],
  limits: WorthLimits,
): Promise<ReadonlySet<string>> {
  const ids = candidates.map(({ id }) => id);
  const modest = await modestQueries(book, start);
  const priced = await withPrices(book, start, { ids, modest }, limits);
  return narrowed(book, await withoutTrifles(book, priced, modest, limits), candidates);
}

// Those that are left when each that outweighs the rest has gone.
async function modestQueries(book: CostBook, set: ReadonlySet<string>): Promise<readonly WeighedQuery[]> {
  const costs = await book.costs(book.queries, set);
  const weighed = book.queries.map((query, at) => ({ query, cost: query.weight * (costs[at]?.cost ?? 0) }));
  const left = weighed.toSorted((a, b) => b.cost - a.cost);
  let sum = left.reduce((all, { cost }) => all + cost, 0);
  for (
    let [first] = left;
    left.length > 1 && first !== undefined && first.cost > DOMINANT_SHARE * sum;
    [first] = left
  ) {
    left.shift();
    sum = left.reduce((all, { cost }) => all + cost, 0);
  }
  return left.map(({ query }) => query);
}

// Bytes that the database grows by.
const growthOf = (book: CostBook, id: string, { freed }: Pick<WorthLimits, "freed">): number =>
  Math.max(0, (book.bytes.get(id) ?? 0) - (freed.get(id) ?? 0));

/** What is in `full` and not in `kept`, with what each would still gain; the best first. */
export async function sparedOf(
  book: CostBook,
  full: readonly TriedIndex[],
  kept: ReadonlySet<string>,
  limits: Pick<WorthLimits, "databaseBytes" | "freed">,
): Promise<readonly SparedIndex[]> {
  const cost = await book.total(kept);
  const spared: SparedIndex[] = [];
  for (const tried of full) {
    if (kept.has(tried.id)) continue;
    const gain = 1 - (await book.total(new Set([...kept, tried.id]))) / cost;
    const growth = growthOf(book, tried.id, limits) / Math.max(1, limits.databaseBytes);
    if (gain >= TOLD_LEAST) spared.push({ tried, gain, growth });
  }
  return spared.toSorted((a, b) => b.gain - a.gain);
}

async function withPrices(
  book: CostBook,
  start: ReadonlySet<string>,
  { ids, modest }: { readonly ids: readonly string[]; readonly modest: readonly WeighedQuery[] },
  limits: WorthLimits,
): Promise<ReadonlySet<string>> {
  const { databaseBytes, solve, solve_s } = limits;
  if (solve === null || start.size === 0) return start;
  const cost = await book.total(start, modest);
  const price = (id: string): number =>
    cost * (GAIN_LEAST + (GAIN_PER_SIZE * growthOf(book, id, limits)) / Math.max(1, databaseBytes));
  const program = choiceProgram(book, seenPlans(book, ids, SPARE_SHARE), { ids, budget_bytes: Infinity, price });
  const values = (await solve(program, solve_s, SOLVER_GAP))?.values ?? null;
  if (values === null) return start;
  const other = new Set(ids.filter((_, at) => values[at] === true));
  const objective = async (set: ReadonlySet<string>): Promise<number> =>
    (await book.total(set)) + [...set].reduce((sum, id) => sum + price(id), 0);
  return (await objective(other)) < (await objective(start)) ? other : start;
}

async function withoutTrifles(
  book: CostBook,
  start: ReadonlySet<string>,
  modest: readonly WeighedQuery[],
  limits: WorthLimits,
): Promise<ReadonlySet<string>> {
  const bytes = Math.max(1, limits.databaseBytes);
  const set = new Set(start);
  const losses = new Map<string, readonly number[]>();
  const totals = async (of: ReadonlySet<string>): Promise<readonly number[]> => [
    await book.total(of),
    await book.total(of, modest),
  ];
  for (;;) {
    const costs = await totals(set);
    let least: { readonly id: string; readonly ratio: number } | null = null;
    for (const id of set) {
      const without = new Set([...set].filter((other) => other !== id));
      const lost = losses.get(id) ?? (await totals(without)).map((cost, at) => cost - (costs[at] ?? 0));
      losses.set(id, lost);
      const gain = Math.max(...lost.map((loss, at) => loss / Math.max(Number.MIN_VALUE, (costs[at] ?? 0) + loss)));
      const wanted = Math.max(GAIN_LEAST, (GAIN_PER_SIZE * growthOf(book, id, limits)) / bytes);
      const ratio = gain / wanted;
      if (ratio < 1 && (least === null || ratio < least.ratio)) least = { id, ratio };
    }
    if (least === null) return set;
    set.delete(least.id);
    // Only where both can matter to a query, one's loss hangs on the other.
    for (const query of book.queries)
      if (book.relevant(query, [least.id]).size > 0) for (const id of book.relevant(query, set)) losses.delete(id);
    for (const { ids } of book.upkeep.charges) if (ids.has(least.id)) for (const id of ids) losses.delete(id);
  }
}

// With a narrower index of the same beginning in the place of each where that does nearly as much.
async function narrowed(
  book: CostBook,
  start: ReadonlySet<string>,
  candidates: readonly TriedIndex[],
): Promise<ReadonlySet<string>> {
  const columns = ({ index }: TriedIndex): number => index.keys.length + index.include.length;
  let set = start;
  let cost = await book.total(set);
  for (const wide of candidates.filter(({ id }) => start.has(id))) {
    const narrower = candidates
      .filter((one) => !set.has(one.id) && columns(one) < columns(wide) && extendsIndex(wide.index, one.index))
      .toSorted((a, b) => columns(a) - columns(b));
    for (const one of narrower) {
      const other = new Set([...set].map((id) => (id === wide.id ? one.id : id)));
      const total = await book.total(other);
      if (total - cost > GAIN_OF_COLUMN * cost * (columns(wide) - columns(one))) continue;
      [set, cost] = [other, total];
      break;
    }
  }
  return set;
}
