import type { CostBook } from "./cost-book.ts";
import { choiceProgram, seenPlans } from "./choice-program.ts";
import type { PlanChoice } from "./choice-program.ts";
import { PlanTree } from "./plan-tree.ts";
import type { Leaf } from "./plan-tree.ts";
import type { SolveProgram } from "./program.ts";

/** The best set found, and what no set of the candidates undercuts. */
export interface ExactOutcome {
  readonly best: ReadonlySet<string>;
  readonly cost: number;
  readonly bound: number | null;
  readonly finished: boolean;
}

/** How long to go on, and how good is good enough. */
export interface ExactLimits {
  readonly budget_bytes: number;
  /** Ends when the gap between best and bound is at most this share of the best. */
  readonly gap: number;
  readonly over: () => boolean;
  /** Milliseconds of a clock. */
  readonly now: () => number;
  /** What one run of the solver may take now. */
  readonly solve_s: () => number;
}

/** The part of the gap that is left to the solver. */
const SOLVER_SHARE = 0.2;
/** Plans that gain less of a query's cost are left out where choices among seen plans are made. */
const GAIN_LEAST = 0.01;
/** Rounds from the first on, and one in so many later, in which a choice among seen plans is made. */
const REAL_ROUNDS = 5;
/** Time for looking at parts, as a multiple of what the solver took. */
const LOOK_SHARE = 4;
/** Added to bytes where a score is per byte: small indexes are not all. */
const BYTES_LEAST = 5e6;
/** Candidates of equal cost: the smaller is taken. A byte counts this share of the workload's cost. */
const BYTE_SHARE = 1e-15;

/**
 * The best choice under the budget, by two integer programs in turn. Each takes one plan for each query, whose indexes
 * must be chosen. The first knows the plans that were seen: its choice is real, and costs no more than it says. The
 * second knows for each part of all choices what none of them undercuts: it gives a bound, and its choice shows where
 * that is too hopeful. Both choices are planned, which brings new plans, and the second's parts are refined, until
 * both meet.
 */
export async function exact(
  book: CostBook,
  candidates: ReadonlySet<string>,
  solve: SolveProgram,
  limits: ExactLimits,
): Promise<ExactOutcome> {
  const search = new Search(book, candidates, solve, limits);
  const { gap, over } = limits;
  if (!(await search.start())) return search.outcome(false);
  for (let round = 0; ; round++) {
    // Real choices get better in the first rounds; then the bound is what takes time.
    if (round < REAL_ROUNDS || round % REAL_ROUNDS === 0) {
      const real = await search.choose(search.seenPlans());
      if (real?.choice != null) await search.weigh(real.choice.set);
      if (over()) return search.outcome(false);
    }
    const bounding = await search.choose(search.boundingPlans());
    if (bounding === null) return search.outcome(false);
    search.raise(bounding.bound);
    const { choice } = bounding;
    if (choice === null) return search.outcome(false);
    await search.weigh(choice.set);
    if (search.cost - (search.bound ?? 0) <= gap * search.cost) return search.outcome(true);
    if (over()) return search.outcome(false);
    const grown = await search.refine(choice.set, choice.plans);
    await search.look();
    // Nothing left to refine, asked exactly: what remains is the planner's rounding.
    if (!grown && search.isExact) return search.outcome(!over());
    search.isExact = !grown;
  }
}

/** A plan of the second program, with the part that promises it. */
interface BoundingPlan extends PlanChoice {
  readonly tree: PlanTree;
  readonly leaf: Leaf;
}

interface Chosen<P extends PlanChoice> {
  /** Null: none was found in time. */
  readonly choice: { readonly set: ReadonlySet<string>; readonly plans: readonly P[] } | null;
  /** No solution of the program is below. */
  readonly bound: number;
}

class Search {
  best: ReadonlySet<string> = new Set();
  cost = Infinity;
  bound: number | null = null;
  /** Whether programs are solved to the end, and not roughly. */
  isExact = false;
  private readonly book: CostBook;
  private readonly solve: SolveProgram;
  private readonly limits: ExactLimits;
  private readonly ids: readonly string[];
  private readonly trees: PlanTree[] = [];
  private solving_ms = 0;

  constructor(book: CostBook, candidates: ReadonlySet<string>, solve: SolveProgram, limits: ExactLimits) {
    this.book = book;
    this.solve = solve;
    this.limits = limits;
    // One that is too large by itself is in no solution.
    this.ids = [...candidates].filter((id) => (book.bytes.get(id) ?? 0) <= limits.budget_bytes);
  }

