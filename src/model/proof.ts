/**
 * How a figure or statement was come by, never blurred:
 * `proved` ran and was compared; `measured` ran and was timed or counted; `estimated` was computed by
 * the server's planner or from stated volumes; `not proved` was not tried, with the reason.
 */
export type Standing = "proved" | "measured" | "estimated" | "not proved";

/** What was observed in one step. */
export interface ProofStep {
  /** Stable, unique in the proof: `apply`, `isolation/read-other-tenant/task`. */
  readonly id: string;
  /** The claim of this step in one sentence. */
  readonly claim: string;
  readonly verdict: "proved" | "refuted" | "not-run";
  readonly standing: Standing;
  /** What was seen, in one sentence with its numbers. For `not-run`, why. */
  readonly observed: string;
  /** The decision (its id) that falls when this step is refuted. */
  readonly decision?: string;
  /** Statements that reproduce the observation, in order. Hold no secret. */
  readonly sql?: readonly string[];
  /** Numbers with their unit last in the name: `p95_ms`, `rows`, `cost`. */
  readonly figures?: Readonly<Record<string, number | string>>;
  readonly duration_ms: number;
}

/** How much of production the twin held; see `docs/guides/twin.md`. */
export type TwinDepth = "schema" | "stats" | "rows";

/** The record of what was tried on a twin. */
export interface Proof {
  readonly claim: string;
  readonly twin: {
    readonly engine: string;
    readonly version: string;
    readonly depth: TwinDepth;
    readonly server: string;
  };
  readonly steps: readonly ProofStep[];
  /** `refuted` when any step is; `not-run` when none was proved. */
  readonly verdict: "proved" | "refuted" | "not-run";
  readonly reason?: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly duration_ms: number;
}

/** The verdict over steps: one refuted step refutes the whole; nothing proved proves nothing. */
export function verdictOf(steps: readonly ProofStep[]): Proof["verdict"] {
  if (steps.some((step) => step.verdict === "refuted")) return "refuted";
  return steps.some((step) => step.verdict === "proved") ? "proved" : "not-run";
}
