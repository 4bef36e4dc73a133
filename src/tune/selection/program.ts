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

/** A solution with a bound that no solution undercuts: minus infinity when time was over before there was one. */
export interface ProgramSolution {
  readonly values: readonly boolean[];
  readonly objective: number;
  readonly bound: number;
}

/** Solves a program within the time; `gap` is the share of the objective at which it may stop. */
export type SolveProgram = (program: BinaryProgram, limit_s: number, gap: number) => Promise<ProgramSolution | null>;
