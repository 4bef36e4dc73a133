import type { TriedIndex, WhatIf } from "../what-if.ts";
import type { SelectionProblem, Upkeep, WeighedQuery } from "./selection.ts";

/** The cost of one execution of a query under a set of indexes, with the candidates among those that plans read. */
export interface PlannedCost {
  readonly cost: number;
  readonly uses: ReadonlySet<string>;
}

/** A question: a query with the candidates that matter to it, and their key. */
interface Entry {
  readonly query: WeighedQuery;
  readonly set: Set<string>;
  readonly key: string;
}

/** Asks the port and remembers, one entry for each query and set of candidates that can matter to it. */
export class CostBook {
  asked = 0;
  readonly unplanned: { readonly id: string; readonly why: string }[] = [];
  /** Candidates that some plan read. */
  readonly used: Set<string> = new Set<string>();
  /** Queries that can be planned. */
  queries: readonly WeighedQuery[] = [];
  readonly bytes: ReadonlyMap<string, number>;
  readonly upkeep: Upkeep;
  private readonly whatIf: WhatIf;
  private readonly base: readonly string[];
  private readonly ids: ReadonlySet<string>;
  private readonly known = new Map<WeighedQuery, Map<string, PlannedCost>>();
  private readonly pools = new Map<WeighedQuery, readonly PlannedCost[]>();
  private readonly bare = new Map<WeighedQuery, number>();

  constructor(whatIf: WhatIf, problem: SelectionProblem) {
    this.whatIf = whatIf;
    this.base = whatIf.existing.map((tried) => tried.id);
    this.ids = new Set(problem.candidates.map((tried) => tried.id));
    this.bytes = new Map(problem.candidates.map((tried: TriedIndex) => [tried.id, tried.bytes]));
    this.upkeep = problem.upkeep;
  }

  /** Plans each query without any candidate; leaves out those that cannot be planned. */
  async begin(queries: readonly WeighedQuery[]): Promise<void> {
    const planned: WeighedQuery[] = [];
    for (const query of queries) {
      const outcomes = await this.whatIf.plans(query.executions, new Set(this.base));
      const refused = outcomes.find((outcome) => !outcome.ok);
      if (refused?.ok === false) this.unplanned.push({ id: query.id, why: refused.why });
      else if (outcomes.length > 0) {
        this.bare.set(query, mean(outcomes.map((outcome) => (outcome.ok ? outcome.value.cost : 0))));
        this.pool(query, this.before(query), new Set());
        planned.push(query);
      }
    }
    this.queries = planned;
  }

  /** The cost of one execution without any candidate. */
  before(query: WeighedQuery): number {
    return this.bare.get(query) ?? 0;
  }

  /** Candidates that can matter to a query. */
  relevant(query: WeighedQuery, among: Iterable<string>): Set<string> {
    const set = new Set<string>();
    for (const id of among)
      if (this.ids.has(id) && (query.candidates === null || query.candidates.has(id))) set.add(id);
    return set;
  }

  /** The cost under a set of candidates (and all that exists). A plan that is refused or cut off counts as without. */
  async cost(query: WeighedQuery, candidates: Iterable<string>): Promise<PlannedCost> {
    return (await this.costs([query], candidates))[0] ?? { cost: 0, uses: new Set() };
  }

  /** The costs of several queries, in order: those to which the same candidates matter are asked for together. */
  async costs(queries: readonly WeighedQuery[], candidates: Iterable<string>): Promise<readonly PlannedCost[]> {
    const all = [...candidates];
    const entries = queries.map((query): Entry => {
      const set = this.relevant(query, all);
      return { query, set, key: JSON.stringify([...set].toSorted()) };
    });
    const unknown = new Map<string, Entry[]>();
    for (const entry of entries) {
      if (entry.set.size > 0 && this.known.get(entry.query)?.has(entry.key) !== true)
        unknown.set(entry.key, [...(unknown.get(entry.key) ?? []), entry]);
    }
    for (const same of unknown.values()) await this.ask(same);
    return entries.map(
      ({ query, set, key }) => this.known.get(query)?.get(key) ?? { cost: this.before(query), uses: set },
    );
  }

  private async ask(same: readonly Entry[]): Promise<void> {
    this.asked += same.length;
    const executions = same.flatMap(({ query }) => query.executions);
    const outcomes = await this.whatIf.plans(executions, new Set([...this.base, ...(same[0]?.set ?? [])]));
    let at = 0;
    for (const { query, set, key } of same) {
      const uses = new Set<string>();
      const own = outcomes.slice(at, (at += query.executions.length));
      const costs = own.map((outcome) => {
        if (!outcome.ok) return this.before(query);
        for (const id of outcome.value.uses) if (set.has(id)) uses.add(id);
        return outcome.value.cost;
      });
      for (const id of uses) this.used.add(id);
      this.pool(query, mean(costs), uses);
      const known = this.known.get(query) ?? new Map<string, PlannedCost>();
      this.known.set(query, known.set(key, { cost: mean(costs), uses }));
    }
  }

  /** The plans of a query that were seen, without those that need more than another and cost no less. */
  plansOf(query: WeighedQuery): readonly PlannedCost[] {
    return this.pools.get(query) ?? [];
  }

  private pool(query: WeighedQuery, cost: number, uses: ReadonlySet<string>): void {
    const within = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean => {
      for (const id of one) if (!other.has(id)) return false;
      return true;
    };
    const known = this.pools.get(query) ?? [];
    if (known.some((plan) => plan.cost <= cost && within(plan.uses, uses))) return;
    this.pools.set(query, [...known.filter((plan) => plan.cost < cost || !within(uses, plan.uses)), { cost, uses }]);
  }

  /** The workload's cost under a set of candidates: plans, weighed, and upkeep. `queries`: of these alone. */
  async total(candidates: ReadonlySet<string>, queries: readonly WeighedQuery[] = this.queries): Promise<number> {
    let sum = this.upkeepOf(candidates);
    const costs = await this.costs(queries, candidates);
    for (const [at, query] of queries.entries()) sum += query.weight * (costs[at]?.cost ?? 0);
    return sum;
  }

  /** What keeping these indexes up to date costs. */
  upkeepOf(candidates: ReadonlySet<string>): number {
    let sum = 0;
    for (const id of candidates) sum += this.upkeep.perIndex.get(id) ?? 0;
    for (const { ids, cost } of this.upkeep.charges) if ([...ids].some((id) => candidates.has(id))) sum += cost;
    return sum;
  }

  /** Bytes of a set. */
  size(candidates: Iterable<string>): number {
    let sum = 0;
    for (const id of candidates) sum += this.bytes.get(id) ?? 0;
    return sum;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
