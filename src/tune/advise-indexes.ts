import type { IndexAdvice, QueryGain } from "../model/advice.ts";
import type { Proof, ProofStep } from "../model/proof.ts";
import { verdictOf } from "../model/proof.ts";
import type { RelationSize } from "../model/planner-statistics.ts";
import type { WorkloadQuery } from "../model/workload.ts";
import type { Candidate } from "./candidates/candidates.ts";
import type { ChosenIndex, QueryCosts, Selection } from "./selection/selection.ts";

/** A query that gets slower than this many times is named, however much the whole gains. */
export const SLOWER_MAX = 1.2;

/** What advice on indexes is made from. */
export interface ChosenFacts {
  readonly selection: Selection;
  readonly candidates: readonly Candidate[];
  readonly queries: ReadonlyMap<string, WorkloadQuery>;
  readonly relations: readonly RelationSize[];
  /** Columns of a table that an index is on and of whose values nothing is known. */
  readonly unknown: (chosen: ChosenIndex) => readonly string[];
  /** CREATE INDEX of one, as it is run in production. */
  readonly ddl: (chosen: ChosenIndex) => string;
  readonly twin: Proof["twin"];
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** What was chosen, as advice with what was observed of it on the twin. In order of choice: what helps most first. */
export function indexAdvice(facts: ChosenFacts): readonly IndexAdvice[] {
  const slower = gains(facts, ({ before, after }) => after > before * SLOWER_MAX);
  return facts.selection.chosen.map((chosen): IndexAdvice => {
    const { tried, costBefore, costAfter, upkeep } = chosen;
    const { index } = tried;
    const candidate = facts.candidates.find((one) => isSame(one, chosen));
    const own = gains(facts, ({ uses, before, after }) => uses.includes(tried.id) && after < before);
    const steps = stepsOf(chosen, own, slower, facts);
    const claim = `${tried.id} makes the workload cheaper and no query more than ${SLOWER_MAX} times dearer`;
    return {
      index,
      sql: facts.ddl(chosen),
      bytes: tried.bytes,
      bytesStanding: "estimated",
      buildTime_s: buildTime(chosen, facts.relations),
      costBefore,
      costAfter,
      queries: own,
      slower: slower.filter(({ id }) => usesOf(facts, id).includes(tried.id)),
      writeCost: upkeep,
      replaces: [],
      reason: candidate?.reason ?? "",
      proof: { claim, twin: facts.twin, steps, verdict: verdictOf(steps), at: facts.at, duration_ms: 0 },
    };
  });
}

const isSame = ({ index }: Candidate, { tried }: ChosenIndex): boolean =>
  index.schema === tried.index.schema && index.name === tried.index.name;

const usesOf = ({ selection }: ChosenFacts, id: string): readonly string[] =>
  selection.queries.find((query) => query.id === id)?.uses ?? [];

function gains({ selection, queries }: ChosenFacts, wanted: (costs: QueryCosts) => boolean): readonly QueryGain[] {
  return selection.queries
    .filter(wanted)
    .map(({ id, before, after }) => ({
      id,
      text: queries.get(id)?.text ?? "",
      costBefore: before,
      costAfter: after,
      msBefore: null,
      msAfter: null,
    }))
    .toSorted((a, b) => b.costBefore - b.costAfter - (a.costBefore - a.costAfter));
}

function stepsOf(
  { tried, costBefore, costAfter, upkeep }: ChosenIndex,
  own: readonly QueryGain[],
  slower: readonly QueryGain[],
  { selection, twin, unknown }: ChosenFacts,
): readonly ProofStep[] {
  const step = (
    id: string,
    claim: string,
    rest: Pick<ProofStep, "verdict" | "standing" | "observed" | "figures">,
  ): ProofStep => ({
    id,
    claim,
    duration_ms: 0,
    ...rest,
  });
  const draws = selection.queries.filter(({ uses }) => uses.includes(tried.id)).length;
  const guessed = unknown({ tried, costBefore, costAfter, upkeep });
  return [
    ...(guessed.length === 0
      ? []
      : [
          step("statistics", "the planner knows the values of its columns", {
            verdict: "not-run",
            standing: "not proved",
            observed: `no statistics of ${guessed.join(", ")} were read, so that all estimates of it are guesses`,
          }),
        ]),
    step("build", "the server builds it", {
      verdict: "proved",
      standing: "proved",
      observed: `CREATE INDEX ran on ${twin.server}`,
    }),
    step("use", "plans use it", {
      verdict: draws > 0 ? "proved" : "refuted",
      standing: "estimated",
      observed: `${draws} ${draws === 1 ? "query uses" : "queries use"} it with production's statistics`,
      figures: { queries: draws },
    }),
    step("gain", "the workload gets cheaper by it", {
      verdict: costAfter < costBefore ? "proved" : "refuted",
      standing: "estimated",
      observed: `the workload's cost falls from ${round(costBefore)} to ${round(costAfter)}, the indexes before it in place, its upkeep included`,
      figures: { cost_before: round(costBefore), cost_after: round(costAfter), queries: own.length },
    }),
    step("slower", `no query gets more than ${SLOWER_MAX} times dearer by the indexes together`, {
      verdict: slower.length === 0 ? "proved" : "refuted",
      standing: "estimated",
      observed:
        slower.length === 0
          ? `none of ${selection.queries.length} queries does`
          : `${slower.length} do, the worst ${Math.max(...slower.map((one) => one.costAfter / one.costBefore)).toFixed(1)} times`,
      figures: { queries: selection.queries.length, slower: slower.length },
    }),
    step("time", "queries take less time", {
      verdict: "not-run",
      standing: "not proved",
      observed: "the twin holds production's statistics and no rows: costs are the planner's, times were not measured",
    }),
  ];
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** Bytes that are read and written in a second: a modest disk, so that the estimate is rather too long. */
const BYTES_PER_S = 150e6;
/** Entries sorted in a second by one process. */
const ENTRIES_PER_S = 1e6;

// CONCURRENTLY reads the table twice; the entries are sorted and written once.
function buildTime({ tried }: ChosenIndex, relations: readonly RelationSize[]): number | null {
  const { schema, table } = tried.index;
  const size = relations.find((one) => one.schema === schema && one.name === table);
  if (size === undefined || size.rows < 0) return null;
  const seconds = (2 * size.pages * 8192 + tried.bytes) / BYTES_PER_S + size.rows / ENTRIES_PER_S;
  return Math.max(0.1, Math.round(seconds * 10) / 10);
}
