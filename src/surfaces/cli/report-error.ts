import type { Style } from "../../model/action.ts";
import { DbwrightError, EXIT, problemText } from "../../model/error.ts";
import type { Problem } from "../../model/error.ts";
import { systemErrorText } from "../system-error.ts";
import { Interrupted } from "./environment.ts";
import { shown } from "./progress.ts";

/** What to print for an error, and the exit code it stands for. */
export interface ErrorReport {
  readonly text: string;
  readonly exitCode: number;
  /** The same in parts, for a program: without colours or a stack. */
  readonly problems: readonly Problem[];
}

/** An error as one message for a person; the stack only when `debug`. */
export function reportError(error: unknown, style: Style, debug: boolean): ErrorReport {
  if (error instanceof Interrupted) {
    const text = `${style.yellow("stopped")}: nothing was left half done`;
    return { text, exitCode: error.exitCode, problems: [{ what: error.message }] };
  }
  const stack = debug && error instanceof Error ? `\n\n${style.dim(error.stack ?? "")}` : "";
  const problems = error instanceof DbwrightError ? error.problems : [problemOf(error)];
  return {
    text: `${style.red("error")}: ${shown(problems.map(problemText).join("\n\n"))}${stack}`,
    exitCode: error instanceof DbwrightError ? error.exitCode : EXIT.environment,
    problems,
  };
}

function problemOf(error: unknown): Problem {
  const system = systemErrorText(error);
  if (system !== null) return { what: system };
  const said = error instanceof Error ? error.message : String(error);
  return { what: `this is a defect of dbwright: ${said}`, mend: "run again with --debug and report what it prints" };
}
