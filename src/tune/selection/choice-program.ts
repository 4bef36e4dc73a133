import type { CostBook, PlannedCost } from "./cost-book.ts";
import type { BinaryProgram, Term } from "./program.ts";
import type { WeighedQuery } from "./selection.ts";

/** A plan that a program may take for a query, with the indexes that must then be chosen. */
export interface PlanChoice {
  readonly query: WeighedQuery;
  readonly needs: ReadonlySet<string>;
  readonly cost: number;
}

/** What a program chooses from. */
export interface ChoiceLimits {
  readonly ids: readonly string[];
  readonly budget_bytes: number;
  /** Added to the cost for each byte, so that of candidates of equal cost the smaller is taken. Absent: nothing. */
  readonly perByte?: number;
  /** Added to the cost for each index, by its id. Absent: nothing. */
  readonly price?: (id: string) => number;
}

/**
 * The integer program of a choice: one plan for each query, whose indexes must be chosen and fit into the budget, at
 * the least cost with upkeep. Variables: a candidate each (in the order of `ids`), then a plan each, then a charge each.
 */
export function choiceProgram(
  book: CostBook,
  plans: readonly PlanChoice[],
  { ids, budget_bytes, perByte = 0, price = () => 0 }: ChoiceLimits,
): BinaryProgram {
  const place = new Map(ids.map((id, at) => [id, at]));
  const objective = ids.map(
    (id) => (book.upkeep.perIndex.get(id) ?? 0) + perByte * (book.bytes.get(id) ?? 0) + price(id),
  );
  const rows: BinaryProgram["rows"][number][] = [];
  if (Number.isFinite(budget_bytes)) {
    // In kilobytes: large enough for a solver's tolerance (a millionth) to be no byte, and of a moderate size.
    const terms = ids.map((id, variable) => ({ coefficient: (book.bytes.get(id) ?? 0) / 1e3, variable }));
    rows.push({ terms, least: null, most: budget_bytes / 1e3 });
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

/**
 * The plans that were seen and read candidates of `ids` alone. Left out are those that need all that another needs and
 * cost hardly less: by at most `spare` of it. So no choice among all seen plans costs less than `1 - spare` of the best
 * among these.
 */
export function seenPlans(book: CostBook, ids: readonly string[], spare: number): readonly PlanChoice[] {
  const open = new Set(ids);
  return book.queries.flatMap((query) => {
    const kept: PlannedCost[] = [];
    const usable = book.plansOf(query).filter(({ uses }) => [...uses].every((id) => open.has(id)));
    for (const plan of usable.toSorted((a, b) => a.uses.size - b.uses.size || a.cost - b.cost)) {
      const beaten = kept.some(
        (one) => plan.cost >= one.cost * (1 - spare) && [...one.uses].every((id) => plan.uses.has(id)),
      );
      if (!beaten) kept.push(plan);
    }
    return kept.map(({ uses, cost }): PlanChoice => ({ query, needs: uses, cost }));
  });
}
