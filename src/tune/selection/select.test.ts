import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { IndexObject } from "../../model/catalog.ts";
import type { Execution } from "../../model/workload.ts";
import { solveProgram } from "../../twin/what-if/solver.ts";
import type { TriedIndex, WhatIf, WhatIfOutcome } from "../what-if.ts";
import { select } from "./select.ts";
import type { Selection, SelectionProblem, Upkeep } from "./selection.ts";

/*
 * A model of costs in the test's own memory: each query has plans that need some indexes and cost something. That is
 * all the selection sees of a server, and small enough for every choice to be tried.
 */
interface ModelPlan {
  readonly needs: readonly number[];
  readonly cost: number;
}
interface Model {
  readonly bytes: readonly number[];
  readonly queries: readonly { readonly weight: number; readonly base: number; readonly plans: readonly ModelPlan[] }[];
  readonly upkeep: readonly number[];
  readonly charges: readonly { readonly ids: readonly number[]; readonly cost: number }[];
  readonly budget: number | null;
}

const id = (at: number): string => `public.i${at}`;

const triedOf = (at: number, bytes: number): TriedIndex => ({
  id: id(at),
  bytes,
  existing: false,
  index: {
    schema: "public",
    table: `t${at % 3}`,
    method: "btree",
    keys: [{ column: `c${at}` }],
    include: [],
    predicate: null,
  } as unknown as IndexObject,
});

function planOf(model: Model, query: number, seen: (at: number) => boolean): ModelPlan {
  const { base = 0, plans = [] } = model.queries[query] ?? {};
  return plans
    .filter(({ needs }) => needs.every((at) => seen(at)))
    .reduce<ModelPlan>((best, plan) => (plan.cost < best.cost ? plan : best), { needs: [], cost: base });
}

function whatIfOf(model: Model): WhatIf {
  return {
    existing: [],
    make: async () => [],
    forget: async () => {},
    plans: async (executions: readonly Execution[], configuration) =>
      executions.map(({ sql }): WhatIfOutcome => {
        const { needs, cost } = planOf(model, Number(sql), (at) => configuration.has(id(at)));
        const value = { cost, uses: needs.map(id), plan: { root: {} } };
        return { ok: true, value } as unknown as WhatIfOutcome;
      }),
  };
}

const upkeepOf = (model: Model): Upkeep => ({
  perIndex: new Map(model.upkeep.map((cost, at) => [id(at), cost])),
  charges: model.charges.map(({ ids, cost }) => ({ ids: new Set(ids.map(id)), cost })),
});

const problemOf = (model: Model): SelectionProblem => ({
  queries: model.queries.map(({ weight }, at) => ({
    id: String(at),
    weight,
    executions: [{ sql: String(at), values: [] }],
    candidates: null,
  })),
  candidates: model.bytes.map((bytes, at) => triedOf(at, bytes)),
  budget_bytes: model.budget,
  upkeep: upkeepOf(model),
});

function costOf(model: Model, chosen: ReadonlySet<number>): number {
  const plans = model.queries.reduce(
    (sum, { weight }, at) => sum + weight * planOf(model, at, (one) => chosen.has(one)).cost,
    0,
  );
  const upkeep = [...chosen].reduce((sum, at) => sum + (model.upkeep[at] ?? 0), 0);
  const charges = model.charges.reduce((sum, { ids, cost }) => sum + (ids.some((at) => chosen.has(at)) ? cost : 0), 0);
  return plans + upkeep + charges;
}

function bestOf(model: Model): number {
  let best = Infinity;
  for (let bits = 0; bits < 2 ** model.bytes.length; bits++) {
    const chosen = new Set(model.bytes.flatMap((_, at) => ((bits >> at) & 1 ? [at] : [])));
    const bytes = [...chosen].reduce((sum, at) => sum + (model.bytes[at] ?? 0), 0);
    if (bytes <= (model.budget ?? Infinity)) best = Math.min(best, costOf(model, chosen));
  }
  return best;
}

const run = (model: Model, solved = true, timeLimit_ms = 60_000, now: () => number = () => 0): Promise<Selection> =>
  select(problemOf(model), whatIfOf(model), { solve: solved ? solveProgram : null, timeLimit_ms, now, gap: 0.001 });

const numbers = (selection: Selection): Set<number> =>
  new Set(selection.chosen.map(({ tried }) => Number(tried.id.slice("public.i".length))));

