/*
 * A linear program in yes-or-no variables, and the port that solves it: the layer below does no I/O, and a solver is a
 * module of its own that has to be loaded.
 */

/** One term of a sum: a coefficient and the number of a variable. */
export interface Term {
  readonly coefficient: number;
  readonly variable: number;
}

/** Minimise the objective; each row's sum lies between its bounds (null: open). All variables are 0 or 1. */
export interface BinaryProgram {
  readonly objective: readonly number[];
  readonly rows: readonly {
    readonly terms: readonly Term[];
    readonly least: number | null;
    readonly most: number | null;
  }[];
}

/** What a solver found. */
export interface ProgramSolution {
  /** The best solution; null when time was over before there was one. */
  readonly values: readonly boolean[] | null;
  /** That of `values`; infinity without. */
  readonly objective: number;
  /** No solution is below: minus infinity when time was over before anything was known. */
  readonly bound: number;
  /** Whether it came to its end, so that `bound` is within the gap that was asked for. */
  readonly proved: boolean;
}

/**
 * Solves a program within the time; `gap` is the share of the objective at which it may stop. Null where there is no
 * solution, or nothing is known at all.
 */
export type SolveProgram = (program: BinaryProgram, limit_s: number, gap: number) => Promise<ProgramSolution | null>;
