import { expect, test } from "vitest";
import type { Advice, IndexAdvice } from "../../model/advice.ts";
import type { IndexObject } from "../../model/catalog.ts";
import { catalogOf, viewOf } from "../../model/catalog-view.ts";
import type { Proof, ProofStep } from "../../model/proof.ts";
import type { ChosenIndex } from "../../tune/selection/selection.ts";
import type { TriedIndex, WhatIf, WhatIfOutcome } from "../../tune/what-if.ts";
import { withoutRefuted } from "./withdraw.ts";
import type { Withdrawal } from "./withdraw.ts";

const twin: Proof["twin"] = { engine: "postgres", version: "18", depth: "stats", server: "" };

const indexOf = (name: string): IndexObject =>
  ({ kind: "index", schema: "public", table: "t", name, keys: [], include: [] }) as unknown as IndexObject;

const triedOf = (name: string): TriedIndex => ({
  id: `public.${name}`,
  index: indexOf(name),
  bytes: 1e6,
  existing: false,
});

const chosenOf = (name: string): ChosenIndex => ({ tried: triedOf(name), costBefore: 0, costAfter: 0, upkeep: 5 });

function adviceOf(name: string, verdict: ProofStep["verdict"]): IndexAdvice {
  const step: ProofStep = {
    id: "time",
    claim: "queries take less time",
    verdict,
    standing: "measured",
    observed: "9 ms instead of 1 ms",
    duration_ms: 0,
  };
  const proof: Proof = { claim: "", twin, steps: [step], verdict, at: "", duration_ms: 0 };
  return {
    index: indexOf(name),
    sql: `CREATE INDEX ${name}`,
    proof,
    replaces: [],
    costBefore: 1,
    costAfter: 1,
  } as unknown as IndexAdvice;
}

// Each of two queries costs 100, and 10 with its own index.
const whatIf: WhatIf = {
  existing: [],
  make: async () => [],
  forget: async () => {},
  plans: async (executions, configuration) =>
    executions.map(({ sql }): WhatIfOutcome => {
      const value = { cost: configuration.has(`public.${sql}`) ? 10 : 100, uses: [], plan: { root: {} } };
      return { ok: true, value } as unknown as WhatIfOutcome;
    }),
};

const withdrawal = {
  situation: { view: viewOf(catalogOf({ name: "postgres", version: "18.0" }, [])), usage: null },
  choice: {
    queries: ["a", "b"].map((sql) => ({ id: sql, weight: 2, executions: [{ sql, values: [] }], candidates: null })),
    selection: {
      chosen: [chosenOf("a"), chosenOf("b")],
      costBefore: 400,
      queries: ["a", "b"].map((id) => ({ id, before: 100, after: 10, uses: [] })),
    },
  },
  whatIf,
  twin,
} as unknown as Withdrawal;

const advice = {
  indexes: [adviceOf("a", "refuted"), adviceOf("b", "proved")],
  drops: [],
  notAdvised: [],
  workload: { costBefore: 400, costAfter: 50, bound: 40, strictBound: 30, budget_bytes: null },
} as unknown as Advice;

test("an index that was measured slower is not advised, and costs are those without it", async () => {
  const left = await withoutRefuted(advice, withdrawal);
  expect(left.indexes).toMatchObject([{ sql: "CREATE INDEX b", costBefore: 400, costAfter: 225 }]);
  expect(left.workload).toMatchObject({ costBefore: 400, costAfter: 225, bound: null, strictBound: null });
  expect(left.notAdvised).toEqual([
    { what: "CREATE INDEX a", why: "its queries take longer with it: 9 ms instead of 1 ms" },
  ]);
});

test("with none left nothing is gained; where nothing was slower nothing changes", async () => {
  const none = await withoutRefuted(
    { ...advice, indexes: [adviceOf("a", "refuted"), adviceOf("b", "refuted")] },
    withdrawal,
  );
  expect(none).toMatchObject({ indexes: [], workload: { costAfter: 400 } });
  const all = { ...advice, indexes: [adviceOf("a", "proved")] };
  expect(await withoutRefuted(all, withdrawal)).toBe(all);
});
