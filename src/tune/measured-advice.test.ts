import { describe, expect, test } from "vitest";
import type { Advice, IndexAdvice } from "../model/advice.ts";
import type { IndexObject } from "../model/catalog.ts";
import { measuredSlower, scaleText, withMeasurements } from "./measured-advice.ts";
import type { MeasuredIndex, MeasuredTrial, Measurements } from "./measurements.ts";

const INDEX: IndexObject = {
  kind: "index",
  schema: "public",
  table: "task",
  name: "task_title_idx",
  signature: "",
  method: "btree",
  unique: false,
  nullsNotDistinct: false,
  keys: [],
  include: [],
  predicate: null,
  options: {},
  valid: true,
  constraint: null,
  partitionOf: null,
  definition: "CREATE INDEX task_title_idx ON public.task USING btree (title)",
  comment: null,
  dependsOn: [],
};
const ID = "public.task_title_idx";
const GAIN = { id: "q", text: "SELECT 1", costBefore: 100, costAfter: 10, msBefore: null, msAfter: null };
const ADVICE: Advice = {
  indexes: [
    {
      index: INDEX,
      sql: INDEX.definition,
      bytes: 10_000_000,
      bytesStanding: "estimated",
      buildTime_s: 1,
      costBefore: 100,
      costAfter: 10,
      queries: [GAIN],
      slower: [],
      writeCost: 0,
      replaces: [],
      reason: "",
      proof: {
        claim: "",
        twin: { engine: "postgres", version: "18", depth: "stats", server: "" },
        steps: [],
        verdict: "proved",
        at: "",
        duration_ms: 0,
      },
    },
  ],
  drops: [],
  rewrites: [],
  settings: [],
  notAdvised: [],
  workload: { costBefore: 100, costAfter: 10, bound: null, budget_bytes: null },
  unseen: [],
};
const BUILT: MeasuredIndex = {
  id: ID,
  refused: null,
  bytes: 500_000,
  rows: 1_000,
  ratio: 20,
  bytesScaled: 10_000_000,
  build_ms: 50,
  buildScaled_s: 1.4,
};
const TRIAL: MeasuredTrial = {
  id: "q",
  draws: 3,
  runs: 3,
  msBefore: 100,
  msAfter: 10,
  cutOff: { before: 0, after: 0, limit_ms: 1_000 },
  uses: [ID],
  why: null,
};

function measured(trial: Partial<MeasuredTrial>, built: Partial<MeasuredIndex> = {}): Advice {
  const measurements: Measurements = {
    origin: "statistics",
    rows: 1_000,
    sourceRows: 20_000,
    server: "",
    version: "18",
    indexes: [{ ...BUILT, ...built }],
    queries: [{ ...TRIAL, ...trial }],
    rewrites: [],
    writes: [],
    notes: [],
    time_ms: 1,
  };
  return withMeasurements(ADVICE, measurements);
}

function check(advice: Advice, id: string, verdict: string, observed: RegExp): IndexAdvice {
  const [one] = advice.indexes;
  if (one === undefined) throw new Error("the index is gone");
  const step = one.proof.steps.find((each) => each.id === id);
  expect(step?.verdict).toBe(verdict);
  expect(step?.observed).toMatch(observed);
  return one;
}

describe("what times say", () => {
  test.each<[string, Partial<MeasuredTrial>, string, RegExp, string]>([
    ["faster", {}, "proved", /10\.0 ms instead of 100 ms, at 1\/20 of production's rows/, "proved"],
    ["the same but for noise", { msAfter: 97 }, "not-run", /noise/, "proved"],
    ["slower", { msAfter: 130 }, "refuted", /130 ms instead of 100 ms/, "refuted"],
    ["slower by less than can be told", { msBefore: 0.5, msAfter: 1 }, "not-run", /noise/, "proved"],
    ["faster, but the index is not read", { uses: [] }, "not-run", /0 of 1 query's plans read it/, "proved"],
    [
      "never ended before",
      { msBefore: null, cutOff: { before: 1, after: 0, limit_ms: 1_000 } },
      "proved",
      /cut off after 1000 ms ends now/,
      "proved",
    ],
    [
      "ends no more",
      { msBefore: null, msAfter: null, cutOff: { before: 0, after: 1, limit_ms: 1_000 } },
      "not-run",
      /was timed/,
      "refuted",
    ],
    [
      "was not run",
      { msBefore: null, msAfter: null, why: "permission denied" },
      "not-run",
      /permission denied/,
      "not-run",
    ],
  ])("%s", (_, trial, verdict, observed, slower) => {
    const advice = measured(trial);
    check(advice, "time", verdict, observed);
    const one = check(advice, "slower-time", slower, /./);
    expect(one.slower.map(({ id }) => id)).toEqual(slower === "refuted" ? ["q"] : []);
    expect(advice.unseen).toHaveLength(trial.why === undefined ? 0 : 1);
  });
});

describe("what sizes say", () => {
  test.each<[string, Partial<MeasuredIndex>, string, RegExp]>([
    ["as estimated", {}, "proved", /1\/20 of production's rows.*10,000,000 bytes of production's/],
    ["less than 20 % off", { bytesScaled: 9_000_000 }, "proved", /11 % too many/],
    ["far off is named", { bytesScaled: 20_000_000 }, "not-run", /50 % too few/],
    ["not built", { refused: "out of space" }, "refuted", /out of space/],
  ])("%s", (_, built, verdict, observed) => {
    const one = check(measured({}, built), "size", verdict, observed);
    expect(one.bytesStanding).toBe(built.refused === undefined ? "measured" : "estimated");
    expect(one.bytes).toBe(built.refused === undefined ? (built.bytesScaled ?? 10_000_000) : 10_000_000);
  });
});

test.each([
  [1, "production's size"],
  [2.5, "1/2.5 of production's rows"],
  [20.4, "1/20 of production's rows"],
])("a scale of %d is told as %s", (ratio, text) => {
  expect(scaleText(ratio)).toBe(text);
});

test("an index that makes its own queries slower is told apart, and speaks against no other", () => {
  const [one] = ADVICE.indexes;
  if (one === undefined) throw new Error("the index is gone");
  const other: IndexAdvice = {
    ...one,
    index: { ...INDEX, name: "task_state_idx" },
    queries: [{ ...GAIN, id: "r" }],
  };
  const { indexes } = withMeasurements(
    { ...ADVICE, indexes: [one, other] },
    {
      origin: "source",
      rows: 1_000,
      sourceRows: 1_000,
      server: "",
      version: "18",
      indexes: [BUILT, { ...BUILT, id: "public.task_state_idx" }],
      queries: [TRIAL, { ...TRIAL, id: "r", msBefore: 10, msAfter: 100, uses: ["public.task_state_idx"] }],
      rewrites: [],
      writes: [],
      notes: [],
      time_ms: 1,
    },
  );
  expect(indexes.map(measuredSlower)).toEqual([null, expect.stringContaining("100 ms instead of 10.0 ms")]);
  const verdicts = indexes.map(({ proof }) => proof.steps.find(({ id }) => id === "slower-time")?.verdict);
  expect(verdicts).toEqual(["proved", "refuted"]);
});
