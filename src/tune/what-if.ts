import type { IndexObject } from "../model/catalog.ts";
import type { QueryPlan } from "../model/query-plan.ts";
import type { Execution } from "../model/workload.ts";

/** An index that exists on the twin, wanted or there already. */
export interface TriedIndex {
  /** `schema.name` as the twin knows it: what plans and configurations name it by. */
  readonly id: string;
  readonly index: IndexObject;
  /** Size at the volume of production. */
  readonly bytes: number;
  /** Whether production has it. */
  readonly existing: boolean;
}

/** What became of a wanted index: it is there, or the server refused it. */
export type TriedOutcome =
  | { readonly ok: true; readonly tried: TriedIndex }
  | { readonly ok: false; readonly why: string };

/** A plan under a set of indexes. */
export interface WhatIfPlan {
  readonly plan: QueryPlan;
  /** The planner's total cost. */
  readonly cost: number;
  /** Ids of the indexes it uses. */
  readonly uses: readonly string[];
}

/** What became of a question for a plan. */
export type WhatIfOutcome =
  | { readonly ok: true; readonly value: WhatIfPlan }
  /** The server's own message; `cut-off`: it took longer than the limit. */
  | { readonly ok: false; readonly why: string; readonly reason: "refused" | "cut-off" };

/**
 * The question "what would this cost with these indexes?", answered by a twin at depth `stats`, whose planner sees
 * production's sizes and statistics. Implemented by `twin/what-if`.
 */
export interface WhatIf {
  /** The indexes production has. */
  readonly existing: readonly TriedIndex[];
  /** Makes indexes, which are seen only in configurations that name them. One answer for each, in order. */
  make(indexes: readonly IndexObject[]): Promise<readonly TriedOutcome[]>;
  /** Removes indexes that `make` made, so that planning stays fast. */
  forget(ids: readonly string[]): Promise<void>;
  /**
   * Plans each execution under one configuration: exactly these indexes are seen (those behind constraints always).
   * One answer for each, in order. A statement is planned and never run.
   */
  plans(executions: readonly Execution[], configuration: ReadonlySet<string>): Promise<readonly WhatIfOutcome[]>;
}
