import type { CostBook } from "./cost-book.ts";
import { PlanTree } from "./plan-tree.ts";
import type { Leaf } from "./plan-tree.ts";
import type { BinaryProgram, SolveProgram, Term } from "./program.ts";

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
  readonly left_s: () => number;
}

/** Candidates of equal cost: the smaller is taken. A byte counts this share of the workload's cost. */
const BYTE_SHARE = 1e-15;

/**
 * The best choice under the budget. An integer program over the plans known so far (one plan for each query, whose
 * indexes must be chosen) gives a set and a lower bound; the set is then planned for real, and the trees of the
 * queries for which the program was too hopeful are refined. When the program's set costs what the program says,
 * nothing better exists.
 */
export async function exact(
  book: CostBook,
  candidates: ReadonlySet<string>,
  start: ReadonlySet<string>,
  solve: SolveProgram,
  limits: ExactLimits,
): Promise<ExactOutcome> {
  const { budget_bytes, gap, over, left_s } = limits;
  let best = start;
  let cost = await book.total(start);
  let bound: number | null = null;
  // One that is too large by itself is in no solution.
  const ids = [...candidates].filter((id) => (book.bytes.get(id) ?? 0) <= budget_bytes);
  const trees: PlanTree[] = [];
  for (const query of book.queries) {
    if (over()) return { best, cost, bound, finished: false };
    const tree = await PlanTree.start(book, query, ids);
    trees.push(tree);
    await tree.refine(start, over);
  }
  for (;;) {
    const { program, plans } = programOf(book, trees, ids, budget_bytes, cost * BYTE_SHARE);
    const solution = await solve(program, Math.max(1, left_s()));
    if (solution === null) return { best, cost, bound, finished: false };
    bound = Math.max(bound ?? 0, solution.bound - cost * BYTE_SHARE * book.size(ids));
    const set = new Set(ids.filter((_, at) => solution.values[at] === true));
    const total = await book.total(set);
    if (total < cost) [best, cost] = [set, total];
    if (cost - bound <= gap * cost) return { best, cost, bound: Math.min(bound, cost), finished: true };
    let refined = true;
    const before = trees.reduce((sum, tree) => sum + tree.leaves.size, 0);
    for (const tree of trees) refined = (await tree.refine(set, over)) && refined;
    // A plan of sets without some indexes may be taken for one with them. Where it was hopeful, it is refined, too.
    for (const { variable, tree, leaf } of plans) {
      if (solution.values[variable] !== true || !tree.leaves.has(leaf)) continue;
      refined = (await tree.refine(new Set([...set].filter((id) => !leaf.without.has(id))), over)) && refined;
    }
    const grown = trees.reduce((sum, tree) => sum + tree.leaves.size, 0) > before;
    // Nothing left to refine: what remains is the planner's rounding.
    if (!grown || over()) return { best, cost, bound: Math.min(bound, cost), finished: !over() && refined };
  }
}

interface PlanVariable {
  readonly variable: number;
  readonly tree: PlanTree;
  readonly leaf: Leaf;
}

// Variables: a candidate each, then a plan each, then a charge each.
function programOf(
  book: CostBook,
  trees: readonly PlanTree[],
  ids: readonly string[],
  budget_bytes: number,
  perByte: number,
): { readonly program: BinaryProgram; readonly plans: readonly PlanVariable[] } {
  const place = new Map(ids.map((id, at) => [id, at]));
  const objective = ids.map((id) => (book.upkeep.perIndex.get(id) ?? 0) + perByte * (book.bytes.get(id) ?? 0));
  const rows: BinaryProgram["rows"][number][] = [];
  if (Number.isFinite(budget_bytes)) {
    // In megabytes: a solver's tolerances are meant for numbers of a moderate size.
    const terms = ids.map((id, variable) => ({ coefficient: (book.bytes.get(id) ?? 0) / 1e6, variable }));
    rows.push({ terms, least: null, most: budget_bytes / 1e6 });
  }
  const plans: PlanVariable[] = [];
  for (const tree of trees) {
    const { query, leaves } = tree;
    const one: Term[] = [];
    const needs = new Map<string, Term[]>();
    for (const leaf of leaves) {
      const { held, plan } = leaf;
      const variable = objective.push(query.weight * plan.cost) - 1;
      plans.push({ variable, tree, leaf });
      one.push({ coefficient: 1, variable });
      for (const id of held) needs.set(id, [...(needs.get(id) ?? []), { coefficient: 1, variable }]);
    }
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
  return { program: { objective, rows }, plans };
}
