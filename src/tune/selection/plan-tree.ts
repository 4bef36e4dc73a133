import type { CostBook, PlannedCost } from "./cost-book.ts";
import type { WeighedQuery } from "./selection.ts";

/**
 * A part of all sets of candidates: those that hold `held` and nothing of `without`. The plan is that of the largest
 * of them. No set of the part costs less; where the plan reads only what is held, all cost the same.
 */
export interface Leaf {
  readonly held: ReadonlySet<string>;
  readonly without: ReadonlySet<string>;
  readonly plan: PlannedCost;
}

/**
 * The cost of one query for every set of candidates, refined where it matters: a binary tree whose leaves part all
 * sets. A leaf is split by a candidate that its plan reads: sets with it keep the plan, sets without get another one.
 * That the planner does no worse with more indexes is taken for granted, as in INUM and CoPhy (Dash, Polyzotis and
 * Ailamaki, "CoPhy: A Scalable, Portable, and Interactive Index Advisor for Large Workloads", VLDB 2011).
 */
export class PlanTree {
  readonly query: WeighedQuery;
  readonly leaves: Set<Leaf> = new Set<Leaf>();
  private readonly book: CostBook;
  private readonly candidates: ReadonlySet<string>;

  private constructor(book: CostBook, query: WeighedQuery, candidates: ReadonlySet<string>) {
    this.book = book;
    this.query = query;
    this.candidates = candidates;
  }

  static async start(book: CostBook, query: WeighedQuery, candidates: Iterable<string>): Promise<PlanTree> {
    const tree = new PlanTree(book, query, book.relevant(query, candidates));
    tree.leaves.add({ held: new Set(), without: new Set(), plan: await book.cost(query, tree.candidates) });
    return tree;
  }

  /** Splits until the leaf of this set tells its exact cost. Gives up, and says false, when time is over. */
  async refine(set: ReadonlySet<string>, over: () => boolean): Promise<boolean> {
    let leaf = this.leafOf(set);
    for (;;) {
      const open = [...leaf.plan.uses].filter((id) => !leaf.held.has(id));
      // What the set lacks first: that part needs another plan, and says most about the set.
      const by = open.find((id) => !set.has(id)) ?? open[0];
      if (by === undefined) return true;
      if (over()) return false;
      const held: Leaf = { ...leaf, held: new Set([...leaf.held, by]) };
      const without = new Set([...leaf.without, by]);
      const rest = [...this.candidates].filter((id) => !without.has(id));
      const plan = await this.book.cost(this.query, rest);
      // A plan that got cheaper with less to choose from is the planner's rounding.
      const cost = Math.max(plan.cost, leaf.plan.cost);
      const lacking: Leaf = { held: leaf.held, without, plan: { uses: plan.uses, cost } };
      this.leaves.delete(leaf);
      this.leaves.add(held).add(lacking);
      leaf = set.has(by) ? held : lacking;
    }
  }

  private leafOf(set: ReadonlySet<string>): Leaf {
    for (const leaf of this.leaves) {
      if ([...leaf.held].every((id) => set.has(id)) && ![...leaf.without].some((id) => set.has(id))) return leaf;
    }
    throw new Error("the leaves of a plan tree part all sets");
  }
}
