import { choiceProgram, seenPlans } from "./choice-program.ts";
import type { CostBook } from "./cost-book.ts";
import type { SolveProgram } from "./program.ts";

/** The best choice among the plans that were seen. */
export interface Settled {
  readonly best: ReadonlySet<string>;
  /** No choice whose queries all run by plans that were seen costs less; null when the solver told none in time. */
  readonly bound: number | null;
  /** Whether the solver came to its end, and no choice that it gave was new. */
  readonly finished: boolean;
}

/** How long to go on, and from where. */
export interface SettleLimits {
  readonly start: ReadonlySet<string>;
  readonly budget_bytes: number;
  readonly over: () => boolean;
  /** What one run of the solver may take now, in seconds. */
  readonly solve_s: () => number;
  /** Asks for all that is told of a choice afterwards, so that those plans are seen, too; may give a better one. */
  readonly ask: (chosen: ReadonlySet<string>) => Promise<ReadonlySet<string>>;
}

/** A plan that is cheaper by less than this share than one that needs less is left out; the bound allows for it. */
const SPARE_SHARE = 1e-3;
const SOLVER_GAP = 1e-3;
/** Costs this close are the same. */
const SAME_SHARE = 1e-9;
/** Of equal cost the smaller choice is taken: a byte counts this share of the workload's cost. */
const BYTE_SHARE = 1e-15;

/**
 * Brings the choice to the optimum over the plans that were seen, by an integer program over all of them, solved to
 * its end. Its choice is planned for real, which may bring plans that nobody saw before: then it is solved again. It
 * ends when the program gives no choice that costs less. The planner drops paths that are less than 1 % cheaper than
 * another (`STD_FUZZ_FACTOR`, src/backend/optimizer/util/pathnode.c): a choice can cost that much more than its plans
 * did where they were seen, and so much may remain between the cost and the bound.
 */
export async function settle(
  book: CostBook,
  candidates: ReadonlySet<string>,
  solve: SolveProgram,
  limits: SettleLimits,
): Promise<Settled> {
  const { budget_bytes, over, ask } = limits;
  const ids = [...candidates].filter((id) => (book.bytes.get(id) ?? 0) <= budget_bytes);
  let best = await ask(limits.start);
  let cost = await book.total(best);
  for (;;) {
    const perByte = cost * BYTE_SHARE;
    const program = choiceProgram(book, seenPlans(book, ids, SPARE_SHARE), { ids, budget_bytes, perByte });
    const solution = await solve(program, limits.solve_s(), SOLVER_GAP);
    if (solution === null) return { best, bound: null, finished: false };
    const least = (solution.bound - perByte * book.size(ids)) * (1 - SPARE_SHARE);
    const bound = Number.isFinite(least) ? Math.max(0, Math.min(least, cost)) : null;
    const { values } = solution;
    // What is asked for now, no program will have known.
    if (values === null || over()) return { best, bound, finished: false };
    const seen = book.asked;
    const set = new Set(ids.filter((_, at) => values[at] === true));
    // A solver's tolerance may let it be too large by a byte.
    const other = book.size(set) > budget_bytes ? Infinity : await book.total(set);
    if (other < cost * (1 - SAME_SHARE)) best = await ask(set);
    cost = await book.total(best);
    if (book.asked === seen) return { best, bound, finished: solution.proved };
  }
}
