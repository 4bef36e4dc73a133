/** What the process ends with; see `docs/guides/exit-codes.md`. */
export const EXIT = { fine: 0, findings: 1, usage: 2, environment: 3 } as const;

/** The parts of a message a person can act on. */
export interface Problem {
  /** What is wrong, as one sentence without a full stop. Holds no secret and no row value. */
  readonly what: string;
  /** Where: a file, a line, a field, an object. */
  readonly where?: string;
  /** What was expected instead. */
  readonly expected?: string;
  /** How to mend it; a command where one helps. */
  readonly mend?: string;
}

/**
 * The only error that dbwright raises on purpose. Anything else that reaches a surface is a defect of
 * dbwright and is reported as such. `exitCode` 2: wrong usage or invalid input; 3: the environment.
 */
export class DbwrightError extends Error {
  override readonly name = "DbwrightError";
  readonly exitCode: 2 | 3;
  readonly problems: readonly Problem[];

  constructor(exitCode: 2 | 3, problem: Problem | readonly Problem[], options?: ErrorOptions) {
    const problems = Array.isArray(problem) ? (problem as readonly Problem[]) : [problem as Problem];
    super(problems.map(problemText).join("\n\n"), options);
    this.exitCode = exitCode;
    this.problems = problems;
  }
}

/** Wrong usage or invalid input (exit 2). */
export function invalid(problem: Problem | readonly Problem[], options?: ErrorOptions): DbwrightError {
  return new DbwrightError(2, problem, options);
}

/** The environment does not allow it: no connection, no server, no room, no permission (exit 3). */
export function unavailable(problem: Problem, options?: ErrorOptions): DbwrightError {
  return new DbwrightError(3, problem, options);
}

/** A problem as text: what and where on the first line, then what was expected and how to mend it. */
export function problemText(problem: Problem): string {
  const lines = [problem.where === undefined ? problem.what : `${problem.where}: ${problem.what}`];
  if (problem.expected !== undefined) lines.push(`  expected: ${problem.expected}`);
  if (problem.mend !== undefined) lines.push(`  to mend it: ${problem.mend}`);
  return lines.join("\n");
}
