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
  /** Whether the plan is that of the part; else it is that of a larger one, which costs no more. */
  readonly planned: boolean;
}

/**
 * The cost of one query for every set of candidates, refined where it matters: a tree whose leaves part all sets. A
 * leaf is split by the candidates that its plan reads: sets with them keep the plan, sets without get another one.
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
    tree.leaves.add({
      held: new Set(),
      without: new Set(),
      plan: await book.cost(query, tree.candidates),
      planned: true,
    });
    return tree;
  }

  /** Splits until the leaf of this set tells its exact cost. Gives up, and says false, when time is over. */
  async refine(set: ReadonlySet<string>, over: () => boolean): Promise<boolean> {
    let leaf = this.leafOf(set);
    for (;;) {
      if (!leaf.planned) {
        if (over()) return false;
        leaf = await this.plan(leaf);
        continue;
      }
      const open = [...leaf.plan.uses].filter((id) => !leaf.held.has(id));
      if (open.length === 0) return true;
      leaf = this.split(leaf, open, set);
    }
  }

  // Sets without some of what the plan reads are parted by the first that they lack; they may cost more than the
  // leaf, which is looked at when such a set is asked for: one plan for all that is lacking, not one for each.
  private split(leaf: Leaf, open: readonly string[], set: ReadonlySet<string>): Leaf {
    this.leaves.delete(leaf);
    const lacking = open.filter((id) => !set.has(id));
    const held = new Set(leaf.held);
    const without = new Set(leaf.without);
    if (lacking.length === 0) {
      for (const id of open) {
        const part: Leaf = { held: new Set(held), without: new Set([...without, id]), plan: leaf.plan, planned: false };
        this.leaves.add(part);
        held.add(id);
      }
      const whole: Leaf = { held, without, plan: leaf.plan, planned: true };
      this.leaves.add(whole);
      return whole;
    }
    for (const id of lacking) {
      // The plan holds only where all that it reads is there.
      const planned = without.size === leaf.without.size;
      this.leaves.add({ held: new Set([...held, id]), without: new Set(without), plan: leaf.plan, planned });
      without.add(id);
    }
    const rest: Leaf = { held, without, plan: leaf.plan, planned: false };
    this.leaves.add(rest);
    return rest;
  }

  /** Plans a part that has the plan of a larger one so far. */
  async plan(leaf: Leaf): Promise<Leaf> {
    const rest = [...this.candidates].filter((id) => !leaf.without.has(id));
    const { uses, cost } = await this.book.cost(this.query, rest);
    // A plan that got cheaper with less to choose from is the planner's rounding.
    const planned: Leaf = { ...leaf, plan: { uses, cost: Math.max(cost, leaf.plan.cost) }, planned: true };
    this.leaves.delete(leaf);
    this.leaves.add(planned);
    return planned;
  }

  private leafOf(set: ReadonlySet<string>): Leaf {
    for (const leaf of this.leaves) {
      if ([...leaf.held].every((id) => set.has(id)) && ![...leaf.without].some((id) => set.has(id))) return leaf;
    }
    throw new Error("the leaves of a plan tree part all sets");
  }
}
