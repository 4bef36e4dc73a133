import { extendsIndex } from "../extends-index.ts";
import type { WhatIf } from "../what-if.ts";
import { CostBook } from "./cost-book.ts";
import { exact } from "./exact.ts";
import type { ExactOutcome } from "./exact.ts";
import { greedy } from "./greedy.ts";
import type { SolveProgram } from "./program.ts";
import { screen } from "./screen.ts";
import { settle } from "./settle.ts";
import type { Settled } from "./settle.ts";
import { sparedOf, worthwhile } from "./worth.ts";
import type { ChosenIndex, QueryCosts, Selection, SelectionProblem } from "./selection.ts";

/** How to select. */
export interface SelectOptions {
  /** Solves the exact program; null to stop at the first choice, without a bound. */
  readonly solve: SolveProgram | null;
  readonly timeLimit_ms: number;
  /** The gap to the bound that is good enough, as a share of the cost. */
  readonly gap?: number;
  /** Milliseconds of a clock that does not go back. */
  readonly now: () => number;
  readonly signal?: AbortSignal;
}

const GAP = 0.005;
/** More indexes than this make planning slow: the server looks at each one of a table. They are screened first. */
const SHOWN_MAX = 48;
/** Shares of the time limit after which screening ends, the exact search, and steps from the best so far. */
const SCREEN_SHARE = 0.4;
const EXACT_SHARE = 0.7;
const STEPS_SHARE = 0.75;
/** The last program is given this much, however late it is. */
const SETTLE_S_MIN = 3;

/**
 * Chooses indexes under a byte budget and the cost of writes, with their interaction: which plans use one index may
 * hang on the others. Where candidates are many, those that plans use are screened; then an integer program and the
 * server's plans are brought together until the choice is proved best or time is over. What it has at that moment is
 * improved step by step by gain per byte as long as time is left, and brought to the optimum over all plans that were
 * seen (`settle`). So there are two bounds: one over these plans, one over all choices. Without a solver the steps
 * alone are taken.
 *
 * The strict bound takes for granted that the planner does no worse for having more indexes to choose from.
 */
export async function select(problem: SelectionProblem, whatIf: WhatIf, options: SelectOptions): Promise<Selection> {
  const { now, timeLimit_ms, signal } = options;
  const began = now();
  const after =
    (share: number): (() => boolean) =>
    () => {
      signal?.throwIfAborted();
      return now() - began > timeLimit_ms * share;
    };
  const clock: Clock = { after, left_ms: (share) => Math.max(0, timeLimit_ms * share - (now() - began)) };
  const book = new CostBook(whatIf, problem);
  await book.begin(problem.queries);
  const fitting = problem.candidates.filter((tried) => tried.bytes <= (problem.budget_bytes ?? Infinity));
  const ids = fitting.map((tried) => tried.id);
  const tables = new Map(fitting.map(({ id, index }) => [id, JSON.stringify([index.schema, index.table])]));
  const sameTable = (one: string, other: string): boolean => tables.get(one) === tables.get(other);
  const most = Math.max(0, ...book.queries.map((query) => book.relevant(query, ids).size));
  const kept = most <= SHOWN_MAX ? new Set(ids) : await screen(book, ids, sameTable, after(SCREEN_SHARE));
  const outcome = await choose(book, kept, problem, options, clock);
  const { best: full, bound, finished } = await settled(book, new Set(ids), outcome.best, problem, options, clock);
  const { best, spared } = await withoutUnworthy(book, full, new Set(ids), problem, options);
  const costAfter = await book.total(best);
  const strictBound = outcome.bound === null ? null : Math.min(outcome.bound, costAfter);
  const gapTo = (least: number | null): number | null =>
    least === null || costAfter <= 0 ? null : (costAfter - least) / costAfter;
  return {
    chosen: await inOrder(book, best, problem),
    bytes: book.size(best),
    costBefore: await book.total(new Set()),
    costAfter,
    bound,
    gap: gapTo(bound),
    strictBound,
    strictGap: gapTo(strictBound),
    spared,
    queries: await queryCosts(book, best),
    unplanned: book.unplanned,
    unused: ids.filter((one) => !book.used.has(one)),
    time_ms: now() - began,
    asked: book.asked,
    finished: outcome.finished && finished,
  };
}

async function withoutUnworthy(
  book: CostBook,
  full: ReadonlySet<string>,
  candidates: ReadonlySet<string>,
  { databaseBytes = null, freed = new Map(), candidates: all }: SelectionProblem,
  { solve }: SelectOptions,
): Promise<{ readonly best: ReadonlySet<string>; readonly spared: Selection["spared"] }> {
  if (databaseBytes === null) return { best: full, spared: null };
  const limits = { databaseBytes, freed, solve, solve_s: SETTLE_S_MIN };
  const open = all.filter(({ id }) => candidates.has(id));
  const kept = await worthwhile(book, full, open, limits);
  const best = await trimmed(book, kept);
  const chosen = all.filter(({ id }) => full.has(id));
  const indexes = await sparedOf(book, chosen, best, limits);
  if (indexes.length === 0) return { best, spared: null };
  return { best, spared: { indexes, bytes: book.size(full) - book.size(best), costAfter: await book.total(full) } };
}

