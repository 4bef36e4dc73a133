import type { Highs } from "highs";
import type { BinaryProgram, ProgramSolution, SolveProgram } from "../../tune/selection/program.ts";

let solver: Promise<Highs> | null = null;

// WebAssembly, about a tenth of a second to load: only when something is to be solved.
function load(): Promise<Highs> {
  // The package's types are those of its CommonJS form, where the function is one level deeper.
  solver ??= import("highs").then((library) => (library as unknown as { default: () => Promise<Highs> }).default());
  return solver;
}

/** Within this much a row holds: the solver's own tolerance. */
const TOLERANCE = 1e-6;

/**
 * Solves a program with HiGHS (Huangfu and Hall, "Parallelizing the dual revised simplex method", 2018), compiled to
 * WebAssembly. The thread is held until it ends or its time is over. Null when no solution was found in time.
 */
export const solveProgram: SolveProgram = async (program, limit_s, gap) => {
  if (program.objective.length === 0) return { values: [], objective: 0, bound: 0 };
  const highs = await load();
  const result = highs.solve(programText(program), { output_flag: false, time_limit: limit_s, mip_rel_gap: gap });
  const optimal = result.Status === "Optimal";
  if (!optimal && result.Status !== "Time limit reached") return null;
  const values = program.objective.map((_, at) => {
    const column = result.Columns[`x${at}`];
    return column !== undefined && "Primal" in column && (column.Primal ?? 0) > 0.5;
  });
  // What it had when time was over may be no solution.
  if (!optimal && !isSolution(program, values)) return null;
  const objective = program.objective.reduce((sum, cost, at) => sum + (values[at] === true ? cost : 0), 0);
  const bound = optimal ? result.ObjectiveValue - Math.abs(result.ObjectiveValue) * gap : -Infinity;
  const solution: ProgramSolution = { values, objective, bound };
  return solution;
};

function isSolution({ rows }: BinaryProgram, values: readonly boolean[]): boolean {
  return rows.every(({ terms, least, most }) => {
    const sum = terms.reduce(
      (total, { coefficient, variable }) => total + (values[variable] === true ? coefficient : 0),
      0,
    );
    return sum >= (least ?? -Infinity) - TOLERANCE && sum <= (most ?? Infinity) + TOLERANCE;
  });
}

// The text form of CPLEX: https://www.ibm.com/docs/en/icos/22.1.1?topic=cplex-lp-file-format-algebraic-representation
function programText({ objective, rows }: BinaryProgram): string {
  const sum = (terms: readonly { readonly coefficient: number; readonly variable: number }[]): string =>
    terms
      .map(({ coefficient, variable }) => `${coefficient < 0 ? "-" : "+"} ${Math.abs(coefficient)} x${variable}`)
      .join("\n ");
  const limits = rows.flatMap(({ terms, least, most }) => {
    if (terms.length === 0) return [];
    const left = sum(terms);
    if (least !== null && least === most) return [`${left} = ${least}`];
    return [...(least === null ? [] : [`${left} >= ${least}`]), ...(most === null ? [] : [`${left} <= ${most}`])];
  });
  return [
    "Minimize",
    ` ${sum(objective.map((coefficient, variable) => ({ coefficient, variable })))}`,
    "Subject To",
    ...limits.map((limit, at) => ` r${at}: ${limit}`),
    "Binaries",
    ...objective.map((_, at) => ` x${at}`),
    "End",
  ].join("\n");
}