  async start(): Promise<boolean> {
    await this.weigh(new Set());
    for (const query of this.book.queries) {
      if (this.limits.over()) return false;
      this.trees.push(await PlanTree.start(this.book, query, this.ids));
    }
    return true;
  }

  async weigh(set: ReadonlySet<string>): Promise<void> {
    // By a solver's tolerance.
    if (this.book.size(set) > this.limits.budget_bytes) return;
    const cost = await this.book.total(set);
    if (cost < this.cost) [this.best, this.cost] = [set, cost];
  }

  raise(bound: number): void {
    const lowest = bound - this.perByte() * this.book.size(this.ids);
    this.bound = Math.max(this.bound ?? 0, lowest);
  }

  outcome(finished: boolean): ExactOutcome {
    const { best, cost, bound } = this;
    return { best, cost, bound: bound === null ? null : Math.min(bound, cost), finished };
  }

  seenPlans(): readonly PlanChoice[] {
    return seenPlans(this.book, this.ids, GAIN_LEAST);
  }

  boundingPlans(): readonly BoundingPlan[] {
    return this.trees.flatMap((tree) =>
      this.promising(tree).map((leaf) => ({ query: tree.query, needs: leaf.held, cost: leaf.plan.cost, tree, leaf })),
    );
  }

  // The parts that a program may take: none that needs more than another and promises no more, or too many bytes.
  private promising(tree: PlanTree): readonly Leaf[] {
    const kept: Leaf[] = [];
    const leaves = [...tree.leaves].filter(({ held }) => this.book.size(held) <= this.limits.budget_bytes);
    for (const leaf of leaves.toSorted((a, b) => a.held.size - b.held.size || a.plan.cost - b.plan.cost)) {
      const beaten = kept.some(
        ({ held, plan }) => plan.cost <= leaf.plan.cost && [...held].every((id) => leaf.held.has(id)),
      );
      if (!beaten) kept.push(leaf);
    }
    return kept;
  }

  async choose<P extends PlanChoice>(plans: readonly P[]): Promise<Chosen<P> | null> {
    const { budget_bytes, now, gap, solve_s } = this.limits;
    const program = choiceProgram(this.book, plans, { ids: this.ids, budget_bytes, perByte: this.perByte() });
    const began = now();
    const open = this.bound === null ? 1 : (this.cost - this.bound) / this.cost;
    // A rough answer will do while both are far apart.
    const rough = Math.max(gap * SOLVER_SHARE, this.isExact ? 0 : Math.min(open * 0.1, 0.01));
    const solution = await this.solve(program, solve_s(), rough);
    this.solving_ms += now() - began;
    if (solution === null) return null;
    const { values, bound } = solution;
    if (values === null) return { choice: null, bound };
    const set = new Set(this.ids.filter((_, at) => values[at] === true));
    return { choice: { set, plans: plans.filter((_, at) => values[this.ids.length + at] === true) }, bound };
  }

  // Whether any part was split.
  async refine(set: ReadonlySet<string>, taken: readonly BoundingPlan[]): Promise<boolean> {
    const { over } = this.limits;
    const leaves = new Set(this.trees.flatMap((tree) => [...tree.leaves]));
    for (const tree of this.trees) await tree.refine(set, over);
    // A part of sets without some indexes may be taken for one with them. Where it was hopeful, it is refined, too.
    for (const { tree, leaf } of taken) {
      if (tree.leaves.has(leaf)) await tree.refine(new Set([...set].filter((id) => !leaf.without.has(id))), over);
    }
    return this.trees.some((tree) => [...tree.leaves].some((leaf) => !leaves.has(leaf)));
  }

  /**
   * Plans the parts that promise most per byte they must hold, for about as long as the solver took: a program with
   * better bounds needs fewer rounds.
   */
  async look(): Promise<void> {
    const { now, over } = this.limits;
    const promises: { readonly tree: PlanTree; readonly leaf: Leaf; readonly score: number }[] = [];
    for (const tree of this.trees) {
      const { cost } = await this.book.cost(tree.query, this.best);
      for (const leaf of this.promising(tree)) {
        if (leaf.planned || leaf.plan.cost >= cost) continue;
        const score = (tree.query.weight * (cost - leaf.plan.cost)) / (BYTES_LEAST + this.book.size(leaf.held));
        promises.push({ tree, leaf, score });
      }
    }
    const until = now() + this.solving_ms * LOOK_SHARE;
    this.solving_ms = 0;
    for (const { tree, leaf } of promises.toSorted((a, b) => b.score - a.score)) {
      if (over() || now() >= until) return;
      await tree.plan(leaf);
    }
  }

  private perByte(): number {
    return this.cost * BYTE_SHARE;
  }
}