const SIZE = 7;
const arbitraryModel: fc.Arbitrary<Model> = fc.record({
  bytes: fc.array(fc.integer({ min: 1_000_000, max: 90_000_000 }), { minLength: SIZE, maxLength: SIZE }),
  queries: fc.array(
    fc.record({
      weight: fc.integer({ min: 1, max: 20 }),
      base: fc.integer({ min: 1_000, max: 2_000 }),
      plans: fc.array(
        fc.record({
          needs: fc.uniqueArray(fc.nat({ max: SIZE - 1 }), { minLength: 1, maxLength: 3 }),
          cost: fc.integer({ min: 1, max: 1_500 }),
        }),
        { maxLength: 6 },
      ),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  upkeep: fc.array(fc.integer({ min: 0, max: 900 }), { minLength: SIZE, maxLength: SIZE }),
  charges: fc.array(
    fc.record({
      ids: fc.uniqueArray(fc.nat({ max: SIZE - 1 }), { minLength: 1, maxLength: 4 }),
      cost: fc.nat({ max: 900 }),
    }),
    { maxLength: 2 },
  ),
  budget: fc.option(fc.integer({ min: 0, max: 300_000_000 }), { nil: null }),
});

describe("selection", () => {
  it("chooses the best within the budget, and its bound is one", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryModel, async (model) => {
        const selection = await run(model);
        const best = bestOf(model);
        const chosen = numbers(selection);
        expect(selection.finished).toBe(true);
        expect(selection.bytes).toBeLessThanOrEqual(model.budget ?? Infinity);
        expect(costOf(model, chosen)).toBeCloseTo(selection.costAfter, 6);
        expect(selection.strictBound).toBeLessThanOrEqual(best * (1 + 1e-9));
        expect(selection.bound).toBeLessThanOrEqual(selection.costAfter);
        expect(selection.costAfter).toBeGreaterThanOrEqual(best * (1 - 1e-9));
        expect(selection.costAfter).toBeLessThanOrEqual(best * 1.002);
        expect(selection.strictGap).toBeLessThanOrEqual(0.0011);
        // The tolerances of the program over the plans that were seen.
        expect(selection.gap).toBeLessThanOrEqual(0.0021);
      }),
      { numRuns: 40 },
    );
  });

  it("without a solver it is no better and within the budget; in order, costs fall from before to after", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryModel, async (model) => {
        const [first, best] = [await run(model, false), await run(model)];
        expect(first.bytes).toBeLessThanOrEqual(model.budget ?? Infinity);
        expect(first).toMatchObject({ bound: null, gap: null, strictBound: null, strictGap: null });
        expect(best.costAfter).toBeLessThanOrEqual(first.costAfter * (1 + 1e-9));
        expect(first.costAfter).toBeLessThanOrEqual(first.costBefore);
        for (const { chosen, costBefore, costAfter, queries } of [first, best]) {
          expect(chosen[0]?.costBefore ?? costBefore).toBeCloseTo(costBefore, 6);
          expect(chosen.at(-1)?.costAfter ?? costAfter).toBeCloseTo(costAfter, 6);
          for (const query of queries) expect(query.after).toBeLessThanOrEqual(query.before);
        }
      }),
      { numRuns: 20 },
    );
  });

  const model: Model = {
    bytes: [10e6, 10e6, 30e6],
    // The first two serve only together; the third alone, but dearly.
    queries: [
      {
        weight: 1,
        base: 1_000,
        plans: [
          { needs: [0, 1], cost: 10 },
          { needs: [2], cost: 300 },
        ],
      },
    ],
    upkeep: [5, 5, 5],
    charges: [],
    budget: null,
  };

  it.each([
    [null, [0, 1], 20],
    [25e6, [0, 1], 20],
    [15e6, [], 1_000],
  ])("two indexes that serve only together are found under a budget of %s", async (budget, chosen, cost) => {
    const selection = await run({ ...model, budget });
    expect(numbers(selection)).toEqual(new Set(chosen));
    expect(selection.costAfter).toBeCloseTo(cost, 6);
  });

  it("upkeep that is more than the gain leaves an index out", async () => {
    const selection = await run({ ...model, upkeep: [900, 900, 5] });
    expect([...numbers(selection)]).toEqual([2]);
    expect(selection.chosen[0]).toMatchObject({ upkeep: 5, costBefore: 1_000, costAfter: 305 });
  });

  it("without a budget an index has to be worth its size; what it widens counts for it", async () => {
    const own: Model = {
      bytes: [10e6, 300e6, 10e6],
      queries: [
        { weight: 1, base: 1_000, plans: [{ needs: [0], cost: 10 }] },
        {
          weight: 1,
          base: 1_000,
          plans: [
            { needs: [1], cost: 850 },
            { needs: [2], cost: 900 },
          ],
        },
        { weight: 1, base: 1_000, plans: [{ needs: [2], cost: 995 }] },
      ],
      upkeep: [0, 0, 0],
      charges: [],
      budget: null,
    };
    const worth = (more: Partial<SelectionProblem>): Promise<Selection> =>
      select({ ...problemOf(own), ...more }, whatIfOf(own), {
        solve: solveProgram,
        timeLimit_ms: 60_000,
        now: () => 0,
      });
    expect(numbers(await worth({}))).toEqual(new Set([0, 1, 2]));
    // A smaller one that does a little less takes the place of a large one.
    const sized = await worth({ databaseBytes: 1e9 });
    expect(numbers(sized)).toEqual(new Set([0, 2]));
    expect(sized.costAfter).toBeCloseTo(1_905, 6);
    expect(sized.spared).toMatchObject({ indexes: [{ tried: { id: id(1) } }], bytes: 300e6, costAfter: 1_855 });
    const widening = await worth({ databaseBytes: 1e9, freed: new Map([[id(1), 300e6]]) });
    expect(numbers(widening)).toEqual(new Set([0, 1]));
    expect(widening.spared).toMatchObject({ indexes: [{ tried: { id: id(2) } }] });
    expect(numbers(await worth({ databaseBytes: 1e6 }))).toEqual(new Set([]));
  });

  it("a query that outweighs all others does not hide what they gain", async () => {
    const own: Model = {
      bytes: [1e6, 1e6, 1e6],
      queries: [
        { weight: 1, base: 1e12, plans: [{ needs: [2], cost: 1e12 - 1e6 }] },
        { weight: 1, base: 1_000, plans: [{ needs: [0], cost: 10 }] },
        { weight: 1, base: 1_000, plans: [{ needs: [1], cost: 999 }] },
      ],
      upkeep: [0, 0, 0],
      charges: [],
      budget: null,
    };
    const problem = { ...problemOf(own), databaseBytes: 1e9 };
    const options = { solve: null, timeLimit_ms: 60_000, now: () => 0 };
    expect(numbers(await select(problem, whatIfOf(own), options))).toEqual(new Set([0]));
  });

  it("ends when its time is over, with what it has", async () => {
    let clock = 0;
    const selection = await run(model, true, 4, () => clock++);
    expect(selection.finished).toBe(false);
    expect(selection.costAfter).toBeLessThanOrEqual(selection.costBefore);
  });

  it("two bounds when time is over: among the plans seen the choice is best, and what nobody planned is not forgotten", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryModel, fc.integer({ min: 1, max: 60 }), async (any, limit) => {
        let clock = 0;
        const selection = await run(any, true, limit, () => clock++);
        const best = bestOf(any);
        if (selection.strictBound !== null) expect(selection.strictBound).toBeLessThanOrEqual(best * (1 + 1e-9));
        expect(selection.bound).toBeLessThanOrEqual(selection.costAfter * (1 + 1e-9));
        expect(selection.costAfter).toBeLessThanOrEqual(selection.costBefore);
        expect(selection.bytes).toBeLessThanOrEqual(any.budget ?? Infinity);
      }),
      { numRuns: 20 },
    );
  });

  it("names queries that cannot be planned, and goes on with the others", async () => {
    const port = whatIfOf(model);
    const failing: WhatIf = {
      ...port,
      plans: async (executions, configuration) =>
        executions[0]?.sql === "bad"
          ? [{ ok: false, why: "no such table", reason: "refused" }]
          : port.plans(executions, configuration),
    };
    const problem = problemOf(model);
    const bad = { id: "bad", weight: 1, executions: [{ sql: "bad", values: [] }], candidates: null };
    const selection = await select({ ...problem, queries: [bad, ...problem.queries] }, failing, {
      solve: solveProgram,
      timeLimit_ms: 1_000,
      now: () => 0,
    });
    expect(selection.unplanned).toEqual([{ id: "bad", why: "no such table" }]);
    expect(numbers(selection)).toEqual(new Set([0, 1]));
  });

  it("says what no plan used", async () => {
    const selection = await run({ ...model, bytes: [...model.bytes, 1e6], upkeep: [...model.upkeep, 0] });
    expect(selection.unused).toEqual([id(3)]);
  });
});
