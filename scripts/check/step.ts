import { spawn } from "node:child_process";

/** One thing that `npm run check` looks at. */
export interface Step {
  /** What is looked at, in a word or two. */
  readonly title: string;
  /** The program and its arguments; several are run one after the other. */
  readonly commands: readonly (readonly [string, ...string[]])[];
  /** What mends what it usually finds. */
  readonly mend: string;
}

/** How a step ended. */
export interface StepResult {
  readonly passed: boolean;
  readonly seconds: number;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

/** Runs a step's commands until one fails; never throws. */
export async function runStep(step: Step, folder: string): Promise<StepResult> {
  const startedAt_ms = performance.now();
  let output = "";
  let passed = true;
  for (const command of step.commands) {
    const result = await run(command, folder);
    output += result.output;
    passed = result.passed;
    if (!passed) break;
  }
  return { passed, seconds: (performance.now() - startedAt_ms) / 1000, output };
}

function run(
  [program, ...words]: readonly [string, ...string[]],
  cwd: string,
): Promise<{ passed: boolean; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, words, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", (error) => resolve({ passed: false, output: `${program}: ${error.message}\n` }));
    child.on("close", (code) => resolve({ passed: code === 0, output: Buffer.concat(chunks).toString() }));
  });
}