interface Clock {
  /** Whether this share of the time is over; throws when the signal said so. */
  readonly after: (share: number) => () => boolean;
  /** What is left until this share of the time is over. */
  readonly left_ms: (share: number) => number;
}

// Without what no plan reads, and all that is told of it asked for: then no plan comes after the bound.
async function settled(
  book: CostBook,
  candidates: ReadonlySet<string>,
  start: ReadonlySet<string>,
  problem: SelectionProblem,
  { solve }: SelectOptions,
  { after, left_ms }: Clock,
): Promise<Settled> {
  const ask = async (chosen: ReadonlySet<string>): Promise<ReadonlySet<string>> => {
    const less = await trimmed(book, chosen);
    await inOrder(book, less, problem);
    return less;
  };
  if (solve === null) return { best: await ask(start), bound: null, finished: true };
  return settle(book, candidates, solve, {
    start,
    budget_bytes: problem.budget_bytes ?? Infinity,
    over: after(1),
    solve_s: () => Math.max(SETTLE_S_MIN, left_ms(1) / 1000),
    ask,
  });
}

async function choose(
  book: CostBook,
  kept: ReadonlySet<string>,
  problem: SelectionProblem,
  { solve, gap = GAP, timeLimit_ms, now }: SelectOptions,
  { after, left_ms }: Clock,
): Promise<ExactOutcome> {
  const budget_bytes = problem.budget_bytes ?? Infinity;
  const steps = { budget_bytes, replaces: replacement(problem) };
  if (solve !== null) {
    const solve_s = (): number =>
      Math.min(Math.max(1, timeLimit_ms / 10_000), Math.max(0.5, left_ms(EXACT_SHARE) / 1000));
    const outcome = await exact(book, kept, solve, { budget_bytes, gap, over: after(EXACT_SHARE), now, solve_s });
    if (outcome.finished) return outcome;
    // What time is left goes into steps from the best so far.
    const better = await greedy(book, kept, { ...steps, start: outcome.best, over: after(STEPS_SHARE) });
    const cost = await book.total(better);
    return cost < outcome.cost ? { ...outcome, best: better, cost } : outcome;
  }
  const over = after(1);
  const best = await greedy(book, kept, { ...steps, start: new Set(), over });
  return { best, cost: await book.total(best), bound: null, finished: !over() };
}

function replacement(problem: SelectionProblem): (added: string, chosen: string) => boolean {
  const objects = new Map(problem.candidates.map((tried) => [tried.id, tried.index]));
  return (added, chosen) => {
    const [wide, narrow] = [objects.get(added), objects.get(chosen)];
    return wide !== undefined && narrow !== undefined && extendsIndex(wide, narrow);
  };
}

// Without what no plan reads, the largest first.
async function trimmed(book: CostBook, chosen: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  let set = new Set(chosen);
  let cost = await book.total(set);
  for (const id of [...chosen].toSorted((a, b) => (book.bytes.get(b) ?? 0) - (book.bytes.get(a) ?? 0))) {
    const less = new Set(set);
    less.delete(id);
    const without = await book.total(less);
    if (without <= cost) [set, cost] = [less, without];
  }
  return set;
}

// The one whose loss would cost most stands first; each is weighed with those before it.
async function inOrder(
  book: CostBook,
  chosen: ReadonlySet<string>,
  problem: SelectionProblem,
): Promise<readonly ChosenIndex[]> {
  const losses = new Map<string, number>();
  for (const id of chosen) losses.set(id, await book.total(new Set([...chosen].filter((other) => other !== id))));
  const tried = new Map(problem.candidates.map((one) => [one.id, one]));
  const seen = new Set<string>();
  const ordered: ChosenIndex[] = [];
  let costBefore = await book.total(seen);
  for (const id of [...chosen].toSorted((a, b) => (losses.get(b) ?? 0) - (losses.get(a) ?? 0) || (a < b ? -1 : 1))) {
    const one = tried.get(id);
    if (one === undefined) continue;
    seen.add(id);
    const costAfter = await book.total(seen);
    ordered.push({ tried: one, costBefore, costAfter, upkeep: book.upkeep.perIndex.get(id) ?? 0 });
    costBefore = costAfter;
  }
  return ordered;
}

async function queryCosts(book: CostBook, chosen: ReadonlySet<string>): Promise<readonly QueryCosts[]> {
  const costs: QueryCosts[] = [];
  for (const query of book.queries) {
    const { cost, uses } = await book.cost(query, chosen);
    costs.push({ id: query.id, before: book.before(query), after: cost, uses: [...uses] });
  }
  return costs;
}
