import type { Highs } from "highs";
import type { BinaryProgram, ProgramSolution, SolveProgram } from "../../tune/selection/program.ts";

interface Solver {
  readonly highs: Highs;
  /** What it said of its last run. */
  readonly log: string[];
}

let solver: Promise<Solver> | null = null;

// WebAssembly, about a tenth of a second to load: only when something is to be solved.
function load(): Promise<Solver> {
  solver ??= import("highs").then(async (library) => {
    const log: string[] = [];
    // The package's types are those of its CommonJS form, where the function is one level deeper.
    const make = library as unknown as { default: (module: { print: (line: string) => void }) => Promise<Highs> };
    return { highs: await make.default({ print: (line) => void log.push(line) }), log };
  });
  return solver;
}

/** Within this much a row holds: the solver's own tolerance. */
const TOLERANCE = 1e-6;
/** Figures in the solver's report have twelve digits. */
const REPORT_DIGITS = 1e-11;

/**
 * Solves a program with HiGHS (Huangfu and Hall, "Parallelizing the dual revised simplex method", 2018), compiled to
 * WebAssembly. The thread is held until it ends or its time is over. The bound is the solver's own, at whatever point
 * it stopped. Throws what the library throws on a program that it cannot read.
 */
export const solveProgram: SolveProgram = async (program, limit_s, gap) => {
  if (program.objective.length === 0) return { values: [], objective: 0, bound: 0, proved: true };
  const { highs, log } = await load();
  const text = programText(program);
  // The library gives no bound but in its report.
  const run = (presolve: "on" | "off"): ReturnType<Highs["solve"]> => {
    log.length = 0;
    return highs.solve(text, { output_flag: true, time_limit: limit_s, mip_rel_gap: gap, presolve });
  };
  let result: ReturnType<Highs["solve"]>;
  try {
    result = run("on");
  } catch {
    // What presolve of 1.15 reduced can be solved to something that is no solution: it says so, and fails.
    result = run("off");
  }
  const proved = result.Status === "Optimal";
  if (!proved && result.Status !== "Time limit reached") return null;
  const bound = reportedBound(log) ?? (proved ? result.ObjectiveValue - Math.abs(result.ObjectiveValue) * gap : null);
  const values = program.objective.map((_, at) => {
    const column = result.Columns[`x${at}`];
    return column !== undefined && "Primal" in column && (column.Primal ?? 0) > 0.5;
  });
  // What it had when time was over may be no solution.
  if (!proved && !isSolution(program, values))
    return bound === null ? null : { values: null, objective: Infinity, bound, proved };
  const objective = program.objective.reduce((sum, cost, at) => sum + (values[at] === true ? cost : 0), 0);
  const solution: ProgramSolution = { values, objective, bound: Math.min(bound ?? -Infinity, objective), proved };
  return solution;
};

// "  Dual bound        -2047.57142857" in the report at the end of a run.
function reportedBound(log: readonly string[]): number | null {
  const line = log.findLast((one) => /^\s*Dual bound\s/.test(one));
  const bound = Number(line?.trim().split(/\s+/)[2] ?? "x");
  return Number.isFinite(bound) ? bound - Math.abs(bound) * REPORT_DIGITS : null;
}

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
