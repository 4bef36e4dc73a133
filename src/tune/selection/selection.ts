import type { Execution } from "../../model/workload.ts";
import type { TriedIndex } from "../what-if.ts";

/** One query of the workload as it is weighed. */
export interface WeighedQuery {
  readonly id: string;
  /** What one unit of the planner's cost counts: calls, or share of time. */
  readonly weight: number;
  /** Draws of its parameters; their mean cost counts. */
  readonly executions: readonly Execution[];
  /** Candidates that can matter to it; null for all. */
  readonly candidates: ReadonlySet<string> | null;
}

/** What writes cost: see `upkeep.ts`. */
export interface Upkeep {
  /** Cost of keeping an index up to date, by its id. */
  readonly perIndex: ReadonlyMap<string, number>;
  /** Costs that arise once as soon as any of these indexes is there (an update that was heap-only before). */
  readonly charges: readonly { readonly ids: ReadonlySet<string>; readonly cost: number }[];
}

/** What is to be decided: which candidates to add to what is there. */
export interface SelectionProblem {
  readonly queries: readonly WeighedQuery[];
  /** Indexes that were made and may be chosen. Existing ones stay and are always seen. */
  readonly candidates: readonly TriedIndex[];
  /** Bytes that all chosen ones together may take; null for no limit. */
  readonly budget_bytes: number | null;
  readonly upkeep: Upkeep;
  /**
   * Bytes of the database, tables and indexes together: each index has to gain in proportion to what it adds (see
   * `worth.ts`). Absent or null: whatever gains is taken.
   */
  readonly databaseBytes?: number | null;
  /** With `databaseBytes`: bytes of existing indexes that a candidate makes needless, by its id. */
  readonly freed?: ReadonlyMap<string, number>;
}

/** One query under the selection. */
export interface QueryCosts {
  readonly id: string;
  /** Of one execution, in the planner's units, without the weight. */
  readonly before: number;
  readonly after: number;
  readonly uses: readonly string[];
}

/** A chosen index with what it does when those before it are there. */
export interface ChosenIndex {
  readonly tried: TriedIndex;
  readonly costBefore: number;
  readonly costAfter: number;
  readonly upkeep: number;
}

/** An index that gains something, and too little for its size. */
export interface SparedIndex {
  readonly tried: TriedIndex;
  /** Share of the workload's cost that it would save besides what is chosen. */
  readonly gain: number;
  /** Share by which it would make the database larger. */
  readonly growth: number;
}

/** What was chosen, and how good that is. Costs are those of the whole workload, weighed, upkeep included. */
export interface Selection {
  readonly chosen: readonly ChosenIndex[];
  readonly bytes: number;
  readonly costBefore: number;
  readonly costAfter: number;
  /**
   * The optimum over the plans that were tried, by an integer program solved to its end (or the solver's own bound
   * where its time was over): no choice within the budget whose queries all run by plans that were seen costs less.
   * A choice that nobody planned can. Null when no solver was given, or it told nothing in time.
   */
  readonly bound: number | null;
  /** `(costAfter - bound) / costAfter`; null without a bound. */
  readonly gap: number | null;
  /**
   * No choice at all of the candidates within the budget costs less, planned or not (of very many: of those that a
   * screening kept), if the planner never does worse for having more indexes to choose from. It rests on what every
   * part of all choices cannot undercut, so it lies below what can be reached.  Null when no solver was given, or it told nothing in time.
   */
  readonly strictBound: number | null;
  /** `(costAfter - strictBound) / costAfter`; null without a strict bound. */
  readonly strictGap: number | null;
  /** What gains too little for its size, and what all of it would bring; null where none was left out for that. */
  readonly spared: {
    readonly indexes: readonly SparedIndex[];
    readonly bytes: number;
    readonly costAfter: number;
  } | null;
  readonly queries: readonly QueryCosts[];
  /** Queries that could not be planned, with the server's reason. */
  readonly unplanned: readonly { readonly id: string; readonly why: string }[];
  /** Candidates that no plan read that was tried. */
  readonly unused: readonly string[];
  readonly time_ms: number;
  /** Questions put to the port, one for each query and set of indexes. */
  readonly asked: number;
  /** Whether it ended by itself, and not by its time limit. */
  readonly finished: boolean;
}
