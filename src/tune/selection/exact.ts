import type { CostBook } from "./cost-book.ts";
import { PlanTree } from "./plan-tree.ts";
import type { Leaf } from "./plan-tree.ts";
import type { BinaryProgram, ProgramSolution, SolveProgram, Term } from "./program.ts";
import type { WeighedQuery } from "./selection.ts";

/** The best set found, and what no set undercuts. */
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
  /** What one run of the solver may take. */
  readonly solve_s: number;
}

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
  for (;;) {
    const real = await search.choose(search.seenPlans());
    if (real === null) return search.outcome(false);
    await search.weigh(real.set);
    const hopeful = search.boundingPlans();
    const bounding = await search.choose(hopeful);
    if (bounding === null) return search.outcome(false);
    search.raise(bounding.solution.bound);
    await search.weigh(bounding.set);
    if (search.cost - (search.bound ?? 0) <= gap * search.cost) return search.outcome(true);
    if (over()) return search.outcome(false);
    const grown = await search.refine(bounding, hopeful);
    // Nothing left to refine: what remains is the planner's rounding.
    if (!grown) return search.outcome(!over());
  }
}

/** A plan that a program may take for a query; `leaf` of the second program. */
interface PlanChoice {
  readonly query: WeighedQuery;
  readonly needs: ReadonlySet<string>;
  readonly cost: number;
  readonly tree: PlanTree | null;
  readonly leaf: Leaf | null;
}

interface Chosen {
  readonly set: ReadonlySet<string>;
  readonly solution: ProgramSolution;
}

class Search {
  best: ReadonlySet<string> = new Set();
  cost = Infinity;
  bound: number | null = null;
  private readonly book: CostBook;
  private readonly solve: SolveProgram;
  private readonly limits: ExactLimits;
  private readonly ids: readonly string[];
  private readonly trees: PlanTree[] = [];

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
    const open = new Set(this.ids);
    return this.book.queries.flatMap((query) =>
      this.book
        .plansOf(query)
        .flatMap(({ uses, cost }): PlanChoice[] =>
          [...uses].every((id) => open.has(id)) ? [{ query, needs: uses, cost, tree: null, leaf: null }] : [],
        ),
    );
  }

  boundingPlans(): readonly PlanChoice[] {
    return this.trees.flatMap((tree) =>
      [...tree.leaves].map((leaf) => ({ query: tree.query, needs: leaf.held, cost: leaf.plan.cost, tree, leaf })),
    );
  }

  async choose(plans: readonly PlanChoice[]): Promise<Chosen | null> {
    const program = programOf(this.book, plans, this.ids, this.limits.budget_bytes, this.perByte());
    const solution = await this.solve(program, this.limits.solve_s);
    if (solution === null) return null;
    return { set: new Set(this.ids.filter((_, at) => solution.values[at] === true)), solution };
  }

  // Whether any part was split.
  async refine({ set, solution }: Chosen, plans: readonly PlanChoice[]): Promise<boolean> {
    const { over } = this.limits;
    const leaves = new Set(this.trees.flatMap((tree) => [...tree.leaves]));
    for (const tree of this.trees) await tree.refine(set, over);
    // A part of sets without some indexes may be taken for one with them. Where it was hopeful, it is refined, too.
    for (const [at, { tree, leaf }] of plans.entries()) {
      if (tree === null || leaf === null || solution.values[this.ids.length + at] !== true || !tree.leaves.has(leaf))
        continue;
      await tree.refine(new Set([...set].filter((id) => !leaf.without.has(id))), over);
    }
    return this.trees.some((tree) => [...tree.leaves].some((leaf) => !leaves.has(leaf)));
  }

  private perByte(): number {
    return this.cost * BYTE_SHARE;
  }
}

// Variables: a candidate each, then a plan each, then a charge each.
function programOf(
  book: CostBook,
  plans: readonly PlanChoice[],
  ids: readonly string[],
  budget_bytes: number,
  perByte: number,
): BinaryProgram {
  const place = new Map(ids.map((id, at) => [id, at]));
  const objective = ids.map((id) => (book.upkeep.perIndex.get(id) ?? 0) + perByte * (book.bytes.get(id) ?? 0));
  const rows: BinaryProgram["rows"][number][] = [];
  if (Number.isFinite(budget_bytes)) {
    // In megabytes: a solver's tolerances are meant for numbers of a moderate size.
    const terms = ids.map((id, variable) => ({ coefficient: (book.bytes.get(id) ?? 0) / 1e6, variable }));
    rows.push({ terms, least: null, most: budget_bytes / 1e6 });
  }
  const byQuery = new Map<WeighedQuery, { readonly one: Term[]; readonly needs: Map<string, Term[]> }>();
  for (const { query, needs, cost } of plans) {
    const variable = objective.push(query.weight * cost) - 1;
    const own = byQuery.get(query) ?? { one: [], needs: new Map<string, Term[]>() };
    byQuery.set(query, own);
    own.one.push({ coefficient: 1, variable });
    for (const id of needs) own.needs.set(id, [...(own.needs.get(id) ?? []), { coefficient: 1, variable }]);
  }
  for (const { one, needs } of byQuery.values()) {
    rows.push({ terms: one, least: 1, most: 1 });
    // At most one plan is taken, so all that need an index can stand in one row with it.
    for (const [id, terms] of needs)
      rows.push({ terms: [...terms, { coefficient: -1, variable: place.get(id) ?? 0 }], least: null, most: 0 });
  }
  for (const { ids: any, cost } of book.upkeep.charges) {
    const variable = objective.push(cost) - 1;
    for (const id of any) {
      const at = place.get(id);
      if (at !== undefined)
        rows.push({
          terms: [
            { coefficient: 1, variable: at },
            { coefficient: -1, variable },
          ],
          least: null,
          most: 0,
        });
    }
  }
  return { objective, rows };
}
